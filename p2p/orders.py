"""What the core tells the network edge, one class for each kind of frame."""

from dataclasses import dataclass
from typing import ClassVar, Self

from chain import codec
from chain.errors import MalformedMessage
from chain.exchange import ProtocolId, Topic
from chain.primitives import Hash, Height
from p2p.frames import FrameKind, Registry, read_choice, registry_of
from p2p.protocols import (
    ANSWER_BYTES_MAX,
    CONSENSUS_BYTES_MAX,
    CUT_PEERS_MAX,
    PEER_CHARACTERS_MAX,
    REQUEST_BYTES_MAX,
)
from p2p.topics import TOPIC_BYTES_MAX


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Send a consensus message to every connected peer that speaks consensus.

    Attributes:
        message: at most ``CONSENSUS_BYTES_MAX`` bytes; the edge does not look inside.
    """

    KIND: ClassVar[int] = FrameKind.BROADCAST

    message: bytes

    def encode(self) -> bytes:
        """Return the body."""
        return codec.bytes32(self.message)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(body, lambda read: cls(read.bytes32(limit=CONSENSUS_BYTES_MAX)))


@dataclass(frozen=True, slots=True)
class Send:
    """Send a consensus message to one peer.

    Attributes:
        peer: its id.
        message: at most ``CONSENSUS_BYTES_MAX`` bytes.
    """

    KIND: ClassVar[int] = FrameKind.SEND

    peer: str
    message: bytes

    def encode(self) -> bytes:
        """Return the body."""
        return codec.text8(self.peer) + codec.bytes32(self.message)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(
            body,
            lambda read: cls(
                read.text8(PEER_CHARACTERS_MAX), read.bytes32(limit=CONSENSUS_BYTES_MAX)
            ),
        )


@dataclass(frozen=True, slots=True)
class Publish:
    """Gossip a payload.

    Attributes:
        topic: where.
        payload: at most ``TOPIC_BYTES_MAX`` of its topic.
    """

    KIND: ClassVar[int] = FrameKind.PUBLISH

    topic: Topic
    payload: bytes

    def encode(self) -> bytes:
        """Return the body."""
        return codec.u8(self.topic) + codec.bytes32(self.payload)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(
            body,
            lambda read: cls(
                read_choice(read, Topic), read.bytes32(limit=max(TOPIC_BYTES_MAX.values()))
            ),
        )


@dataclass(frozen=True, slots=True)
class Status:
    """The own status: pushed to every peer at once, and told to whoever connects.

    Attributes:
        height: of the last decided block.
        block_hash: its hash, 32 bytes.
    """

    KIND: ClassVar[int] = FrameKind.STATUS

    height: Height
    block_hash: Hash

    def encode(self) -> bytes:
        """Return the body."""
        return codec.u64(self.height) + self.block_hash

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(body, lambda read: cls(Height(read.u64()), read.hash()))


@dataclass(frozen=True, slots=True)
class Request:
    """Ask a peer; exactly one RESPONSE of the same id follows.

    Attributes:
        id: chosen by the core, below 2^32, not in use.
        protocol: what kind of question.
        peer: its id, or "" for any connected peer.
        payload: at most ``REQUEST_BYTES_MAX`` bytes.
    """

    KIND: ClassVar[int] = FrameKind.REQUEST

    id: int
    protocol: ProtocolId
    peer: str
    payload: bytes

    def encode(self) -> bytes:
        """Return the body."""
        return b"".join(
            (
                codec.u32(self.id),
                codec.u8(self.protocol),
                codec.text8(self.peer),
                codec.bytes32(self.payload),
            )
        )

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(
            body,
            lambda read: cls(
                read.u32(),
                read_choice(read, ProtocolId),
                read.text8(PEER_CHARACTERS_MAX),
                read.bytes32(limit=REQUEST_BYTES_MAX),
            ),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer an INCOMING; one that comes too late is dropped.

    Attributes:
        id: of the INCOMING.
        payload: at most ``ANSWER_BYTES_MAX`` bytes.
    """

    KIND: ClassVar[int] = FrameKind.ANSWER

    id: int
    payload: bytes

    def encode(self) -> bytes:
        """Return the body."""
        return codec.u32(self.id) + codec.bytes32(self.payload)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(
            body, lambda read: cls(read.u32(), read.bytes32(limit=ANSWER_BYTES_MAX))
        )


@dataclass(frozen=True, slots=True)
class Punish:
    """Lower the score of a peer that sent something only the core could judge.

    Attributes:
        peer: its id.
        weight: points; a ban comes at 100.
    """

    KIND: ClassVar[int] = FrameKind.PUNISH

    peer: str
    weight: int

    def encode(self) -> bytes:
        """Return the body."""
        return codec.text8(self.peer) + codec.u16(self.weight)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(
            body, lambda read: cls(read.text8(PEER_CHARACTERS_MAX), read.u16())
        )


@dataclass(frozen=True, slots=True)
class Cut:
    """Be cut off from exactly these peers until the next such order: a partition, made on purpose.

    Attributes:
        peers: their ids, at most ``CUT_PEERS_MAX``; none heals.
    """

    KIND: ClassVar[int] = FrameKind.CUT

    peers: tuple[str, ...]

    def encode(self) -> bytes:
        """Return the body."""
        return codec.u8(len(self.peers)) + b"".join(map(codec.text8, self.peers))

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(body, lambda read: cls(_read_peers(read)))


def _read_peers(read: codec.Reader) -> tuple[str, ...]:
    """Return a count in one byte and as many peer ids.

    Raises:
        MalformedMessage: they are too many, or one is too long.
    """
    count = read.u8()
    if count > CUT_PEERS_MAX:
        raise MalformedMessage(detail=f"{count} peers to be cut off from; {CUT_PEERS_MAX} at most")
    return tuple(read.text8(PEER_CHARACTERS_MAX) for _ in range(count))


Order = Broadcast | Send | Publish | Status | Request | Answer | Punish | Cut

ORDERS: Registry[Order] = registry_of(
    (Broadcast, Send, Publish, Status, Request, Answer, Punish, Cut)
)
"""Every kind that the core sends to the network edge."""
