import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from chain.address import format_address
from chain.primitives import Height
from node.api.conversation import Conversation
from node.api.jsonrpc import Rpc
from node.api.methods import METHODS
from node.api.rest_stream import Streams
from node.api.server import RpcServer
from node.api.services import Services
from node.api.settings import Limits
from node.api_frames import Notice
from tests.support.builders import a_transfer, address_of_name
from tests.support.fake_core import FakeCore
from tests.support.market_chain import a_market
from tests.support.small_chain import StoredChain, edge_settings, services_of, stored_chain

STORED, MORE = 60, 20
"""Blocks before a stream, which are over one run, and after it."""

TRANSFERS = 1000
"""More of them than the buffers of a connection hold as events."""


@dataclass(frozen=True)
class Told:
    """An event as a reader has it; a comment is one without data."""

    id: str
    event: str | None
    data: Any


class Reader:
    """Reads streams of a real server on a real chain, and makes blocks of it."""

    def __init__(
        self, url: str, session: aiohttp.ClientSession, stored: StoredChain, core: FakeCore
    ) -> None:
        self.url, self.session, self.stored, self.core = url, session, stored, core
        self._count = 0

    def get(
        self, query: str = "", **headers: str
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        path = "/v1/stream" + (f"?{query}" if query else "")
        return self.session.get(self.url + path, headers=headers)

    def block(self, *, notice: bool = True) -> None:
        """Decide a block of one transfer, and let the core tell of it or not."""
        valid_until = self.stored.chain.ledger.height + 10
        self.stored.block(a_transfer(1, nonce=self._count, valid_until=valid_until))
        self._count += 1
        if notice:
            ledger = self.stored.chain.ledger
            self.core.tell(Notice(Height(ledger.height), ledger.tip_hash))


def keep_little(server: RpcServer) -> None:
    """Let a server's connections hold little of what their callers have not taken yet."""
    for site in server._runner.sites:
        assert isinstance(site, web.TCPSite)
        assert isinstance(site._server, asyncio.Server)
        for listening in site._server.sockets:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)


def a_small_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """Return a socket that holds little of what its program has not read yet."""
    small = socket.socket(*address[:3])
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    return small


async def told(response: aiohttp.ClientResponse) -> Told:
    """Return the next event, or comment with an id."""
    fields: dict[str, str] = {}
    while True:
        line = (await response.content.readline()).decode().rstrip("\n")
        if not line and "id" in fields:
            data = json.loads(fields["data"]) if "data" in fields else None
            return Told(fields["id"], fields.get("event"), data)
        name, _, value = line.partition(": ")
        fields[name] = value


def with_reader(
    folder: Path,
    act: Callable[[Reader], Awaitable[None]],
    *,
    blocks: int = 0,
    limits: Limits | None = None,
    heartbeat_s: float = 60.0,
    make: Callable[[Path], AbstractContextManager[StoredChain]] = stored_chain,
) -> None:
    async def run(stored: StoredChain, services: Services) -> None:
        rpc = Rpc(METHODS, services, limits=services.settings.limits)
        server = RpcServer(
            services.settings,
            answer=rpc.answer,
            converse=lambda: Conversation(rpc, services),
            routes=Streams(services, heartbeat_s=heartbeat_s).routes(),
        )
        async with asyncio.timeout(60), FakeCore(folder / "api.sock") as core:
            url = await server.start()
            keep_little(server)
            tasks = [
                asyncio.create_task(services.core.run(url)),
                asyncio.create_task(services.core.bell.watch(services.tip_height)),
            ]
            await core.wait_for(lambda: bool(core.ready))
            connector = aiohttp.TCPConnector(socket_factory=a_small_socket)
            async with aiohttp.ClientSession(connector=connector) as session:
                reader = Reader(url, session, stored, core)
                for _ in range(blocks):
                    reader.block(notice=False)
                await act(reader)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await server.close()

    settings = edge_settings(folder, limits=limits or Limits())
    with make(folder) as stored, services_of(settings) as services:
        asyncio.run(run(stored, services))


def test_stream_begins_with_the_next_block(tmp_path: Path) -> None:
    async def act(reader: Reader) -> None:
        async with reader.get() as response:
            assert response.status == 200
            assert response.content_type == "text/event-stream"
            assert response.headers["Cache-Control"] == "no-store"
            assert await response.content.readline() == b"retry: 2000\n"
            reader.block()
            first = await told(response)
            assert (first.id, first.event, first.data["height"]) == ("4.0", "block", 4)

    with_reader(tmp_path, act, blocks=3)


