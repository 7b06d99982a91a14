from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise

import pytest
import trio
import trio.testing

from chain.errors import PeerError
from chain.exchange import Topic
from p2p.gossip import Gossip
from p2p.identity import keys_of_seed
from p2p.network import Network, open_network
from p2p.topics import TOPIC_BYTES_MAX
from tests.support.network import GENESIS, free_port
from tests.support.network_hosts import OpenGate, WordChecks, connect, networks, run, until

pytestmark = pytest.mark.network

MEBIBYTE = 1024 * 1024


class Party:
    """Gossip of one host, and what it has taken."""

    def __init__(self, network: Network, *, counter: int = 1) -> None:
        self.network = network
        self.gate = OpenGate()
        self.taken: list[bytes] = []
        self.gossip = Gossip(
            network,
            GENESIS,
            checks=WordChecks(),
            gate=self.gate,
            deliver=self.deliver,
            counter=counter,
        )

    async def deliver(self, topic: Topic, peer: str, payload: bytes) -> None:
        assert peer != self.network.peer
        assert topic in Topic
        self.taken.append(payload)

    async def publish(self, *payloads: bytes) -> None:
        for payload in payloads:
            await self.gossip.publish(Topic.TX, payload)


@asynccontextmanager
async def parties(count: int) -> AsyncIterator[list[Party]]:
    """Run gossiping hosts in a line: each is connected with the next."""
    async with AsyncExitStack() as stack:
        hosts = await stack.enter_async_context(networks(count))
        together = [Party(host) for host in hosts]
        for party in together:
            await stack.enter_async_context(party.gossip.running())
        for left, right in pairwise(together):
            await join(left, right)
        yield together


async def join(left: Party, right: Party) -> None:
    """Connect two hosts and wait until each knows what the other listens to."""
    before = [party.gossip.listeners(Topic.TX) for party in (left, right)]
    await connect(left.network, right.network)
    for party, count in zip((left, right), before, strict=True):
        for topic in Topic:
            await until(
                lambda party=party, topic=topic, count=count: party.gossip.listeners(topic) > count
            )


def test_bursts_of_small_and_large_arrive_both_ways() -> None:
    async def scenario() -> None:
        async with parties(2) as (left, right):
            small = [b"small %d" % number for number in range(200)]
            large = [b"%02d" % number + bytes(MEBIBYTE - 2) for number in range(10)]
            async with trio.open_nursery() as nursery:
                for party in (left, right):
                    nursery.start_soon(party.publish, *small, *large)
            await until(lambda: len(left.taken) == len(right.taken) == 210)
            assert left.taken == right.taken == [*small, *large]
            assert left.gate.paid == right.gate.paid == []

    run(scenario)


def test_payload_is_relayed() -> None:
    async def scenario() -> None:
        async with parties(4) as line:
            await line[0].publish(b"far", bytes(MEBIBYTE))
            for party in line[1:]:
                await until(lambda party=party: sorted(party.taken) == [bytes(MEBIBYTE), b"far"])
            assert line[0].taken == []

    run(scenario)


def test_ignored_is_dropped_in_silence_and_rejected_is_paid_for() -> None:
    async def scenario() -> None:
        async with parties(3) as (left, middle, right):
            await left.publish(b"ignore me", b"reject me", b"take me")
            await until(lambda: right.taken)
            assert middle.taken == right.taken == [b"take me"]
            assert [peer for peer, _, _ in middle.gate.paid] == [left.network.peer]
            assert right.gate.paid == []

    run(scenario)


def test_checks_that_raise_cost_the_stream_and_no_more() -> None:
    async def scenario() -> None:
        async with parties(2) as (left, right):
            await left.publish(b"raise an error")
            while not right.taken:
                await trio.testing.wait_all_tasks_blocked(0.05)
                await left.publish(b"after it")
            await right.publish(b"the other way")
            await until(lambda: left.taken == [b"the other way"])

    run(scenario)


def test_banned_peer_is_not_listened_to() -> None:
    async def scenario() -> None:
        async with parties(2) as (left, right):
            right.gate.banned.add(left.network.peer)
            await left.publish(b"from the banned")
            await until(lambda: right.gate.paid)
            assert right.taken == []

    run(scenario)


def test_newcomer_amid_large_messages_breaks_nobody() -> None:
    async def scenario() -> None:
        async with parties(2) as (left, right), networks(1) as (host,):
            newcomer = Party(host)
            async with newcomer.gossip.running(), trio.open_nursery() as nursery:
                large = [b"%02d" % number + bytes(300_000) for number in range(40)]
                nursery.start_soon(left.publish, *large)
                await join(newcomer, left)
                await left.publish(b"last")
                await until(lambda: b"last" in newcomer.taken and len(right.taken) == 41)
                assert left.gate.paid == right.gate.paid == newcomer.gate.paid == []

    run(scenario)


def test_who_comes_late_asks_for_what_it_lacks() -> None:
    async def scenario() -> None:
        async with parties(1) as (left,), networks(1) as (host,):
            before = [b"before %d" % number for number in range(20)]
            await left.publish(*before)
            late = Party(host)
            async with late.gossip.running():
                await join(late, left)
                await until(lambda: sorted(late.taken) == sorted(before))

    run(scenario)


def test_gossip_after_a_restart_with_the_same_key_is_new() -> None:
    async def scenario() -> None:
        async with parties(1) as (left,):
            for life in (1, 2):
                place = f"/ip4/127.0.0.1/tcp/{free_port()}"
                async with open_network(
                    keys_of_seed(b"\x09" * 32), [place], connections_max=32
                ) as host:
                    party = Party(host, counter=life * 10**9)
                    async with party.gossip.running():
                        await join(party, left)
                        await party.publish(*[b"life %d %d" % (life, n) for n in range(100)])
                        await until(lambda life=life: len(left.taken) == life * 100)
                await until(lambda: not left.gossip.listeners(Topic.TX))

    run(scenario)


def test_payload_above_the_limit_is_not_sent() -> None:
    async def scenario() -> None:
        async with parties(1) as (alone,):
            with pytest.raises(PeerError):
                await alone.gossip.publish(Topic.TX, bytes(TOPIC_BYTES_MAX[Topic.TX] + 1))

    run(scenario)
