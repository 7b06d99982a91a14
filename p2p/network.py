"""The network as the rest of the edge sees it: peers by name, streams of bytes, one error.

Whatever libp2p raises for a peer's or the network's failure leaves here as a PeerError.
"""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import trio

import p2p.mux  # noqa: F401 # bounds every connection that is made
from chain.errors import ConfigError, PeerError
from p2p.compat import (
    ID,
    BaseLibp2pError,
    BasicHost,
    ConnectionWatch,
    INetStream,
    KeyPair,
    Multiaddr,
    StreamEOF,
    StreamGuard,
    Swarm,
    TProtocol,
    open_host,
)

READ_BYTES = 256 * 1024
ADDRESS_LIFE_S = 3_600
DIAL_TIMEOUT_S = 6.0
STREAM_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 1.5


@contextmanager
def _as_peer_error(what: str) -> Iterator[None]:
    """Turn what libp2p raises into a PeerError.

    Raises:
        PeerError: libp2p, the socket, or the time limit failed.
    """
    try:
        yield
    except (BaseLibp2pError, OSError, trio.TooSlowError, trio.BrokenResourceError) as error:
        raise PeerError(detail=f"{what}: {error!r}") from error


class PeerStream:
    """A stream of bytes to or from one peer."""

    def __init__(self, stream: INetStream) -> None:
        """Wrap a negotiated stream."""
        self._stream = stream
        self.peer = stream.muxed_conn.peer_id.to_base58()

    async def read(self) -> bytes:
        """Return some bytes, or none when the peer has closed its side.

        Raises:
            PeerError: the stream was reset or its connection failed.
        """
        with _as_peer_error("reading"):
            try:
                return await self._stream.read(READ_BYTES)
            except StreamEOF:
                return b""

    async def write(self, data: bytes) -> None:
        """Write all bytes; one task at a time.

        Raises:
            PeerError: the stream was reset, or the peer took nothing for long.
        """
        with _as_peer_error("writing"):
            await self._stream.write(data)

    async def close(self) -> None:
        """Close our side; the peer may go on sending.

        Raises:
            PeerError: the connection failed.
        """
        with _as_peer_error("closing"):
            await self._stream.close()

    async def reset(self) -> None:
        """End both sides at once; never fails."""
        with trio.CancelScope(shield=True, deadline=trio.current_time() + 1.0):
            await self._stream.reset()


StreamUser = Callable[[PeerStream], Awaitable[None]]
PeerWatcher = Callable[[str], Awaitable[None]]


