from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from chain.errors import PeerError
from p2p.lanes import Lane, LaneRules
from p2p.network import Network
from p2p.scores import Traffic
from tests.support.network_hosts import OpenGate, connect, networks, run, until

pytestmark = pytest.mark.network

RULES = LaneRules(
    protocol="/test/lane/1",
    traffic=Traffic.CONSENSUS,
    message_max=1_000,
    count_max=100,
    bytes_max=100_000,
)


class Party:
    """A lane and what it has told."""

    def __init__(self, network: Network, rules: LaneRules = RULES) -> None:
        self.network = network
        self.gate = OpenGate()
        self.taken: list[bytes] = []
        self.events: list[str] = []
        self.lane = Lane(network, rules, gate=self.gate, take=self.take, up=self.up, down=self.down)

    async def take(self, _: str, message: bytes) -> None:
        self.taken.append(message)

    async def up(self, _: str) -> None:
        self.events.append("up")

    async def down(self, _: str) -> None:
        self.events.append("down")


@asynccontextmanager
async def two_parties() -> AsyncIterator[tuple[Party, Party]]:
    async with networks(2) as (left, right):
        parties = Party(left), Party(right)
        await connect(left, right)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(parties[0].lane.keep_link, right.peer)
            nursery.start_soon(parties[1].lane.keep_link, left.peer)
            await until(lambda: parties[0].lane.linked() and parties[1].lane.linked())
            yield parties
            nursery.cancel_scope.cancel()


def test_messages_arrive_in_order_both_ways() -> None:
    async def scenario() -> None:
        async with two_parties() as (left, right):
            messages = [b"%d" % number for number in range(50)]
            for message in messages:
                left.lane.broadcast(message)
                right.lane.send(left.network.peer, message)
            await until(lambda: len(left.taken) == len(right.taken) == len(messages))
            assert left.taken == right.taken == messages
            assert left.lane.dropped == 0

    run(scenario)


def test_link_that_breaks_is_told_and_opened_again_at_once() -> None:
    async def scenario() -> None:
        async with two_parties() as (left, right):
            right.gate.banned.add(left.network.peer)
            left.lane.broadcast(b"refused")  # the other side ends the stream
            await until(lambda: "down" in left.events)
            right.gate.banned.clear()
            await until(left.lane.linked)
            left.lane.broadcast(b"taken")
            await until(lambda: b"taken" in right.taken)
            assert left.events == ["up", "down", "up"]

    run(scenario)


def test_message_above_the_limit_costs_its_sender() -> None:
    async def scenario() -> None:
        async with two_parties() as (left, right):
            left.lane.broadcast(bytes(1_001))
            await until(lambda: right.gate.paid)
            assert right.gate.paid[0][0] == left.network.peer
            assert right.taken == []

    run(scenario)


def test_slow_peer_loses_the_oldest_and_they_are_counted() -> None:
    async def scenario() -> None:
        async with two_parties() as (left, right):
            for number in range(250):  # no checkpoint, so nothing is sent in between
                left.lane.send(right.network.peer, b"%d" % number)
            assert left.lane.dropped == 150
            await until(lambda: right.taken[-1:] == [b"249"])
            assert right.taken[-100:] == [b"%d" % number for number in range(150, 250)]

    run(scenario)


def test_peer_without_a_link_is_a_peer_error() -> None:
    async def scenario() -> None:
        async with networks(1) as (alone,):
            with pytest.raises(PeerError):
                Party(alone).lane.send("nobody", b"message")

    run(scenario)


def test_peer_of_another_chain_gets_no_link() -> None:
    async def scenario() -> None:
        async with networks(2) as (left, right):
            party = Party(left)
            await connect(left, right)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(party.lane.keep_link, right.peer)
                await trio.testing.wait_all_tasks_blocked(0.3)
                assert party.events == []
                await left.disconnect(right.peer)

    run(scenario)
