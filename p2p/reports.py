"""What the network edge tells the core, one class for each kind of frame."""

from dataclasses import dataclass
from typing import ClassVar, Self

from chain import codec
from chain.errors import MalformedMessage
from chain.exchange import ProtocolId, Topic
from chain.primitives import Hash, Height
from p2p.beat import Beat
from p2p.frames import FrameKind, Registry, read_choice, registry_of
from p2p.protocols import (
    ANSWER_BYTES_MAX,
    CONSENSUS_BYTES_MAX,
    PEER_CHARACTERS_MAX,
    REQUEST_BYTES_MAX,
)
from p2p.topics import TOPIC_BYTES_MAX

ADDRESSES_MAX = 64  # listen addresses that READY may name


def _encode_addresses(addresses: tuple[str, ...]) -> bytes:
    """Return a count in one byte and the addresses."""
    return codec.u8(len(addresses)) + b"".join(codec.text8(address) for address in addresses)


def _read_addresses(reader: codec.Reader) -> tuple[str, ...]:
    """Return what :func:`_encode_addresses` wrote."""
    count = reader.u8()
    if count > ADDRESSES_MAX:
        raise MalformedMessage(detail=f"{count} listen addresses are above {ADDRESSES_MAX}")
    return tuple(reader.text8() for _ in range(count))


@dataclass(frozen=True, slots=True)
class Ready:
    """The edge listens; the first report after it starts.

    Attributes:
        addresses: where it listens, as multiaddresses that end in its peer id.
        peer: its own peer id.
    """

    KIND: ClassVar[int] = FrameKind.READY

    addresses: tuple[str, ...]
    peer: str

    def encode(self) -> bytes:
        """Return the body."""
        return _encode_addresses(self.addresses) + codec.text8(self.peer)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(
            body, lambda read: cls(_read_addresses(read), read.text8(PEER_CHARACTERS_MAX))
        )


@dataclass(frozen=True, slots=True)
class PeerUp:
    """A peer speaks consensus with us from now on: tell it what it may have missed.

    Attributes:
        peer: its id.
    """

    KIND: ClassVar[int] = FrameKind.PEER_UP

    peer: str

    def encode(self) -> bytes:
        """Return the body."""
        return codec.text8(self.peer)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(body, lambda read: cls(read.text8(PEER_CHARACTERS_MAX)))


@dataclass(frozen=True, slots=True)
class PeerDown:
    """A peer of a PEER_UP is gone.

    Attributes:
        peer: its id.
    """

    KIND: ClassVar[int] = FrameKind.PEER_DOWN

    peer: str

    def encode(self) -> bytes:
        """Return the body."""
        return codec.text8(self.peer)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(body, lambda read: cls(read.text8(PEER_CHARACTERS_MAX)))


@dataclass(frozen=True, slots=True)
class Consensus:
    """A consensus message from a peer, unread.

    Attributes:
        peer: who sent it over its own link; it may have been signed by another.
        message: at most ``CONSENSUS_BYTES_MAX`` bytes.
    """

    KIND: ClassVar[int] = FrameKind.CONSENSUS

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
class Gossip:
    """A gossiped payload that passed the stateless checks.

    Attributes:
        topic: where.
        peer: who passed it on, which need not be its author.
        payload: at most ``TOPIC_BYTES_MAX`` of its topic.
    """

    KIND: ClassVar[int] = FrameKind.GOSSIP

    topic: Topic
    peer: str
    payload: bytes

    def encode(self) -> bytes:
        """Return the body."""
        return codec.u8(self.topic) + codec.text8(self.peer) + codec.bytes32(self.payload)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(
            body,
            lambda read: cls(
                read_choice(read, Topic),
                read.text8(PEER_CHARACTERS_MAX),
                read.bytes32(limit=max(TOPIC_BYTES_MAX.values())),
            ),
        )


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """What a peer says its last decided block is; a claim, not a proof.

    Attributes:
        peer: its id.
        height: of its last decided block.
        block_hash: its hash, 32 bytes.
    """

    KIND: ClassVar[int] = FrameKind.PEER_STATUS

    peer: str
    height: Height
    block_hash: Hash

    def encode(self) -> bytes:
        """Return the body."""
        return b"".join((codec.text8(self.peer), codec.u64(self.height), self.block_hash))

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(
            body, lambda read: cls(read.text8(PEER_CHARACTERS_MAX), Height(read.u64()), read.hash())
        )


@dataclass(frozen=True, slots=True)
class Response:
    """The end of a REQUEST.

    Attributes:
        id: of the request.
        ok: whether a peer answered and the answer passed the stateless checks.
        peer: who answered or failed; "" when nobody could be asked.
        payload: the answer; the reason in ASCII when it failed.
    """

    KIND: ClassVar[int] = FrameKind.RESPONSE

    id: int
    ok: bool
    peer: str
    payload: bytes

    def encode(self) -> bytes:
        """Return the body."""
        head = codec.u32(self.id) + codec.u8(self.ok) + codec.text8(self.peer)
        return head + codec.bytes32(self.payload)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(
            body,
            lambda read: cls(
                read.u32(),
                read.flag(),
                read.text8(PEER_CHARACTERS_MAX),
                read.bytes32(limit=ANSWER_BYTES_MAX),
            ),
        )


@dataclass(frozen=True, slots=True)
class Incoming:
    """A question from a peer that the edge cannot answer itself.

    Attributes:
        id: chosen by the edge; the ANSWER repeats it.
        protocol: what kind of question.
        peer: who asks.
        payload: at most ``REQUEST_BYTES_MAX`` bytes.
    """

    KIND: ClassVar[int] = FrameKind.INCOMING

    id: int
    protocol: ProtocolId
    peer: str
    payload: bytes

    def encode(self) -> bytes:
        """Return the body."""
        head = codec.u32(self.id) + codec.u8(self.protocol) + codec.text8(self.peer)
        return head + codec.bytes32(self.payload)

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


Report = Ready | PeerUp | PeerDown | Consensus | Gossip | PeerStatus | Response | Incoming | Beat

REPORTS: Registry[Report] = registry_of(
    (Ready, PeerUp, PeerDown, Consensus, Gossip, PeerStatus, Response, Incoming, Beat)
)
"""Every kind that the network edge sends to the core."""
