import contextlib
import socket

import pytest
import trio

from chain.errors import ConfigError, PeerError
from p2p.compat import ID, BaseLibp2pError, TProtocol
from p2p.identity import keys_of_seed, peer_of_seed
from p2p.network import Network, PeerStream, open_network, probe_ports, split_address
from tests.support.network import free_port
from tests.support.network_hosts import connect, networks, run, until

pytestmark = pytest.mark.network

PEER = peer_of_seed(bytes(32))


async def nothing(_: str) -> None:
    pass


def test_address_names_peer_and_place() -> None:
    assert split_address(f"/ip4/192.0.2.1/tcp/26656/p2p/{PEER}") == (
        PEER,
        "/ip4/192.0.2.1/tcp/26656",
    )


@pytest.mark.parametrize(
    "address",
    ["", "192.0.2.1:26656", "/ip4/192.0.2.1/tcp/26656", f"/ip4/1.2.3.4/p2p/{PEER}", "/p2p/0OIl"],
)
def test_other_address_is_an_error_of_the_operator(address: str) -> None:
    with pytest.raises(ConfigError, match="peer address"):
        split_address(address)


def test_taken_port_is_an_error_of_the_operator() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ConfigError, match="in use"):
            probe_ports([f"/ip4/127.0.0.1/tcp/{other.getsockname()[1]}"])


@pytest.mark.parametrize("address", ["", "/ip4/127.0.0.1", "/unix/x", "/ip4/203.0.113.7/tcp/1234"])
def test_impossible_place_to_listen_is_an_error_of_the_operator(address: str) -> None:
    with pytest.raises(ConfigError):
        probe_ports([address])


def test_opening_and_closing_are_told() -> None:
    async def scenario() -> None:
        told: list[str] = []

        async def opened(peer: str) -> None:
            told.append(f"opened {peer}")

        async def closed(peer: str) -> None:
            told.append(f"closed {peer}")

        async with networks(2) as (left, right):
            left.watch(opened=opened, closed=closed, failed=told.append)
            await connect(right, left)
            assert left.peers() == [right.peer]
            await right.disconnect(left.peer)
            await until(lambda: len(told) == 2)
            assert told == [f"opened {right.peer}", f"closed {right.peer}"]
            assert not left.is_connected(right.peer)

    run(scenario)


def test_exception_in_a_stream_handler_stays_in_its_stream() -> None:
    async def scenario() -> None:
        failed: list[str] = []

        async def fail(stream: PeerStream) -> None:
            raise ZeroDivisionError

        async def echo(stream: PeerStream) -> None:
            await stream.write(await stream.read())
            await stream.close()

        async with networks(2) as (left, right):
            right.watch(opened=nothing, closed=nothing, failed=failed.append)
            right.serve("/fail/1", fail)
            right.serve("/echo/1", echo)
            await connect(left, right)
            stream = await left.open_stream(right.peer, "/fail/1")
            assert await stream.read() == b""
            assert failed == [left.peer]
            stream = await left.open_stream(right.peer, "/echo/1")
            await stream.write(b"still here")
            assert await stream.read() == b"still here"

    run(scenario)


def test_failures_of_peers_are_peer_errors() -> None:
    async def scenario() -> None:
        async with networks(2) as (left, right):
            with pytest.raises(PeerError, match="not connected"):
                await left.open_stream(right.peer, "/echo/1")
            with pytest.raises(PeerError, match="no peer id"):
                await left.open_stream("0OIl", "/echo/1")
            await connect(left, right)
            with pytest.raises(PeerError, match="opening"):
                await left.open_stream(right.peer, "/unknown/1")

    run(scenario)


def test_failed_dial_does_not_block_the_next_one() -> None:
    async def scenario() -> None:
        keys = keys_of_seed(b"\7" * 32)
        port = free_port()
        place = f"/ip4/127.0.0.1/tcp/{port}"
        peer = peer_of_seed(b"\7" * 32)
        async with networks(1) as (left,):
            with pytest.raises(PeerError):
                await left.dial(peer, place)
            async with open_network(keys, [place], connections_max=32):
                await left.dial(peer, place)
                assert left.is_connected(peer)

    run(scenario)


def test_somebody_else_at_the_address_is_no_connection() -> None:
    async def scenario() -> None:
        async with networks(2) as (left, right):
            _, place = split_address(right.addresses()[0])
            with pytest.raises(PeerError):
                await left.dial(PEER, place)
            assert not left.is_connected(PEER)

    run(scenario)


def test_stream_to_a_peer_that_is_gone_dials_no_address_that_it_named() -> None:
    async def scenario() -> None:
        async with networks(2) as (left, right):
            await connect(right, left)
            peer = ID.from_base58(right.peer)
            store = left.host.get_peerstore()
            await until(lambda: peer in store.peers_with_addrs())
            await right.disconnect(left.peer)
            await until(lambda: not left.is_connected(right.peer))
            with pytest.raises(BaseLibp2pError):
                await left.host.new_stream(peer, [TProtocol("/any/1")])
            assert not left.is_connected(right.peer)

    run(scenario)


def test_inbound_slots_are_given_back() -> None:
    async def scenario() -> None:
        async with networks(2, connections_max=18) as (left, right):  # two inbound slots
            for _ in range(5):
                await connect(left, right)
                await left.disconnect(right.peer)
                await until(lambda: not right.is_connected(left.peer))

    run(scenario)


def test_closing_while_bytes_flow_is_clean() -> None:
    async def scenario() -> None:
        taken: list[int] = []

        async def swallow(stream: PeerStream) -> None:
            while data := await stream.read():
                taken.append(len(data))

        async def pour(left: Network, right: Network) -> None:
            stream = await left.open_stream(right.peer, "/swallow/1")
            with contextlib.suppress(PeerError):
                while True:
                    await stream.write(bytes(100_000))

        async with trio.open_nursery() as nursery, networks(2) as (left, right):
            right.serve("/swallow/1", swallow)
            await connect(left, right)
            nursery.start_soon(pour, left, right)
            await until(lambda: sum(taken) > 1_000_000)

    run(scenario)