def test_replay_goes_live_without_a_gap_or_a_repeat(tmp_path: Path) -> None:
    async def act(reader: Reader) -> None:
        wanted = [f"{height}.{n}" for height in range(1, STORED + MORE + 1) for n in (0, 1)]
        seen: list[str] = []
        async with reader.get("topics=blocks,transactions&from_height=1") as response:
            for number in range(MORE):
                seen.append((await told(response)).id)
                reader.block(notice=number % 2 == 0)
            while len(seen) < len(wanted):
                seen.append((await told(response)).id)
        assert seen == wanted

    with_reader(tmp_path, act, blocks=STORED)


def test_reader_that_comes_back_goes_on_behind_what_it_has(tmp_path: Path) -> None:
    async def act(reader: Reader) -> None:
        query = "topics=blocks,transactions&from_height=1"
        async with reader.get(query) as response:
            seen = [(await told(response)).id for _ in range(5)]
        assert seen[-1] == "3.0"
        reader.block()
        for lost in ({"Last-Event-ID": seen[-1]}, {}):
            more = "" if lost else f"&last_event_id={seen[-1]}"
            async with reader.get(query + more, **lost) as response:
                assert [(await told(response)).id for _ in range(3)] == ["3.1", "4.0", "4.1"]

    with_reader(tmp_path, act, blocks=3)


def test_silence_says_where_the_stream_is(tmp_path: Path) -> None:
    async def act(reader: Reader) -> None:
        async with reader.get("topics=receipts") as response:
            comment = await told(response)
            assert (comment.event, comment.data) == (None, None)
        reader.block()
        last = {"Last-Event-ID": comment.id}
        async with reader.get("topics=blocks", **last) as response:
            assert (await told(response)).id == "4.0"

    with_reader(tmp_path, act, blocks=3, heartbeat_s=0.01)


def test_receipts_may_be_those_of_a_client(tmp_path: Path) -> None:
    async def act(reader: Reader) -> None:
        for client, found in (("client", "receipt"), ("stranger", "block")):
            query = f"topics=blocks,receipts&from_height=3&client={address(client)}"
            async with reader.get(query) as response:
                events = [await told(response) for _ in range(2)]
            assert [event.event for event in events] == ["block", found]

    with_reader(tmp_path, act, make=market_chain)


@contextmanager
def market_chain(folder: Path) -> Iterator[StoredChain]:
    with a_market(folder) as market:
        yield market.stored


def address(name: str) -> str:
    return format_address(address_of_name(name))


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("topics=prompts", "#/topics"),
        ("topics=", "#/topics"),
        ("topics=blocks&client=ait1nobody", "#/client"),
        (f"topics=blocks&client={address('client')}", "#/topics"),
        ("from_height=-1", "#/from_height"),
        ("from_height=0x10", "#/from_height"),
        ("last_event_id=7", "#/last_event_id"),
        ("last_event_id=7.9999999", "#/last_event_id"),
        ("last_event_id=9999999999999.0", "#/last_event_id"),
        ("secret=1", "#"),
        ("topics=blocks&topics=receipts", "#"),
    ],
)
def test_ill_formed_request_is_refused(tmp_path: Path, query: str, pointer: str) -> None:
    async def act(reader: Reader) -> None:
        async with reader.get(query) as response:
            assert response.status == 422
            assert response.content_type == "application/problem+json"
            problem = json.loads(await response.read())
            assert problem["code"] == "invalid_params"
            assert [one["pointer"] for one in problem["errors"]] == [pointer]

    with_reader(tmp_path, act)


def test_other_methods_are_refused(tmp_path: Path) -> None:
    async def act(reader: Reader) -> None:
        async with reader.session.post(reader.url + "/api/v1/stream") as response:
            assert (response.status, response.headers["Allow"]) == (405, "GET, OPTIONS")
            assert json.loads(await response.read())["code"] == "method_not_allowed"

    with_reader(tmp_path, act)


def test_streams_are_bounded_and_come_free_again(tmp_path: Path) -> None:
    async def act(reader: Reader) -> None:
        async with reader.get() as first:
            assert first.status == 200
            async with reader.get() as second:
                assert second.status == 503
                assert json.loads(await second.read())["code"] == "too_many_streams"
                assert "Retry-After" in second.headers
            first.close()
        while True:
            reader.block()
            async with reader.get() as third:
                if third.status == 200:
                    return

    with_reader(tmp_path, act, limits=Limits(streams_max=1))


def test_reader_that_takes_nothing_is_cut(tmp_path: Path) -> None:
    async def act(reader: Reader) -> None:
        valid_until = 10
        transfers = (a_transfer(1, nonce=at, valid_until=valid_until) for at in range(TRANSFERS))
        reader.stored.block(*transfers)
        async with reader.get("topics=transactions&from_height=0") as response:
            connection = response.connection
            assert connection is not None
            assert isinstance(connection.transport, asyncio.Transport)
            connection.transport.pause_reading()
            while True:
                reader.stored.block()
                async with reader.get() as other:
                    if other.status == 200:
                        return

    with_reader(tmp_path, act, limits=Limits(streams_max=1, write_timeout_ms=10))
