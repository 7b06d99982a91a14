"""What peers gossip to us: read with limits, judged in order, and only then passed on.

Overrides of the library's Pubsub, which dies from an unreadable message or key, gives every message
a task, counts its own sequence from whole seconds, and lets a forged message censor the real one by
marking it as seen before its signature is checked. A message costs its sender if it is malformed;
its order of checks is size, topic, seen, signature, then the sink's verdict.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

import trio
from google.protobuf.message import DecodeError

from chain.crypto import check_signature
from chain.errors import InvalidSignature, PeerError
from chain.primitives import PublicKey, Signature
from p2p.compat import (
    ID,
    BasicHost,
    INetStream,
    LastSeenCache,
    Libp2pIOError,
    Pubsub,
    StreamEOF,
    rpc_pb2,
)
from p2p.mesh import Mesh
from p2p.verdicts import Verdict

RPC_BYTES_MAX = 4 * 1024 * 1024
"""Bytes of one gossip RPC; ours hold one message of at most 1 MiB."""

MESSAGES_MAX = 256
SUBSCRIPTIONS_MAX = 64
CONTROLS_MAX = 64
IDS_MAX = 5_000
"""Entries of one RPC: a few kilobytes could otherwise hold tens of thousands of each."""

READ_BYTES = 256 * 1024
SEEN_MAX = 65_536
SEEN_S = 120.0
SEQUENCE_BYTES = 8
SIGNED_PREFIX = b"libp2p-pubsub:"  # libp2p specification, pubsub, "Message Signing"

ED25519_ID_PREFIX = bytes.fromhex("002408011220")
"""How a peer id that holds its own Ed25519 key begins: identity multihash, protobuf key, 32 bytes
(libp2p specification, peer-ids). Other keys sign nothing here, so their parsers see no stranger."""

MALFORMED_WEIGHT = 50
FORGED_WEIGHT = 20
REJECTED_WEIGHT = 25

Sink = Callable[[str, str, bytes], Awaitable[Verdict]]
"""Judges a payload, given its topic's name and who passed it on; waiting slows that peer only."""


class Gate(Protocol):
    """What the intake asks of the one who knows the peers."""

    async def admit(self, peer: str, size_bytes: int) -> None:
        """Wait until the peer may send this much.

        Raises:
            PeerError: it is banned.
        """
        ...

    def penalise(self, peer: str, weight: int, reason: str) -> None:
        """Lower a peer's score."""
        ...


class SeenMessages(LastSeenCache):
    """Ids of recent messages, bounded in number, without the library's thread."""

    def __init__(self) -> None:
        """Start empty."""
        self._seen: dict[bytes, float] = {}

    def has(self, key: bytes) -> bool:
        """Tell whether a message was seen within ``SEEN_S``."""
        return self._seen.get(key, -SEEN_S) > trio.current_time() - SEEN_S

    def add(self, key: bytes) -> bool:
        """Remember a message; return whether it is new."""
        is_new = not self.has(key)
        self._seen.pop(key, None)
        self._seen[key] = trio.current_time()
        while len(self._seen) > SEEN_MAX:
            del self._seen[next(iter(self._seen))]
        return is_new


class Intake(Pubsub):
    """Pubsub that survives what it reads."""

    def __init__(
        self, host: BasicHost, mesh: Mesh, *, gate: Gate, sink: Sink, counter: int
    ) -> None:
        """Subscribe nothing yet.

        Args:
            host: where the streams come from.
            mesh: where valid messages go.
            gate: knows the peers.
            sink: judges payloads.
            counter: above every sequence number that this key has used, such as the time in
                nanoseconds; peers drop what they think they have seen.
        """
        super().__init__(host, mesh, strict_signing=True, allowed_topics=mesh.topics)
        self.seen_messages.stop()
        self.seen_messages = SeenMessages()
        self.counter = counter
        self._gate = gate
        self._sink = sink

    async def continuously_read_stream(self, stream: INetStream) -> None:
        """Read RPCs until the stream ends; what cannot be read costs the peer its stream."""
        peer = stream.muxed_conn.peer_id
        buffer = bytearray()
        try:
            while True:
                data = await _read_rpc(stream, buffer)
                await self._gate.admit(peer.to_base58(), len(data))
                await self._take(data, peer)
        except StreamEOF:
            await stream.close()
        except (DecodeError, PeerError) as error:
            self._gate.penalise(peer.to_base58(), MALFORMED_WEIGHT, f"gossip: {error}")
            await stream.reset()
            self._handle_dead_peer(peer)
        except Libp2pIOError:
            await stream.reset()

    async def _take(self, data: bytes, peer: ID) -> None:
        """Do what one RPC says.

        Raises:
            DecodeError: it is no RPC.
            PeerError: it holds more entries than allowed, or a topic that is no text.
        """
        rpc = rpc_pb2.RPC()
        rpc.ParseFromString(data)
        _check_counts(rpc)
        _check_names(rpc)
        for subscription in rpc.subscriptions:
            self.handle_subscription(peer, subscription)
        for message in rpc.publish:
            await self.push_msg(peer, message)
            await trio.lowlevel.checkpoint()
        if rpc.HasField("control"):
            await self.router.handle_rpc(rpc, peer)

    async def push_msg(self, msg_forwarder: ID, msg: rpc_pb2.Message) -> None:
        """Judge one message, and pass it on if it is valid and new."""
        if msg_forwarder == self.my_id:
            self._mark_msg_seen(msg)
        elif not await self._is_welcome(msg_forwarder.to_base58(), msg):
            return
        await self.router.publish(msg_forwarder, msg)

    async def _is_welcome(self, peer: str, msg: rpc_pb2.Message) -> bool:
        """Return whether a peer's message is ours to pass on."""
        topics = list(msg.topicIDs)
        if len(topics) != 1 or topics[0] not in self.topic_ids:
            return False
        if msg.from_id == self.my_id.to_bytes() or self._is_msg_seen(msg):
            return False
        if not _is_signed(msg):
            self._gate.penalise(peer, FORGED_WEIGHT, "gossip with a bad signature")
            return False
        self._mark_msg_seen(msg)
        verdict = await self._sink(topics[0], peer, msg.data)
        if verdict is Verdict.REJECT:
            self._gate.penalise(
                peer, REJECTED_WEIGHT, f"a forged or malformed payload: {topics[0]}"
            )
        return verdict is Verdict.ACCEPT

    def get_hello_packet(self) -> rpc_pb2.RPC:
        """Return our subscriptions, without the signed address record."""
        options = [rpc_pb2.RPC.SubOpts(subscribe=True, topicid=topic) for topic in self.topic_ids]
        return rpc_pb2.RPC(subscriptions=options)

    async def _replay_recent_messages(self, peer_id: ID, topic: str) -> None:
        """Do nothing: it writes beside the sender's task and breaks the joiner's stream."""


