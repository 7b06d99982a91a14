from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import trio
import trio.testing

from chain.errors import PeerError
from p2p import peers as peers_module
from p2p.identity import keys_of_seed, peer_of_seed
from p2p.network import Network, open_network, split_address
from p2p.peers import Peers
from p2p.scores import MEBIBYTE, Traffic
from tests.support.network import free_port
from tests.support.network_hosts import connect, networks, run, until

pytestmark = pytest.mark.network

SEED = b"\x21" * 32


def watch(network: Network, peers: Peers) -> None:
    """Let the peers know who comes and goes, as the switchboard does."""

    async def opened(peer: str) -> None:
        peers.greet(peer)

    async def closed(peer: str) -> None:
        peers.forget(peer)

    network.watch(opened=opened, closed=closed, failed=lambda _: None)


def test_persistent_peer_is_dialled_again_whenever_it_is_back() -> None:
    async def scenario() -> None:
        place = f"/ip4/127.0.0.1/tcp/{free_port()}"
        other = peer_of_seed(SEED)
        async with networks(1) as (network,), trio.open_nursery() as nursery:
            peers = Peers(network, {other: place})
            nursery.start_soon(peers.run)
            for _ in range(2):
                async with open_network(keys_of_seed(SEED), [place], connections_max=32):
                    await until(lambda: network.is_connected(other))
                await until(lambda: not network.is_connected(other))
            nursery.cancel_scope.cancel()

    run(scenario)


def test_two_that_name_each_other_have_one_connection() -> None:
    async def scenario() -> None:
        async with networks(2) as (left, right), trio.open_nursery() as nursery:
            for one, other in ((left, right), (right, left)):
                peer, place = split_address(other.addresses()[0])
                nursery.start_soon(Peers(one, {peer: place}).run)
            await until(lambda: left.is_connected(right.peer) and right.is_connected(left.peer))
            await trio.sleep(peers_module.YIELD_S + 0.3)  # nothing may happen meanwhile
            swarm = left.host.get_network()
            assert [len(links) for links in swarm.connections.values()] == [1]
            nursery.cancel_scope.cancel()

    run(scenario)


def test_silent_peer_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers_module, "SILENCE_S", 0.6)
    monkeypatch.setattr(peers_module, "SILENCE_STEP_S", 0.1)

    async def scenario() -> None:
        async with networks(3) as (network, silent, lively), trio.open_nursery() as nursery:
            peers = Peers(network, {})
            watch(network, peers)
            nursery.start_soon(peers.run)
            await connect(silent, network)
            await connect(lively, network)
            with trio.fail_after(5):
                while network.is_connected(silent.peer):
                    peers.heard(lively.peer)
                    await trio.testing.wait_all_tasks_blocked(0.05)
            assert network.is_connected(lively.peer)
            nursery.cancel_scope.cancel()

    run(scenario)


def test_banned_peer_is_disconnected_and_stays_out() -> None:
    async def scenario() -> None:
        async with networks(2) as (network, bad), trio.open_nursery() as nursery:
            peers = Peers(network, {})
            watch(network, peers)
            nursery.start_soon(peers.run)
            await connect(bad, network)
            peers.penalise(bad.peer, 100, "test")
            await until(lambda: not network.is_connected(bad.peer))
            with pytest.raises(PeerError, match="banned"):
                await peers.admit(bad.peer, 1, Traffic.GOSSIP)
            peer, place = split_address(network.addresses()[0])
            await bad.dial(peer, place)
            await until(lambda: not bad.is_connected(peer))
            assert not network.is_connected(bad.peer)
            nursery.cancel_scope.cancel()

    run(scenario)


def test_persistent_peer_is_never_disconnected_for_its_score() -> None:
    async def scenario() -> None:
        async with networks(2) as (network, friend), trio.open_nursery() as nursery:
            peer, place = split_address(friend.addresses()[0])
            peers = Peers(network, {peer: place})
            watch(network, peers)
            nursery.start_soon(peers.run)
            await until(lambda: network.is_connected(peer))
            peers.penalise(peer, 1_000, "test")
            await peers.admit(peer, 1, Traffic.CONSENSUS)
            assert network.is_connected(peer)
            nursery.cancel_scope.cancel()

    run(scenario)


