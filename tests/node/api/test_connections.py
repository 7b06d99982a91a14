import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import aiohttp
import pytest

from node.api.callers import caller_at
from node.api.connections import Gate
from node.api.jsonrpc import Charge
from node.api.server import RpcServer
from node.api.settings import ApiEdgeSettings, Limits

HERE, STRANGER, OTHER = caller_at("127.0.0.1"), caller_at("192.0.2.1"), caller_at("192.0.2.2")
JSON = {"Content-Type": "application/json"}
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
WIDE = 32 * 1024 * 1024
"""More than the kernel takes of what nobody reads."""

Open = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


async def answer(body: bytes, _: Charge) -> bytes:
    return b"x" * WIDE if body == b"wide" else body


def with_server(act: Callable[[str, Open], Awaitable[Any]], limits: Limits) -> object:
    """Run a real server, and return what the caller returns."""

    async def run() -> object:
        settings = ApiEdgeSettings(
            chain_id="aitbc-test", genesis_hash="00" * 32, port=0, limits=limits
        )
        server = RpcServer(settings, answer=answer, converse=pytest.fail)
        url = await server.start()
        host, _, port = url.removeprefix("http://").partition(":")
        writers = []

        async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            reader, writer = await asyncio.open_connection(host, int(port))
            writers.append(writer)
            return reader, writer

        try:
            async with asyncio.timeout(30):
                return await act(url, connect)
        finally:
            for writer in writers:
                writer.transport.abort()
                with suppress(ConnectionError):
                    await writer.wait_closed()
            await server.close()

    return asyncio.run(run())


async def post(url: str, body: bytes = b"{}") -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=JSON) as reply,
    ):
        await reply.read()
        return reply.status


async def rest_of(reader: asyncio.StreamReader) -> bytes:
    """Read to the end, however it comes."""
    read = bytearray()
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            read += piece
    return bytes(read)


def test_too_many_are_turned_away_and_places_come_back() -> None:
    async def act(url: str, connect: Open) -> None:
        _, first = await connect()
        second, _ = await connect()
        async with aiohttp.ClientSession() as session, session.get(f"{url}/healthz") as reply:
            assert reply.status == 503
            assert await reply.text() == "there are too many connections\n"
            assert reply.headers["Retry-After"] == "5"
        first.close()
        await rest_of(second)  # the second is silent: it ends as its time is over
        assert await post(url) == 200

    with_server(act, Limits(connections_max=2, keepalive_ms=300))


def test_one_address_has_a_share() -> None:
    gate = Gate(Limits(connections_max=10, connections_per_address_max=2))
    assert [gate.enter(STRANGER) for _ in range(3)] == [True, True, False]
    assert gate.enter(OTHER)
    assert [gate.enter(HERE) for _ in range(8)] == [True] * 7 + [False]
    assert (len(gate), gate.turned_away) == (10, 2)
    gate.leave(STRANGER)
    assert gate.enter(STRANGER)


def test_who_was_turned_away_is_not_remembered() -> None:
    gate = Gate(Limits(connections_max=1))
    assert gate.enter(HERE)
    for number in range(256):
        assert not gate.enter(caller_at(f"192.0.2.{number}"))
    assert set(gate._open) == {HERE.network}
    gate.leave(HERE)
    assert not gate._open


@pytest.mark.parametrize("sent", [b"", b"POST / HT", HEAD])
def test_headers_that_do_not_come_end_the_connection(sent: bytes) -> None:
    async def act(_: str, connect: Open) -> bytes:
        reader, writer = await connect()
        writer.write(sent)
        return await rest_of(reader)

    assert with_server(act, Limits(keepalive_ms=50)) == b""


def test_headers_that_dribble_in_have_no_more_time() -> None:
    async def act(_: str, connect: Open) -> None:
        reader, writer = await connect()
        writer.write(HEAD)
        end = asyncio.create_task(rest_of(reader))
        while not end.done():
            with suppress(ConnectionError):
                writer.write(b"X-A: b\r\n")
            await asyncio.wait({end}, timeout=0.02)
        assert not end.result().startswith(b"HTTP/1.1 200")

    with_server(act, Limits(keepalive_ms=200))


def test_caller_that_takes_no_reply_is_cut() -> None:
    async def act(url: str, connect: Open) -> int:
        reader, writer = await connect()
        writer.write(HEAD + b"Content-Length: 4\r\n\r\nwide")
        await reader.readexactly(1)
        status = 503
        while status == 503:  # the only place is held until the caller is cut
            status = await post(url)
        assert status == 200
        return len(await rest_of(reader))

    limits = Limits(write_timeout_ms=100, requests_max=1, body_timeout_ms=50)
    cut = with_server(act, limits)
    assert isinstance(cut, int)
    assert cut < WIDE


def test_two_hundred_slow_callers_leave_room_for_others() -> None:
    async def act(url: str, connect: Open) -> None:
        for number in range(200):
            _, writer = await connect()
            writer.write(HEAD + (b"Content-Length: 100\r\n\r\n{" if number % 2 else b"X-Slow: "))
        for _ in range(20):
            assert await post(url) == 200

    with_server(act, Limits())
