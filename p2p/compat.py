"""The one file that knows libp2p's inside: what we take from it, how we set it up, what we mend.

libp2p 0.8.1 dies from one malformed message in several places and drops messages silently in
others. Its classes are overridden in ``mux.py``, ``intake.py`` and ``mesh.py``, which take them
from here; everything else of ours sees ``network.py`` only. Each override was made against one
exact version, so any other is refused: after an upgrade ``tests/p2p/test_compat.py`` is the judge.
"""

import ipaddress
import logging
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Never

import trio
from libp2p import new_host
from libp2p.abc import IHost, INetConn, INetStream, INetwork, INotifee, IRawConnection
from libp2p.crypto.keys import KeyPair
from libp2p.crypto.x25519 import create_new_key_pair as create_noise_key_pair
from libp2p.custom_types import TProtocol
from libp2p.exceptions import BaseLibp2pError
from libp2p.host.basic_host import BasicHost
from libp2p.io.abc import ReadWriteCloser
from libp2p.io.exceptions import IOException as Libp2pIOError
from libp2p.network.config import ConnectionConfig, RetryConfig
from libp2p.network.stream.exceptions import StreamEOF
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.pubsub import pubsub as pubsub_module
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.mcache import MessageCache
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.pubsub import Pubsub
from libp2p.pubsub.rpc_queue import RpcQueue
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE_PROTOCOL
from libp2p.security.noise.transport import Transport as NoiseTransport
from libp2p.stream_muxer import muxer_multistream
from libp2p.stream_muxer.exceptions import MuxedStreamError
from libp2p.stream_muxer.yamux import yamux
from libp2p.stream_muxer.yamux.yamux import Yamux, YamuxStream
from libp2p.tools.anyio_service import background_trio_service
from libp2p.tools.timed_cache.last_seen_cache import LastSeenCache
from libp2p.utils.varint import encode_uvarint
from multiaddr import Multiaddr  # type: ignore[import-untyped] # it ships no types

__all__ = [
    "ID",
    "BaseLibp2pError",
    "BasicHost",
    "GossipSub",
    "IHost",
    "INetConn",
    "INetStream",
    "INotifee",
    "KeyPair",
    "LastSeenCache",
    "Libp2pIOError",
    "MessageCache",
    "Multiaddr",
    "MuxedStreamError",
    "Pubsub",
    "RpcQueue",
    "StreamEOF",
    "Swarm",
    "TProtocol",
    "Yamux",
    "YamuxStream",
    "background_trio_service",
    "encode_uvarint",
    "install_muxer",
    "install_queue",
    "open_host",
    "rpc_pb2",
]

LIBP2P_VERSION = "0.8.1"
assert version("libp2p") == LIBP2P_VERSION, (
    f"p2p/compat.py mends libp2p {LIBP2P_VERSION} and found {version('libp2p')}"
)

YAMUX_PROTOCOL = TProtocol(yamux.PROTOCOL_ID)
HANDSHAKE_TIMEOUT_S = 5.0
CONNECTIONS_PER_PEER_MAX = 2
CONNECTIONS_PER_ADDRESS_MAX = 32
"""Inbound connections from one IP address, or half of all where that is less: one stranger cannot
take every slot."""

OUTBOUND_RESERVED = 16
"""Connection slots that strangers cannot take, so that persistent peers can always be dialled."""

TOLD_AGAIN_S = 1.0

WINDOW_BYTES_MAX = 2 * 1024 * 1024
"""Largest receive window of a stream; the library's 16 MiB would let one peer fill eight times the
memory, and 2 MiB still carry 20 MB/s over 100 ms."""

log = logging.getLogger(__name__)


class ConnectionEnded(Libp2pIOError):
    """Ends the library's wait for an inbound connection."""


class NotConnected(BaseLibp2pError):
    """A stream is wanted to a peer whose connection has just ended."""


def install_muxer(connection: type[Yamux], stream: type[YamuxStream]) -> None:
    """Make libp2p build these classes; it ignores the class that its muxer option names."""
    muxer_multistream.Yamux = connection  # type: ignore[attr-defined] # replaced on purpose
    yamux.YamuxStream = stream  # type: ignore[misc] # replaced on purpose
    yamux.MAX_WINDOW_SIZE = WINDOW_BYTES_MAX


def install_queue(queue: type[RpcQueue]) -> None:
    """Make Pubsub give each peer this queue; its own drops silently after 32 messages."""
    pubsub_module.RpcQueue = queue  # type: ignore[attr-defined] # replaced on purpose


def open_host(
    keys: KeyPair, listen: list[Multiaddr], *, connections_max: int
) -> "tuple[BasicHost, StreamGuard]":
    """Return a host that offers TCP, Noise and Yamux only, not running yet, and its guard.

    The library's default list of security protocols ends in plaintext, which authenticates nobody.

    Args:
        keys: the node's identity.
        listen: where to listen.
        connections_max: all connections together, in and out.
    """
    noise = NoiseTransport(keys, noise_privkey=create_noise_key_pair().private_key)
    reserved = min(OUTBOUND_RESERVED, connections_max - 1)
    config = ConnectionConfig(
        max_connections=connections_max,
        min_connections=reserved,
        low_watermark=reserved,
        high_watermark=connections_max,
        max_connections_per_peer=CONNECTIONS_PER_PEER_MAX,
        dial_timeout=HANDSHAKE_TIMEOUT_S,
        inbound_upgrade_timeout=HANDSHAKE_TIMEOUT_S,
        outbound_upgrade_timeout=HANDSHAKE_TIMEOUT_S,
    )
    host = new_host(
        key_pair=keys,
        listen_addrs=listen,
        sec_opt={NOISE_PROTOCOL: noise},
        muxer_opt={YAMUX_PROTOCOL: Yamux},
        connection_config=config,
        disable_identify_address_discovery=True,
    )
    assert isinstance(host, BasicHost)
    swarm = host.get_network()
    assert isinstance(swarm, Swarm)
    _mend_swarm(swarm)
    return host, StreamGuard(host, swarm)


