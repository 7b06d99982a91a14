"""What a stranger can send with a key of its own: each attack of the table in test_compat.py.

An attack is given the attacker's own network, already connected, and the victim. What the victim
does to the attacker's stream or connection is none of the attack's business.
"""

import contextlib
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from functools import partial

import trio
from libp2p.abc import ISecureConn
from libp2p.network.stream.net_stream import NetStream

from chain.errors import PeerError
from chain.exchange import ProtocolId, Topic
from p2p.compat import INetStream, StreamEOF, Yamux, YamuxStream, rpc_pb2
from p2p.gossip_wire import ED25519_ID_PREFIX
from p2p.identity import keys_of_seed
from p2p.mesh import MESHSUB
from p2p.network import Network, open_network, split_address
from p2p.protocols import consensus_name, request_name, status_name
from p2p.topics import topic_name
from tests.support.network import GENESIS, EdgeUnderTest, free_port

Attack = Callable[[Network, str], Awaitable[None]]

TX_TOPIC = topic_name(GENESIS, Topic.TX)
BAD_TEXT = b"\xff\xfe\xfd"
MEBIBYTE = 1024 * 1024
YAMUX_HEADER = struct.Struct("!BBHII")
DATA, WINDOW_UPDATE, SYN = 0, 1, 1


def strike(victim: EdgeUnderTest, attack: Attack, *, seed: bytes = b"") -> bool:
    """Connect to the victim, as somebody new unless a seed is given, and attack it.

    Returns:
        Whether the victim let the attack go on to its end.
    """
    peer, address = split_address(victim.address)
    ended = False

    async def connect_and_attack() -> None:
        nonlocal ended
        listen = [f"/ip4/127.0.0.1/tcp/{free_port()}"]
        keys = keys_of_seed(seed or os.urandom(32))
        async with open_network(keys, listen, connections_max=64) as network:
            with contextlib.suppress(PeerError), trio.move_on_after(10):
                await network.dial(peer, address)
                await attack(network, peer)
                ended = True

    trio.run(connect_and_attack)
    return ended


def strike_socket(victim: EdgeUnderTest, data: bytes) -> None:
    """Send bytes to the victim's port, and wait until it hangs up."""
    with socket.create_connection(("127.0.0.1", victim.port), timeout=15) as raw:
        with contextlib.suppress(OSError):
            raw.sendall(data)
            raw.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while raw.recv(65536):
                pass


def varint(value: int) -> bytes:
    """Return a number as protobuf writes it."""
    data = bytearray()
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*data, value))


def field(number: int, payload: bytes) -> bytes:
    """Return a protobuf field of bytes."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


async def write_stream(network: Network, victim: str, protocol: str, data: bytes) -> None:
    """Open a stream, write, and wait for its end."""
    stream = await network.open_stream(victim, protocol)
    await stream.write(data)
    await stream.close()
    while await stream.read():
        pass


async def gossip_bytes(network: Network, victim: str, *, data: bytes) -> None:
    """Send bytes where RPCs are expected."""
    await write_stream(network, victim, MESHSUB, data)


def rpc(data: bytes) -> Attack:
    """Return the attack that sends one RPC of these bytes."""
    return partial(gossip_bytes, data=varint(len(data)) + data)


def control(number: int, payload: bytes, *, times: int = 1) -> Attack:
    """Return the attack that sends one RPC with control entries of a kind."""
    return rpc(field(3, field(number, payload) * times))


def message(*, author: bytes, key: bytes = b"", topic: bytes = TX_TOPIC.encode()) -> bytes:
    """Return a gossip message with a signature that no key has made."""
    parts = field(1, author) + field(2, b"x") + field(3, os.urandom(8)) + field(4, topic)
    return parts + field(5, bytes(64)) + field(6, key)


def forged_message(_: int = 0) -> bytes:
    """Return a message whose author exists and has not signed it."""
    return message(author=ED25519_ID_PREFIX + os.urandom(32))


async def bad_signatures(network: Network, victim: str) -> None:
    """Send a thousand messages with bad signatures."""
    for _ in range(10):
        await rpc(b"".join(field(2, forged_message()) for _ in range(100)))(network, victim)


async def hungry_wish(network: Network, victim: str) -> None:
    """Wish for one large message five thousand times in one RPC."""
    wish = rpc_pb2.ControlIWant(messageIDs=[ED25519_ID_PREFIX + bytes(40)] * 5_000)
    data = rpc_pb2.RPC(control=rpc_pb2.ControlMessage(iwant=[wish])).SerializeToString()
    await rpc(data)(network, victim)


async def strange_protocol(network: Network, victim: str) -> None:
    """Ask for a protocol whose name is not UTF-8."""
    stream = await raw_stream(network, victim)
    hello = b"/multistream/1.0.0\n"
    await stream.write(varint(len(hello)) + hello + varint(4) + BAD_TEXT + b"\n")
    with contextlib.suppress(StreamEOF):
        while await stream.read(1024):
            pass


async def raw_stream(network: Network, victim: str) -> INetStream:
    """Open a stream without negotiating what it is for."""
    swarm = network.host.get_network()
    (peer,) = [one for one in swarm.connections if one.to_base58() == victim]
    return await swarm.new_stream(peer)


def muxer(network: Network) -> Yamux:
    """Return the multiplexer of the attacker's only connection."""
    ((connection,),) = network.host.get_network().connections.values()
    assert isinstance(connection.muxed_conn, Yamux)
    return connection.muxed_conn