def test_who_hurries_waits_and_loses_nothing() -> None:
    async def scenario() -> None:
        async with networks(1) as (network,):
            peers = Peers(network, {})
            start_s = trio.current_time()
            for _ in range(10):
                await peers.admit("peer", 8 * MEBIBYTE, Traffic.CONSENSUS)
            assert trio.current_time() - start_s == pytest.approx(1.0, abs=0.5)

    run(scenario)


@asynccontextmanager
async def two_that_name_each_other() -> AsyncIterator[tuple[Network, Peers, Network, Peers]]:
    """Run two peers that dial each other, once they are connected."""
    async with networks(2) as (left, right), trio.open_nursery() as nursery:
        both = []
        for one, other in ((left, right), (right, left)):
            peers = Peers(one, dict([split_address(other.addresses()[0])]))
            watch(one, peers)
            nursery.start_soon(peers.run)
            both.append(peers)
        await until(lambda: left.is_connected(right.peer) and right.is_connected(left.peer))
        yield left, both[0], right, both[1]
        nursery.cancel_scope.cancel()


def test_peer_that_is_cut_off_stays_away_until_it_is_healed() -> None:
    async def scenario() -> None:
        async with two_that_name_each_other() as (left, peers, right, _):
            peers.cut(frozenset((right.peer,)))
            await until(lambda: not left.is_connected(right.peer))
            place = split_address(left.addresses()[0])
            for _ in range(3):  # it may dial as often as it likes
                with suppress(PeerError):
                    await right.dial(*place)
                await until(lambda: not left.is_connected(right.peer))
            with pytest.raises(PeerError, match="cut off"):
                await peers.admit(right.peer, 1, Traffic.CONSENSUS)
            peers.cut(frozenset())
            await until(lambda: left.is_connected(right.peer) and right.is_connected(left.peer))
            await peers.admit(right.peer, 1, Traffic.CONSENSUS)

    run(scenario)


def test_peer_that_is_cut_off_is_not_dialled() -> None:
    async def scenario() -> None:
        async with networks(1) as (network,), trio.open_nursery() as nursery:
            dialled: list[str] = []
            one, two = (peer_of_seed(bytes([seed]) * 32) for seed in (1, 2))

            async def dial(peer: str, _: str) -> None:
                dialled.append(peer)
                raise PeerError(detail="nobody is there")

            network.dial = dial  # type: ignore[method-assign] # watched
            peers = Peers(network, {one: "nowhere", two: "nowhere"})
            peers.cut(frozenset((one,)))
            nursery.start_soon(peers.run)
            await until(lambda: dialled.count(two) > 2)
            assert one not in dialled
            peers.cut(frozenset((two,)))
            await until(lambda: one in dialled)
            nursery.cancel_scope.cancel()

    run(scenario)


def test_peer_does_not_pay_for_being_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trio, "current_time", lambda: 1.0)

    async def scenario() -> None:
        async with networks(1) as (network,):
            peers, peer = Peers(network, {}), peer_of_seed(SEED)
            peers.cut(frozenset((peer,)))
            peers.penalise(peer, 99, "its stream broke")
            peers.cut(frozenset())
            peers.penalise(peer, 99, "really")
            assert peers.bans == 0
            peers.penalise(peer, 1, "really")
            assert peers.bans == 1

    run(scenario)


def test_what_is_no_peer_id_changes_nothing() -> None:
    async def scenario() -> None:
        async with networks(1) as (network,):
            peers, peer = Peers(network, {}), peer_of_seed(SEED)
            peers.cut(frozenset((peer,)))
            with pytest.raises(PeerError, match="no peer id"):
                peers.cut(frozenset(("0OIl",)))
            with pytest.raises(PeerError, match="cut off"):
                await peers.admit(peer, 1, Traffic.STATUS)

    run(scenario)