def _check_counts(rpc: rpc_pb2.RPC) -> None:
    """Refuse an RPC with more entries than an honest one has.

    Raises:
        PeerError: there are too many of a kind.
    """
    control = rpc.control
    ids = sum(len(offer.messageIDs) for offer in control.ihave)
    ids += sum(len(wish.messageIDs) for wish in control.iwant)
    controls = len(control.graft) + len(control.prune) + len(control.ihave) + len(control.iwant)
    for what, count, limit in (
        ("messages", len(rpc.publish), MESSAGES_MAX),
        ("topics", sum(len(message.topicIDs) for message in rpc.publish), MESSAGES_MAX),
        ("subscriptions", len(rpc.subscriptions), SUBSCRIPTIONS_MAX),
        ("control entries", controls, CONTROLS_MAX),
        ("message ids", ids, IDS_MAX),
    ):
        if count > limit:
            raise PeerError(detail=f"{count} {what} in one RPC are above {limit}")


def _check_names(rpc: rpc_pb2.RPC) -> None:
    """Refuse an RPC that names a topic with bytes that are no text.

    Raises:
        PeerError: a topic is not UTF-8; the parser hands it over as bytes then, where every later
            use expects text.
    """
    control = rpc.control
    names: list[object] = [subscription.topicid for subscription in rpc.subscriptions]
    names += [graft.topicID for graft in control.graft]
    names += [prune.topicID for prune in control.prune]
    names += [offer.topicID for offer in control.ihave]
    names += [topic for message in rpc.publish for topic in message.topicIDs]
    if not all(isinstance(name, str) for name in names):
        raise PeerError(detail="a topic is not UTF-8")


def _is_signed(msg: rpc_pb2.Message) -> bool:
    """Return whether a message is signed by the Ed25519 key that its author's id holds."""
    author = msg.from_id
    if not author.startswith(ED25519_ID_PREFIX) or len(msg.seqno) != SEQUENCE_BYTES:
        return False
    signed = rpc_pb2.Message(
        data=msg.data, topicIDs=msg.topicIDs, from_id=author, seqno=msg.seqno
    ).SerializeToString()
    try:
        check_signature(
            public_key=PublicKey(author.removeprefix(ED25519_ID_PREFIX)),
            message=SIGNED_PREFIX + signed,
            signature=Signature(msg.signature),
            what="gossip",
        )
    except InvalidSignature:
        return False
    return True


async def _read_rpc(stream: INetStream, buffer: bytearray) -> bytes:
    """Return the next RPC; ``buffer`` keeps what was read beyond it.

    Raises:
        PeerError: it says that it is too large.
        StreamEOF: the peer has closed the stream.
    """
    while True:
        length, start = _read_varint(buffer)
        if length > RPC_BYTES_MAX:
            raise PeerError(detail=f"an RPC of {length} bytes is above {RPC_BYTES_MAX}")
        end = start + length
        if start and len(buffer) >= end:
            with memoryview(buffer) as view:
                data = bytes(view[start:end])
            del buffer[:end]
            return data
        buffer += await stream.read(READ_BYTES)


def _read_varint(buffer: bytearray) -> tuple[int, int]:
    """Return the number at the front and where it ends; ``(0, 0)`` while it is incomplete."""
    value = 0
    for index, byte in enumerate(buffer[:4]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004 # the last byte of a varint has no top bit
            return value, index + 1
    return (RPC_BYTES_MAX + 1 if len(buffer) >= 4 else 0), 0  # noqa: PLR2004 # 28 bits are plenty