class Network:
    """A running host."""

    def __init__(self, host: BasicHost, guard: StreamGuard) -> None:
        """Wrap a running host."""
        swarm = host.get_network()
        assert isinstance(swarm, Swarm)
        self.host = host
        self._guard = guard
        self._swarm = swarm
        self.peer = host.get_id().to_base58()

    def addresses(self) -> list[str]:
        """Return where this node listens, each ending in its peer id."""
        return [str(address) for address in self.host.get_addrs()]

    def peers(self) -> list[str]:
        """Return the connected peers."""
        return [peer.to_base58() for peer in self._swarm.connections]

    def is_connected(self, peer: str) -> bool:
        """Tell whether a peer is connected."""
        return any(not link.is_closed for link in self._swarm.get_connections(_id(peer)))

    def watch(
        self, *, opened: PeerWatcher, closed: PeerWatcher, failed: Callable[[str], None]
    ) -> None:
        """Have peers announced.

        Args:
            opened: told of each connection that opens.
            closed: told when a peer's last connection closes.
            failed: told when handling a peer's stream has raised what nobody expected.
        """
        self._guard.on_failure = failed

        async def tell_opened(peer: ID) -> None:
            await opened(peer.to_base58())

        async def tell_closed(peer: ID) -> None:
            await closed(peer.to_base58())

        self._swarm.register_notifee(ConnectionWatch(opened=tell_opened, closed=tell_closed))

    def serve(self, protocol: str, use: StreamUser) -> None:
        """Hand every stream that a peer opens for ``protocol`` to ``use``."""

        async def take(stream: INetStream) -> None:
            await use(PeerStream(stream))

        self.host.set_stream_handler(TProtocol(protocol), take)

    async def open_stream(self, peer: str, protocol: str) -> PeerStream:
        """Open a stream to a connected peer.

        Raises:
            PeerError: it is not connected, or does not speak the protocol.
        """
        if not self.is_connected(peer):
            raise PeerError(detail=f"{peer} is not connected")
        with _as_peer_error(f"opening {protocol}"), trio.fail_after(STREAM_TIMEOUT_S):
            return PeerStream(await self.host.new_stream(_id(peer), [TProtocol(protocol)]))

    async def dial(self, peer: str, address: str) -> None:
        """Connect to a peer at one address, and at no other that it may have named.

        Raises:
            PeerError: nobody answers there, or somebody else does.
        """
        peer_id = _id(peer)
        store = self.host.get_peerstore()
        store.clear_addrs(peer_id)
        store.add_addrs(peer_id, [Multiaddr(address)], ADDRESS_LIFE_S)
        self._swarm.unblock_peer(peer_id)  # a failed dial blocks the next ones for a minute
        with _as_peer_error(f"dialling {address}"), trio.fail_after(DIAL_TIMEOUT_S):
            await Swarm.dial_peer(self._swarm, peer_id)  # its own does not dial, see compat.py

    async def disconnect(self, peer: str) -> None:
        """Close every connection of a peer.

        Not by the library's ``close_peer``: when it has closed what it found, it also forgets the
        connection that came meanwhile, which then lives on, in no table and beyond every ban.
        """
        for connection in self._swarm.get_connections(_id(peer)):
            await connection.close()

    async def close(self) -> None:
        """Close every connection and listener; first of all when the edge stops."""
        with trio.CancelScope(shield=True, deadline=trio.current_time() + CLOSE_TIMEOUT_S):
            await self._swarm.close()


def _id(peer: str) -> ID:
    """Return libp2p's form of a peer id.

    Raises:
        PeerError: it is none.
    """
    try:
        return ID.from_base58(peer)
    except ValueError as error:
        raise PeerError(detail=f"{peer!r} is no peer id") from error


def split_address(address: str) -> tuple[str, str]:
    """Return the peer id and the dialled part of an address such as ``/ip4/.../tcp/.../p2p/...``.

    Raises:
        ConfigError: it is no such address.
    """
    where, _, peer = address.rpartition("/p2p/")
    try:
        port = Multiaddr(where).value_for_protocol("tcp")
        _id(peer)
    except (ValueError, LookupError, PeerError) as error:
        detail = f"{address!r} is no peer address like /ip4/192.0.2.1/tcp/26656/p2p/12D3KooW..."
        raise ConfigError(detail=detail) from error
    assert port
    return peer, where


def probe_ports(listen: list[str]) -> None:
    """Check that nobody listens where we want to: libp2p would share the port and stay silent.

    Raises:
        ConfigError: a port is taken, or an address cannot be bound.
    """
    for address in listen:
        try:
            where = Multiaddr(address)
            protocol = next(name for name in ("ip4", "ip6") if f"/{name}/" in address)
            place = (where.value_for_protocol(protocol), int(where.value_for_protocol("tcp")))
        except (ValueError, LookupError, StopIteration) as error:
            detail = f"{address!r} is no address to listen on, such as /ip4/0.0.0.0/tcp/26656"
            raise ConfigError(detail=detail) from error
        family = socket.AF_INET if protocol == "ip4" else socket.AF_INET6
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(place)
            except OSError as error:
                detail = f"cannot listen on {address}: {error.strerror}"
                raise ConfigError(detail=detail) from error


@asynccontextmanager
async def open_network(
    keys: KeyPair, listen: list[str], *, connections_max: int
) -> AsyncIterator[Network]:
    """Run a host for as long as the block lasts.

    Raises:
        ConfigError: an address to listen on cannot be bound.
    """
    probe_ports(listen)
    addresses = [Multiaddr(address) for address in listen]
    host, guard = open_host(keys, addresses, connections_max=connections_max)
    async with host.run(listen_addrs=addresses):
        network = Network(host, guard)
        try:
            if len(network.addresses()) < len(addresses):  # the library does not tell
                raise ConfigError(detail=f"cannot listen on {', '.join(listen)}")
            yield network
        finally:
            await network.close()
