from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
import trio.testing

from chain.errors import ConfigError, PeerError
from chain.exchange import ProtocolId, Topic
from p2p import core_link
from p2p.core_link import QUEUED_BYTES_MAX, CoreLink, open_core_link
from p2p.frames import FrameDecoder, pack, unpack
from p2p.orders import Answer, Broadcast, Order
from p2p.reports import REPORTS, Consensus, Gossip, Incoming, Report
from tests.support.network_hosts import run, until


class FakeCore:
    """The core's end of the socket."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self.reports: list[Report] = []

    async def read(self) -> None:
        decoder = FrameDecoder()
        while data := await self.stream.receive_some():
            self.reports += [unpack(frame, REPORTS) for frame in decoder.feed(bytes(data))]


@asynccontextmanager
async def linked() -> AsyncIterator[tuple[CoreLink, FakeCore]]:
    left, right = trio.socket.socketpair()
    async with trio.SocketStream(left) as near, trio.SocketStream(right) as far:
        link = CoreLink(near)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(link.send_all)
            yield link, FakeCore(far)
            nursery.cancel_scope.cancel()


def test_reports_and_orders_pass() -> None:
    async def scenario() -> None:
        async with linked() as (link, core), trio.open_nursery() as nursery:
            nursery.start_soon(core.read)
            await link.report(Consensus("peer", b"vote"))
            await until(lambda: core.reports == [Consensus("peer", b"vote")])
            orders: list[Order] = [Broadcast(b"vote"), Broadcast(bytes(9 * 1024 * 1024))]
            nursery.start_soon(core.stream.send_all, b"".join(pack(order) for order in orders))
            taken = link.orders()
            assert [await anext(taken) for _ in orders] == orders
            await taken.aclose()  # type: ignore[attr-defined] # it is a generator
            nursery.cancel_scope.cancel()

    run(scenario)


def test_orders_end_when_the_core_is_gone() -> None:
    async def scenario() -> None:
        async with linked() as (link, core):
            await core.stream.aclose()
            assert [order async for order in link.orders()] == []
            for _ in range(3):
                await link.report(Consensus("peer", b"vote"))

    run(scenario)


def test_slow_core_makes_readers_wait_and_consensus_goes_first() -> None:
    async def scenario() -> None:
        async with linked() as (link, core), trio.open_nursery() as nursery:
            bulk = Gossip(Topic.BLOCK, "peer", bytes(1024 * 1024))
            sent = 0

            async def gossip() -> None:
                nonlocal sent
                for _ in range(40):
                    await link.report(bulk)
                    sent += 1

            nursery.start_soon(gossip)
            await trio.testing.wait_all_tasks_blocked(0.05)
            assert QUEUED_BYTES_MAX // len(bulk.payload) <= sent + 1 < 20
            await link.report(Consensus("peer", b"vote"))
            nursery.start_soon(core.read)
            await until(lambda: sent == 40 and len(core.reports) == 41)
            assert Consensus("peer", b"vote") in core.reports[:3]
            nursery.cancel_scope.cancel()

    run(scenario)


def test_question_gets_the_answer_of_its_number() -> None:
    async def scenario() -> None:
        async with linked() as (link, core), trio.open_nursery() as nursery:
            nursery.start_soon(core.read)
            answers: dict[bytes, bytes] = {}

            async def ask(question: bytes) -> None:
                answers[question] = await link.ask_core(ProtocolId.SYNC, "peer", question)

            for question in (b"one", b"two"):
                nursery.start_soon(ask, question)
            await until(lambda: len(core.reports) == 2)
            for report in reversed(core.reports):
                assert isinstance(report, Incoming)
                link.answer(Answer(report.id, b"to " + report.payload))
            link.answer(Answer(999, b"to nobody"))
            await until(lambda: answers == {b"one": b"to one", b"two": b"to two"})
            nursery.cancel_scope.cancel()

    run(scenario)


def test_silent_core_is_told_from_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_link, "ANSWER_TIMEOUT_S", 0.1)

    async def scenario() -> None:
        async with linked() as (link, _):
            with pytest.raises(PeerError, match="no answer"):
                await link.ask_core(ProtocolId.SYNC, "peer", b"question")
            link.answer(Answer(0, b"too late"))

    run(scenario)


def test_core_may_start_a_little_later(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = str(tmp_path / "core.sock")
        async with trio.open_nursery() as nursery:

            async def connect() -> None:
                async with open_core_link(path) as link:
                    await link._stream.send_all(b"hello")

            nursery.start_soon(connect)
            await trio.testing.wait_all_tasks_blocked(0.02)
            listener = trio.socket.socket(trio.socket.AF_UNIX)
            await listener.bind(path)
            listener.listen()
            taken, _ = await listener.accept()
            assert await taken.recv(100) == b"hello"
            taken.close()
            listener.close()

    run(scenario)


def test_missing_core_is_an_error_of_the_operator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_link, "CONNECT_TIMEOUT_S", 0.1)

    async def scenario() -> None:
        with pytest.raises(ConfigError, match="does not listen"):
            async with open_core_link(str(tmp_path / "core.sock")):
                pass

    run(scenario)
