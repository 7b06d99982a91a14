# ruff: noqa: ANN401 -- parameters are JSON, or checked by the settings they reach

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from node.api.jsonrpc import Charge
from node.api.server import RpcServer
from node.api.settings import ApiEdgeSettings, Limits
from node.api.subscriptions import Tell


class Echo:
    """Says everything back; after ``flood`` it does not stop."""

    subscriptions = 1

    def __init__(self) -> None:
        self.flooded = asyncio.Event()

    async def answer(self, body: bytes, charge: Charge) -> bytes:
        charge(1)
        if body == b"flood":
            self.flooded.set()
        return b"" if body == b"quiet" else body

    def begin(self) -> None:
        pass

    async def run(self, tell: Tell) -> None:
        await self.flooded.wait()
        while True:
            await tell(b"x" * 65_536)


async def no_answer(_: bytes, charge: Charge) -> bytes:
    charge(1)
    return b""


Act = Callable[[str, aiohttp.ClientSession], Awaitable[None]]


def with_server(act: Act, *, limits: Limits | None = None, **settings: Any) -> None:
    async def run() -> None:
        given = ApiEdgeSettings(
            chain_id="aitbc-test",
            genesis_hash="00" * 32,
            port=0,
            limits=limits or Limits(),
            **settings,
        )
        server = RpcServer(given, answer=no_answer, converse=Echo)
        url = await server.start()
        try:
            async with asyncio.timeout(20), aiohttp.ClientSession() as session:
                await act(url, session)
        finally:
            await server.close()

    asyncio.run(run())


async def close_code(socket: ClientWebSocketResponse) -> int | None:
    """Read to the end, and return the code that the server gave."""
    while (await socket.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED):
        pass
    return socket.close_code


@pytest.mark.parametrize("path", ["/", "/rpc"])
def test_text_and_binary_are_answered_as_text(path: str) -> None:
    async def act(url: str, session: aiohttp.ClientSession) -> None:
        async with session.ws_connect(url + path) as socket:
            await socket.send_str("one")
            await socket.send_bytes(b"quiet")
            await socket.send_bytes(b"two")
            assert [await socket.receive_str(), await socket.receive_str()] == ["one", "two"]

    with_server(act)


def test_ping_gets_its_pong() -> None:
    async def act(url: str, session: aiohttp.ClientSession) -> None:
        async with session.ws_connect(url, autoping=False) as socket:
            await socket.ping(b"are you there")
            message = await socket.receive()
            assert (message.type, message.data) == (WSMsgType.PONG, b"are you there")

    with_server(act)


def test_caller_that_does_not_answer_pings_is_let_go() -> None:
    async def act(url: str, session: aiohttp.ClientSession) -> None:
        async with session.ws_connect(url, autoping=False) as socket:
            while (await socket.receive()).type is WSMsgType.PING:
                pass
            assert socket.closed

    with_server(act, limits=Limits(ping_ms=40))


def test_caller_that_takes_nothing_is_closed_with_1013() -> None:
    async def act(url: str, session: aiohttp.ClientSession) -> None:
        async with (
            session.ws_connect(url, max_msg_size=0) as slow,
            session.ws_connect(url) as other,
        ):
            transport = slow._response.connection.transport  # type: ignore[union-attr]
            transport.pause_reading()
            await slow.send_str("flood")
            await other.send_str("still here")
            assert await other.receive_str() == "still here"
            server_has_given_up = asyncio.create_task(other.receive())
            await asyncio.wait({server_has_given_up}, timeout=1.0)
            transport.resume_reading()
            assert await close_code(slow) == 1013
            server_has_given_up.cancel()

    with_server(act, limits=Limits(stall_ms=300))


def test_message_above_the_limit_ends_the_connection() -> None:
    async def act(url: str, session: aiohttp.ClientSession) -> None:
        async with session.ws_connect(url) as socket:
            await socket.send_bytes(bytes(1_025))
            assert await close_code(socket) == 1009

    with_server(act, limits=Limits(message_bytes_max=1_024))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Sec-WebSocket-Version": "12"}, 400),
        ({"Sec-WebSocket-Version": "private"}, 400),
        ({"Sec-WebSocket-Key": "private"}, 400),
        ({"Sec-WebSocket-Key": "cHJpdmF0ZQ=="}, 400),
        ({"Sec-WebSocket-Protocol": "private"}, 400),
        ({"Upgrade": "private"}, 405),
        ({"Connection": "private"}, 400),
    ],
)
def test_upgrade_that_is_not_ours_is_refused(headers: dict[str, str], status: int) -> None:
    async def act(url: str, session: aiohttp.ClientSession) -> None:
        given = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        async with session.get(url, headers=given | headers) as reply:
            assert reply.status == status
            assert b"private" not in await reply.read()
        async with session.ws_connect(url) as socket:
            await socket.send_str("alive")
            assert await socket.receive_str() == "alive"

    with_server(act)


def test_page_of_an_allowed_origin_may_connect() -> None:
    async def act(url: str, session: aiohttp.ClientSession) -> None:
        async with session.ws_connect(url, origin="https://wallet.example") as socket:
            await socket.send_str("one")
            assert await socket.receive_str() == "one"

    with_server(act, allowed_origins=("https://wallet.example",))


def test_connections_have_a_limit_and_places_come_back() -> None:
    async def act(url: str, session: aiohttp.ClientSession) -> None:
        async with session.ws_connect(url), session.ws_connect(url):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                await session.ws_connect(url)
            assert refusal.value.status == 503
        async with session.ws_connect(url) as socket:
            await socket.send_str("one")
            assert await socket.receive_str() == "one"

    with_server(act, limits=Limits(sockets_max=2, sockets_per_address_max=1))


def test_server_that_ends_says_goodbye() -> None:
    async def run() -> int | None:
        given = ApiEdgeSettings(chain_id="aitbc-test", genesis_hash="00" * 32, port=0)
        server = RpcServer(given, answer=no_answer, converse=Echo)
        url = await server.start()
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            ending = asyncio.create_task(server.close())
            code = await close_code(socket)
            await ending
            return code

    assert asyncio.run(run()) == 1001


def test_frames_that_break_the_protocol_end_the_connection() -> None:
    async def act(url: str, session: aiohttp.ClientSession) -> None:
        for frame, code in ((b"\xc1\x80\0\0\0\0", 1002), (b"\x83\x80\0\0\0\0", 1002)):
            async with session.ws_connect(url) as socket:
                transport = socket._response.connection.transport  # type: ignore[union-attr]
                transport.write(frame)
                assert await close_code(socket) == code
        async with session.ws_connect(url) as socket:
            await socket.send_str(json.dumps({}))
            assert await socket.receive_str() == "{}"

    with_server(act)
