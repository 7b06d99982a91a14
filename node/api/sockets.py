"""WebSocket connections: each is bounded in what it holds, and closed when it takes nothing.

Nothing is queued for a caller: an answer or a notification waits until there is room for it, and
so does what would be read next. A slow caller only falls behind; one that takes nothing of what
waits for it is closed with 1013, so that it never misses something unawares.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol

import structlog
from aiohttp import WSCloseCode, WSMsgType, hdrs, web

from chain.errors import StoreError
from node.api.callers import Caller
from node.api.jsonrpc import Charge
from node.api.settings import Limits

CLOSE_S = 2.0
"""Seconds for the other end to say goodbye."""

log = structlog.get_logger()

_NOT_SOCKETS: Final = "this is no WebSocket request of version 13 without a subprotocol\n"


class Talk(Protocol):
    """What a connection says."""

    @property
    def subscriptions(self) -> int:
        """How many subscriptions there are."""

    async def answer(self, body: bytes, charge: Charge) -> bytes:
        """Return the answer to a message, for a charge; empty when there is nothing to say."""

    def begin(self) -> None:
        """Go on after the caller has the answer."""

    async def run(self, tell: Callable[[bytes], Awaitable[None]]) -> None:
        """Say what nobody asked for, until cancelled."""


Converse = Callable[[], Talk]
"""Makes what a new connection says."""


class SlowConsumerError(Exception):
    """A caller takes nothing of what waits for it."""


class Sockets:
    """All WebSocket connections of a server.

    Attributes:
        turned_away: how many were too many, since the start.
        stalled: how many took nothing and were closed.
    """

    def __init__(self, limits: Limits, converse: Converse) -> None:
        """Serve nobody yet."""
        self._limits, self._converse = limits, converse
        self._open: Counter[bytes] = Counter()
        self._leaving = asyncio.Event()
        self._talks: set[Talk] = set()
        self.turned_away = self.stalled = 0

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._talks)

    @property
    def subscriptions(self) -> int:
        """How many subscriptions they have."""
        return sum(talk.subscriptions for talk in self._talks)

    def leave(self) -> None:
        """Say goodbye to everyone."""
        self._leaving.set()

    async def serve(
        self, request: web.Request, caller: Caller, charge: Charge
    ) -> web.StreamResponse:
        """Serve a connection to its end.

        Args:
            request: asks for it.
            caller: who sent it.
            charge: takes what each message costs from the caller's allowance.

        Raises:
            HTTPBadRequest: it asks for no WebSocket of ours.
            HTTPServiceUnavailable: there are too many.
        """
        limits, network = self._limits, caller.network
        socket = web.WebSocketResponse(
            heartbeat=limits.ping_ms / 1_000,
            autoping=False,
            compress=False,
            max_msg_size=limits.message_bytes_max,
            timeout=CLOSE_S,
        )
        # The library would repeat these headers in its answer and in the log.
        is_ours = (
            request.headers.get(hdrs.SEC_WEBSOCKET_VERSION) == "13"
        )  # it would take drafts too
        has_protocol = hdrs.SEC_WEBSOCKET_PROTOCOL in request.headers
        if not is_ours or has_protocol or not socket.can_prepare(request).ok:
            raise web.HTTPBadRequest(text=_NOT_SOCKETS)
        is_crowded = self._open[network] >= limits.sockets_per_address_max
        if self._open.total() >= limits.sockets_max or (is_crowded and not caller.is_local):
            self.turned_away += 1
            raise web.HTTPServiceUnavailable(
                text="there are too many WebSocket connections\n", headers={"Retry-After": "10"}
            )
        self._open[network] += 1
        try:
            await socket.prepare(request)
            talk = self._converse()
            self._talks.add(talk)
            connection = _Connection(socket, request, limits, talk, charge)
            try:
                self.stalled += await connection.serve(self._leaving)
            finally:
                self._talks.discard(talk)
        finally:
            self._open[network] -= 1
            if not self._open[network]:
                del self._open[network]
        return socket


class _Connection:
    """One of them, open."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        request: web.Request,
        limits: Limits,
        talk: Talk,
        charge: Charge,
    ) -> None:
        self._socket, self._talk, self._charge = socket, talk, charge
        self._stall_s = limits.stall_ms / 1_000
        self._transport = request.transport
        self._turn = asyncio.Lock()
        self._written = 0

    async def serve(self, leaving: asyncio.Event) -> bool:
        """Talk until either side ends it, close, and return whether the caller took nothing."""
        tasks = [
            asyncio.create_task(doing)
            for doing in (
                self._listen(),
                self._talk.run(self._tell),
                self._watch(),
                leaving.wait(),
            )
        ]
        code = WSCloseCode.GOING_AWAY
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            code = _code_of([task.exception() for task in done], is_leaving=leaving.is_set())
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._close(code)
        return code is WSCloseCode.TRY_AGAIN_LATER

    async def _listen(self) -> None:
        """Answer one message after the other, until there are no more."""
        while True:
            message = await self._socket.receive()
            match message.type:
                case WSMsgType.TEXT:
                    await self._answer(message.data.encode())
                case WSMsgType.BINARY:
                    await self._answer(message.data)
                case WSMsgType.PING:
                    await self._send(message.data, WSMsgType.PONG)
                case WSMsgType.PONG:
                    pass
                case _:
                    return

    async def _answer(self, body: bytes) -> None:
        reply = await self._talk.answer(body, self._charge)
        if reply:
            await self._tell(reply)
        self._talk.begin()

    async def _tell(self, message: bytes) -> None:
        await self._send(message, WSMsgType.TEXT)

    async def _send(self, data: bytes, kind: WSMsgType) -> None:
        async with self._turn:
            self._written += len(data)
            await self._socket.send_frame(data, kind)

    async def _watch(self) -> None:
        """Look whether what waits is taken.

        Raises:
            SlowConsumerError: nothing was, from one look to the next.
        """
        before = -1
        while self._transport is not None:
            waits = self._transport.get_write_buffer_size()
            taken = self._written - waits
            if waits and taken <= before:
                raise SlowConsumerError
            before = taken
            await asyncio.sleep(self._stall_s)

    async def _close(self, code: int) -> None:
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(CLOSE_S):
                await self._socket.close(code=code, drain=False)
        if self._transport is not None and self._transport.get_write_buffer_size():
            self._transport.abort()


def _code_of(errors: list[BaseException | None], *, is_leaving: bool) -> WSCloseCode:
    """Return the code that says why a connection ends."""
    for error in errors:
        match error:
            case None | ConnectionError():
                pass
            case SlowConsumerError():
                return WSCloseCode.TRY_AGAIN_LATER
            case StoreError():
                log.error("following_failed", reason=str(error))
                return WSCloseCode.INTERNAL_ERROR
            case _:
                raise error
    return WSCloseCode.GOING_AWAY if is_leaving else WSCloseCode.OK