async def ignored_windows(network: Network, victim: str) -> None:
    """Send 64 MiB on a stream that nobody reads, whatever its window."""
    yamux = muxer(network)
    stream = await raw_stream(network, victim)
    assert isinstance(stream, NetStream)
    assert isinstance(stream.muxed_stream, YamuxStream)
    frame = YAMUX_HEADER.pack(0, DATA, 0, stream.muxed_stream.stream_id, 65_000) + bytes(65_000)
    secured: ISecureConn = yamux.secured_conn
    with contextlib.suppress(Exception):
        for _ in range(64 * MEBIBYTE // 65_000):
            await secured.write(frame)


async def stream_flood(network: Network, _: str) -> None:
    """Open twelve thousand streams."""
    secured: ISecureConn = muxer(network).secured_conn
    with contextlib.suppress(Exception):
        for number in range(1_001, 25_001, 2):
            await secured.write(YAMUX_HEADER.pack(0, WINDOW_UPDATE, SYN, number, 0))


async def strange_frames(network: Network, _: str) -> None:
    """Send frames that no multiplexer makes."""
    with contextlib.suppress(Exception):
        for frame in (b"\xff" * 12, YAMUX_HEADER.pack(0, 9, 0xFFFF, 7, 2**32 - 1), bytes(12)):
            await muxer(network).secured_conn.write(frame)


async def churn(network: Network, victim: str) -> None:
    """Nothing more: the connection itself is the attack."""


async def exchange_of_peers(network: Network, victim: str, *, trap: int) -> None:
    """Leave the mesh with the advice to dial the trap."""
    peer = rpc_pb2.PeerInfo(peerID=ED25519_ID_PREFIX + os.urandom(32), signedPeerRecord=b"\xff")
    prune = rpc_pb2.ControlPrune(topicID=TX_TOPIC, peers=[peer], backoff=2**63)
    control_message = rpc_pb2.ControlMessage(prune=[prune])
    await rpc(rpc_pb2.RPC(control=control_message).SerializeToString())(network, victim)
    assert trap


def lane_bytes(protocol: str, data: bytes) -> Attack:
    """Return the attack that writes bytes on a stream of ours."""

    async def attack(network: Network, victim: str) -> None:
        await write_stream(network, victim, protocol, data)

    return attack


HUGE = b"\xff\xff\xff\xff" + b"x" * 100
CONSENSUS, STATUS = consensus_name(GENESIS), status_name(GENESIS)
SYNC = request_name(GENESIS, ProtocolId.SYNC)

ATTACKS: dict[str, Attack] = {
    "garbage on a gossip stream": rpc(b"\xde\xad\xbe\xef" * 10),
    "author unreadable, no key": rpc(field(2, message(author=b"\x01\x02"))),
    "author unreadable, garbage key": rpc(field(2, message(author=b"\xff" * 20, key=b"\xff" * 9))),
    **{
        f"garbage key of kind {kind}": rpc(
            field(2, message(author=b"\x12\x20" + bytes(32), key=bytes((8, kind, 18, 4)) + b"oops"))
        )
        for kind in range(5)
    },
    "message topic not UTF-8": rpc(field(2, message(author=b"x", topic=BAD_TEXT))),
    "subscription not UTF-8": rpc(field(1, b"\x08\x01" + field(2, BAD_TEXT))),
    "unsubscription not UTF-8": rpc(field(1, b"\x08\x00" + field(2, BAD_TEXT))),
    "IHAVE topic not UTF-8": control(1, field(1, BAD_TEXT)),
    "GRAFT topic not UTF-8": control(3, field(1, BAD_TEXT)),
    "PRUNE topic not UTF-8": control(4, field(1, BAD_TEXT)),
    "protocol name not UTF-8": strange_protocol,
    "30,000 messages in one RPC": rpc(field(2, b"") * 30_000),
    "a million topics in one message": rpc(field(2, field(4, b"") * 1_000_000)),
    "30,000 GRAFTs in one RPC": control(3, field(1, TX_TOPIC.encode()), times=30_000),
    "30,000 PRUNEs of strange topics": control(4, field(1, b"strange"), times=30_000),
    "30,000 subscriptions": rpc(field(1, b"\x08\x01" + field(2, b"strange")) * 30_000),
    "an RPC of 256 MiB": partial(gossip_bytes, data=varint(256 * MEBIBYTE) + bytes(1000)),
    "an endless varint": partial(gossip_bytes, data=b"\xff" * 100),
    "1,000 bad signatures": bad_signatures,
    "one wish 5,000 times": hungry_wish,
    "64 MiB beyond every window": ignored_windows,
    "12,000 streams": stream_flood,
    "strange frames": strange_frames,
    "a consensus message of 4 GiB": lane_bytes(CONSENSUS, HUGE),
    "a consensus message cut short": lane_bytes(CONSENSUS, b"\0\0\1\0abc"),
    "a status of 4 GiB": lane_bytes(STATUS, HUGE),
    "a malformed status": lane_bytes(STATUS, b"\0\0\0\3abc"),
    "a question of 4 GiB": lane_bytes(SYNC, HUGE),
    "no question": lane_bytes(SYNC, b""),
}

SOCKET_ATTACKS = {
    "random bytes": os.urandom(4096),
    "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a huge varint": b"\xff" * 64,
    "half a hello": b"\x13/multistream/1.0.0\n\x07/noi",
    "a bad name before any key": b"\x13/multistream/1.0.0\n\x05\xff\xfe\xfd\xfc\n",
    "a broken handshake": b"\x13/multistream/1.0.0\n\x07/noise\n\xff\xff" + bytes(1000),
    "plaintext": b"\x13/multistream/1.0.0\n\x11/plaintext/2.0.0\n",
}