def _mend_swarm(swarm: Swarm) -> None:
    """Switch off what dials or refuses behind our back, and mend the inbound path."""

    async def stay_idle() -> None:
        """Stand in for the AutoConnector, which dials any address a peer mentions."""

    async def stay_apart(peer_id: ID) -> Never:
        """Stand in for the dialling of whoever is gone when a stream to him is wanted."""
        raise NotConnected(peer_id.to_base58())

    swarm.auto_connector.maybe_connect = stay_idle  # type: ignore[method-assign] # on purpose
    swarm.dial_peer = stay_apart  # type: ignore[method-assign] # ``Network.dial`` calls the class's
    swarm.retry_config = RetryConfig(max_retries=0)
    # Its default limits leak slots over a node's life; ours are in ConnectionConfig and mux.py.
    swarm.set_resource_manager(None)
    _limit_inbound(swarm)
    _free_inbound_slots(swarm)


def _limit_inbound(swarm: Swarm) -> None:
    """Refuse too many inbound connections from one address."""
    accept = swarm._handle_inbound_connection
    slots = swarm.connection_config.max_connections - swarm.connection_config.min_connections
    limit = max(1, min(CONNECTIONS_PER_ADDRESS_MAX, slots // 2))
    open_from: Counter[str] = Counter()

    async def accept_some(read_write_closer: ReadWriteCloser, maddr: Multiaddr) -> None:
        remote = read_write_closer.get_remote_address()
        where = str(ipaddress.ip_address(remote[0])) if remote else ""
        if open_from[where] >= limit:
            await read_write_closer.close()
            return
        open_from[where] += 1
        try:
            await accept(read_write_closer, maddr)
        finally:
            open_from[where] -= 1
            if not open_from[where]:
                del open_from[where]

    swarm._handle_inbound_connection = accept_some  # type: ignore[method-assign] # on purpose


def _free_inbound_slots(swarm: Swarm) -> None:
    """Give an inbound slot back when its connection closes.

    The library waits for the end of the whole swarm instead: after as many inbound connections as
    there are slots, counted over the node's life, it never accepts another.
    """
    upgrade = swarm.upgrade_inbound_raw_conn

    async def upgrade_then_wait(raw_conn: IRawConnection, maddr: Multiaddr) -> Never:
        connection = await upgrade(raw_conn, maddr)
        assert isinstance(connection, Yamux)
        await connection.event_closed.wait()
        raise ConnectionEnded

    swarm.upgrade_inbound_raw_conn = upgrade_then_wait  # type: ignore[method-assign] # on purpose


class StreamGuard:
    """Keeps an exception in a stream handler inside its stream.

    Without it, whatever any handler raises, the library's own negotiation included, ends the
    process. It is the border at which messages of strangers are handled: the one broad except.
    """

    def __init__(self, host: BasicHost, swarm: Swarm) -> None:
        """Stand between the connections and the host."""
        self._handle = host._swarm_stream_handler
        self._told_s = float("-inf")
        self.on_failure: Callable[[str], None] = lambda _: None
        swarm.set_stream_handler(self._guarded)

    async def _guarded(self, stream: INetStream) -> None:
        """Handle a stream; if that fails, end the stream and tell whose it was."""
        try:
            await self._handle(stream)
        except Exception:  # noqa: BLE001 # one peer's message must not end the process
            peer = stream.muxed_conn.peer_id.to_base58()
            self._tell(peer)
            self.on_failure(peer)
            await stream.reset()

    def _tell(self, peer: str) -> None:
        """Log the traceback, at most once in a while: strangers must not fill the disk."""
        now_s = trio.current_time()
        if now_s - self._told_s >= TOLD_AGAIN_S:
            self._told_s = now_s
            log.warning("a stream of %s failed:\n%s", peer, traceback.format_exc())


Watcher = Callable[[ID], Awaitable[None]]


class ConnectionWatch(INotifee):
    """Tells when the first connection of a peer opens and when its last one closes."""

    def __init__(self, *, opened: Watcher, closed: Watcher) -> None:
        """Call ``opened`` and ``closed`` with the peer."""
        self._opened = opened
        self._closed = closed

    async def connected(self, network: INetwork, conn: INetConn) -> None:  # noqa: ARG002 # theirs
        """Tell that a connection opened."""
        await self._opened(conn.muxed_conn.peer_id)

    async def disconnected(self, network: INetwork, conn: INetConn) -> None:
        """Tell that a peer has no connection left."""
        peer = conn.muxed_conn.peer_id
        if not [left for left in network.get_connections(peer) if not left.is_closed]:
            await self._closed(peer)

    async def opened_stream(self, network: INetwork, stream: INetStream) -> None:
        """Ignore a new stream."""

    async def closed_stream(self, network: INetwork, stream: INetStream) -> None:
        """Ignore the end of a stream."""

    async def listen(self, network: INetwork, maddr: Multiaddr) -> None:
        """Ignore a new listener."""

    async def listen_close(self, network: INetwork, maddr: Multiaddr) -> None:
        """Ignore the end of a listener."""
