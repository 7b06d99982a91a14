from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from chain.errors import MalformedMessage, PeerError
from chain.exchange import ProtocolId
from p2p import requests
from p2p.network import Network
from p2p.protocols import REQUEST_BYTES_MAX, request_name
from p2p.requests import SERVING_PER_PEER_MAX, Requests
from tests.support.network import GENESIS
from tests.support.network_hosts import OpenGate, WordChecks, connect, networks, run, until

pytestmark = pytest.mark.network


class Server(WordChecks):
    """Echoes; a question may also be malformed, or left to the core."""

    def serve(self, protocol: ProtocolId, peer: str, payload: bytes) -> bytes | None:
        if payload == b"malformed":
            raise MalformedMessage(detail="it says so")
        return super().serve(protocol, peer, payload)


class Party:
    """Requests, and a core that holds its answers back until ``release``."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.gate = OpenGate()
        self.release = trio.Event()
        self.waiting = 0
        self.candidates: list[str] = []
        self.requests = Requests(
            network,
            GENESIS,
            checks=Server(),
            gate=self.gate,
            core=self,
            candidates=lambda: self.candidates,
        )

    async def ask_core(self, _: ProtocolId, __: str, payload: bytes) -> bytes:
        self.waiting += 1
        await self.release.wait()
        if payload == b"core silent":
            raise PeerError(detail="the core is silent")
        return b"from the core"

    async def ask(self, other: "Party | None", payload: bytes) -> bytes:
        peer = other.network.peer if other else ""
        return (await self.requests.ask(ProtocolId.FETCH, peer, payload)).payload


@asynccontextmanager
async def parties(count: int) -> AsyncIterator[list[Party]]:
    async with networks(count) as hosts:
        for other in hosts[1:]:
            await connect(hosts[0], other)
        yield [Party(host) for host in hosts]


@pytest.mark.parametrize("size", [0, 1, REQUEST_BYTES_MAX])
def test_answer_comes_back(size: int) -> None:
    async def scenario() -> None:
        async with parties(2) as (left, right):
            assert await left.ask(right, bytes(size)) == bytes(size)
            assert await right.ask(left, bytes(size)) == bytes(size)

    run(scenario)


def test_core_answers_what_the_checks_leave_to_it() -> None:
    async def scenario() -> None:
        async with parties(2) as (left, right):
            right.release.set()
            assert await left.ask(right, b"core") == b"from the core"
            with pytest.raises(PeerError):
                await left.ask(right, b"core silent")

    run(scenario)


def test_bad_answer_costs_the_peer_and_fails() -> None:
    async def scenario() -> None:
        async with parties(2) as (left, right):
            with pytest.raises(PeerError, match="REJECT"):
                await left.ask(right, b"reject this")
            assert [peer for peer, _, _ in left.gate.paid] == [right.network.peer]
            with pytest.raises(PeerError, match="IGNORE"):
                await left.ask(right, b"ignore this")
            assert len(left.gate.paid) == 1

    run(scenario)


def test_malformed_question_costs_who_asked() -> None:
    async def scenario() -> None:
        async with parties(2) as (left, right):
            with pytest.raises(PeerError):
                await left.ask(right, b"malformed")
            await until(lambda: right.gate.paid)
            assert right.gate.paid[0][0] == left.network.peer

    run(scenario)


def test_any_peer_means_the_next_after_one_that_fails() -> None:
    async def scenario() -> None:
        async with parties(3) as (left, gone, right):
            left.candidates = [gone.network.peer, right.network.peer]
            await left.network.disconnect(gone.network.peer)
            answers = [await left.requests.ask(ProtocolId.SYNC, "", b"x") for _ in range(3)]
            assert {answer.peer for answer in answers} == {right.network.peer}

    run(scenario)


def test_any_peer_of_none_fails_at_once() -> None:
    async def scenario() -> None:
        async with parties(1) as (alone,):
            with pytest.raises(PeerError, match="no peer"):
                await alone.ask(None, b"anyone there?")

    run(scenario)


def test_silent_peer_fails_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "ANSWER_TIMEOUT_S", 0.2)

    async def scenario() -> None:
        async with parties(2) as (left, right):
            with pytest.raises(PeerError, match="no answer within"):
                await left.ask(right, b"core")

    run(scenario)


def test_who_asks_too_much_at_once_is_refused() -> None:
    async def scenario() -> None:
        async with parties(2) as (left, right):
            name = request_name(GENESIS, ProtocolId.SYNC)
            question = b"\0\0\0\4core"
            for _ in range(SERVING_PER_PEER_MAX):
                stream = await left.network.open_stream(right.network.peer, name)
                await stream.write(question)
            await until(lambda: right.waiting == SERVING_PER_PEER_MAX)
            refused = await left.network.open_stream(right.network.peer, name)
            with trio.fail_after(2):
                assert await refused.read() == b""
            right.release.set()

    run(scenario)


def test_many_questions_are_asked_four_at_a_time_and_all_answered() -> None:
    async def scenario() -> None:
        async with parties(2) as (left, right):
            right.release.set()
            async with trio.open_nursery() as nursery:
                for _ in range(40):
                    nursery.start_soon(left.ask, right, b"core")
            assert right.waiting == 40

    run(scenario)
