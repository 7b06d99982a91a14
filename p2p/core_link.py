"""The frames between this process and the core, over a Unix socket that the core listens on.

Consensus goes first. A reader of a peer that has something for the core waits while much is queued,
so a slow core slows the peers down and nothing is lost.
"""

import itertools
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from chain.errors import ConfigError, PeerError
from chain.exchange import ProtocolId
from p2p.frames import FrameDecoder, pack, unpack
from p2p.orders import ORDERS, Answer, Order
from p2p.reports import Gossip, Incoming, Report, Response

READ_BYTES = 256 * 1024
QUEUED_BYTES_MAX = 16 * 1024 * 1024
"""Bytes that may wait in each of the two queues before whoever brings more has to wait."""

ANSWER_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 10.0
CONNECT_STEP_S = 0.05


class _Queue:
    """Frames that wait, bounded by bytes; one that is too large on its own may still pass."""

    def __init__(self) -> None:
        """Start empty."""
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._room = trio.Condition()

    def __bool__(self) -> bool:
        """Tell whether frames wait."""
        return bool(self._frames)

    async def put(self, frame: bytes) -> None:
        """Queue a frame, once there is room for it."""
        async with self._room:
            while self._frames and self._bytes + len(frame) > QUEUED_BYTES_MAX:
                await self._room.wait()
            self._frames.append(frame)
            self._bytes += len(frame)

    async def take(self) -> bytes:
        """Return the oldest frame; there must be one."""
        async with self._room:
            frame = self._frames.popleft()
            self._bytes -= len(frame)
            self._room.notify_all()
            return frame


class _Answer:
    """An answer that somebody waits for."""

    def __init__(self) -> None:
        """Start without one."""
        self.came = trio.Event()
        self.payload = b""


class CoreLink:
    """The open socket to the core."""

    def __init__(self, stream: trio.SocketStream) -> None:
        """Start with nothing queued."""
        self._stream = stream
        self._urgent = _Queue()
        self._bulk = _Queue()
        self._filled = trio.Event()
        self._numbers = itertools.count()
        self._questions: dict[int, _Answer] = {}

    async def report(self, report: Report) -> None:
        """Tell the core something, after what is queued of its class."""
        is_bulk = isinstance(report, Gossip | Response | Incoming)
        await (self._bulk if is_bulk else self._urgent).put(pack(report))
        self._filled.set()

    async def ask_core(self, protocol: ProtocolId, peer: str, payload: bytes) -> bytes:
        """Have the core answer a peer's question.

        Raises:
            PeerError: it did not in time.
        """
        question = next(self._numbers) & 0xFFFF_FFFF
        answer = self._questions[question] = _Answer()
        try:
            await self.report(Incoming(question, protocol, peer, payload))
            with trio.move_on_after(ANSWER_TIMEOUT_S):
                await answer.came.wait()
                return answer.payload
            raise PeerError(detail=f"the core gave no answer within {ANSWER_TIMEOUT_S} s")
        finally:
            del self._questions[question]

    def answer(self, order: Answer) -> None:
        """Pass the core's answer to who waits for it; one that comes too late is dropped."""
        waiting = self._questions.get(order.id)
        if waiting is not None:
            waiting.payload = order.payload
            waiting.came.set()

    async def send_all(self) -> None:
        """Send what is queued for as long as the core listens."""
        try:
            while True:
                queue = self._urgent or self._bulk
                if queue:
                    await self._stream.send_all(await queue.take())
                else:
                    self._filled = trio.Event()
                    await self._filled.wait()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return

    async def orders(self) -> AsyncIterator[Order]:
        """Yield what the core orders, until it closes the socket.

        Raises:
            MalformedMessage: the core sent what is no order; its program is not ours.
        """
        decoder = FrameDecoder()
        try:
            while data := await self._stream.receive_some(READ_BYTES):
                for frame in decoder.feed(bytes(data)):
                    yield unpack(frame, ORDERS)
        except trio.BrokenResourceError:
            return


async def _connect(path: str) -> trio.SocketStream:
    """Connect to the core, which may still be starting.

    Raises:
        ConfigError: nobody listens there in time.
    """
    deadline = trio.current_time() + CONNECT_TIMEOUT_S
    while True:
        try:
            return await trio.open_unix_socket(path)
        except OSError as error:
            if trio.current_time() > deadline:
                detail = f"the core does not listen on {path}: {error.strerror}"
                raise ConfigError(detail=detail) from error
        await trio.sleep(CONNECT_STEP_S)


@asynccontextmanager
async def open_core_link(path: str) -> AsyncIterator[CoreLink]:
    """Be connected with the core for as long as the block lasts.

    Args:
        path: of its Unix socket, at most 107 bytes; a relative one starts at the working folder.

    Raises:
        ConfigError: nobody listens there in time.
    """
    async with await _connect(path) as stream:
        yield CoreLink(stream)
