from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from chain.exchange import ProtocolId, Topic
from chain.primitives import Hash, Height
from p2p import orders, reports, switchboard
from p2p.core_link import CoreLink
from p2p.frames import FrameDecoder, unpack
from p2p.network import Network
from p2p.settings import EdgeSettings
from p2p.switchboard import Switchboard
from p2p.verdicts import SizeChecks
from tests.support.network import GENESIS
from tests.support.network_hosts import connect, networks, run, until

pytestmark = pytest.mark.network

A_HASH = Hash(bytes(range(32)))


class Party:
    """A switchboard, and what it has reported."""

    def __init__(self, network: Network, near: trio.SocketStream, far: trio.SocketStream) -> None:
        settings = EdgeSettings(
            genesis_hash=GENESIS,
            listen=("unused",),
            node_key=Path("unused"),
            core_socket="unused",
            gossip_counter=1,
        )
        self.network = network
        self.link = CoreLink(near)
        self.board = Switchboard(settings, network, self.link, SizeChecks())
        self.reports: list[reports.Report] = []
        self._far = far

    async def read(self) -> None:
        decoder = FrameDecoder()
        while data := await self._far.receive_some():
            frames = decoder.feed(bytes(data))
            self.reports += [unpack(frame, reports.REPORTS) for frame in frames]

    async def obey(self, order: orders.Order) -> None:
        await self.board.obey(order)

    def of(self, kind: type[reports.Report]) -> list[reports.Report]:
        return [report for report in self.reports if isinstance(report, kind)]


@asynccontextmanager
async def party(network: Network) -> AsyncIterator[Party]:
    left, right = trio.socket.socketpair()
    async with trio.SocketStream(left) as near, trio.SocketStream(right) as far:
        one = Party(network, near, far)
        async with one.board.gossip.running(), trio.open_nursery() as nursery:
            for task in (one.link.send_all, one.read, one.board.run):
                nursery.start_soon(task)
            await trio.lowlevel.checkpoint()
            yield one
            await network.close()
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def two_parties() -> AsyncIterator[tuple[Party, Party]]:
    async with networks(2) as hosts, party(hosts[0]) as left, party(hosts[1]) as right:
        await connect(left.network, right.network)
        await until(lambda: left.of(reports.PeerUp) and right.of(reports.PeerUp))
        yield left, right


def test_peer_is_up_and_down_once() -> None:
    async def scenario() -> None:
        async with two_parties() as (left, right):
            await right.network.disconnect(left.network.peer)
            await until(lambda: left.of(reports.PeerDown))
            assert left.reports == [
                reports.PeerUp(right.network.peer),
                reports.PeerDown(right.network.peer),
            ]

    run(scenario)


def test_status_is_repeated_as_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switchboard, "STATUS_S", 0.1)

    async def scenario() -> None:
        async with two_parties() as (left, right):
            await left.obey(orders.Status(Height(7), A_HASH))
            await until(lambda: len(right.of(reports.PeerStatus)) > 3)

    run(scenario)


def test_orders_for_absent_peers_harm_nobody() -> None:
    async def scenario() -> None:
        async with two_parties() as (left, right):
            for order in (
                orders.Send("nobody", b"message"),
                orders.Punish("nobody", 10),
                orders.Answer(1, b"too late"),
                orders.Publish(Topic.TX, bytes(2 * 1024 * 1024)),
            ):
                await left.obey(order)
            await left.obey(orders.Broadcast(b"still here"))
            await until(lambda: right.of(reports.Consensus))

    run(scenario)


def test_questions_above_the_limit_are_answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switchboard, "REQUESTS_MAX", 1)

    async def scenario() -> None:
        async with two_parties() as (left, right):
            for number in (1, 2):
                await left.obey(orders.Request(number, ProtocolId.SYNC, right.network.peer, b"x"))
            await until(lambda: left.of(reports.Response))
            (response,) = left.of(reports.Response)
            assert isinstance(response, reports.Response)
            assert (response.id, response.ok) == (2, False)

    run(scenario)


def test_punished_stranger_is_banned() -> None:
    async def scenario() -> None:
        async with two_parties() as (left, right):
            await left.obey(orders.Punish(right.network.peer, 100))
            await until(lambda: left.of(reports.PeerDown))

    run(scenario)


def test_cut_ends_the_link_on_both_sides_and_healing_lets_it_come_again() -> None:
    async def scenario() -> None:
        async with two_parties() as (left, right):
            await left.obey(orders.Cut((right.network.peer,)))
            await until(lambda: left.of(reports.PeerDown) and right.of(reports.PeerDown))
            await until(lambda: not right.network.is_connected(left.network.peer))
            await until(lambda: not left.board.peers._leaving)  # or it would end the next one too
            await left.obey(orders.Cut(()))
            await connect(left.network, right.network)
            await until(lambda: len(left.of(reports.PeerUp)) == 2)
            await right.obey(orders.Broadcast(b"again"))
            await until(lambda: left.of(reports.Consensus))

    run(scenario)


def test_order_to_be_cut_off_from_what_is_no_peer_is_not_done() -> None:
    async def scenario() -> None:
        async with two_parties() as (left, right):
            await left.obey(orders.Cut((right.network.peer, "0OIl")))
            await right.obey(orders.Broadcast(b"still linked"))
            await until(lambda: left.of(reports.Consensus))

    run(scenario)
