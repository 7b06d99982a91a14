"""What a node and its signer tell each other; the frames are those of ``p2p/frames.py``.

The node speaks first and gets one answer to each message. What is signed has been written down by
the signer before the node gets the signature; what the node has to remember of it is kept by the
signer too, and only then does anything signed leave the node.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import ClassVar, Self

from chain import codec
from chain.crypto import SigningKind
from chain.errors import MalformedMessage
from chain.primitives import (
    HASH_BYTES,
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    Hash,
    PublicKey,
    Signature,
)
from p2p.frames import FRAME_BYTES_MAX, Registry, read_choice, registry_of

BODY_BYTES_MAX = 64
"""Bytes of what is signed; a proposal's body has 48."""

BLOCKS_MAX = 3
"""Blocks that a record names: the own proposal, the locked and the valid block."""


@unique
class SignerKind(IntEnum):
    """The kinds between a node and its signer."""

    # signer -> node
    WELCOME = 128
    SIGNED = 129
    KEPT = 130
    REFUSED = 131
    # node -> signer
    HELLO = 160
    SIGN = 161
    KEEP = 162


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of a node.

    Attributes:
        genesis_hash: of its chain, 32 bytes.
    """

    KIND: ClassVar[int] = SignerKind.HELLO

    genesis_hash: Hash

    def encode(self) -> bytes:
        """Return the body."""
        return self.genesis_hash

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(body, lambda read: cls(read.hash()))


@dataclass(frozen=True, slots=True)
class Sign:
    """Sign a vote or a proposal.

    Attributes:
        kind: PROPOSAL, PREVOTE or PRECOMMIT.
        body: what is signed under it, without domain and genesis hash.
    """

    KIND: ClassVar[int] = SignerKind.SIGN

    kind: SigningKind
    body: bytes

    def encode(self) -> bytes:
        """Return the body."""
        return codec.u8(self.kind) + codec.bytes32(self.body)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(
            body,
            lambda read: cls(read_choice(read, SigningKind), read.bytes32(limit=BODY_BYTES_MAX)),
        )


@dataclass(frozen=True, slots=True)
class Keep:
    """Remember a sign record for the next start.

    Attributes:
        record: its bytes, see ``SignRecord``.
        blocks: full bytes of the blocks that it names and that are not kept yet, by hash.
    """

    KIND: ClassVar[int] = SignerKind.KEEP

    record: bytes
    blocks: Mapping[Hash, bytes]

    def encode(self) -> bytes:
        """Return the body."""
        return codec.bytes32(self.record) + _encode_blocks(self.blocks)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(
            body, lambda read: cls(read.bytes32(limit=FRAME_BYTES_MAX), _read_blocks(read))
        )


@dataclass(frozen=True, slots=True)
class Welcome:
    """What the signer knows of its key; answers HELLO.

    Attributes:
        public_key: 32 bytes.
        record: the last one kept, or empty if the key has signed nothing.
        blocks: full bytes of the blocks that it names, by hash.
    """

    KIND: ClassVar[int] = SignerKind.WELCOME

    public_key: PublicKey
    record: bytes
    blocks: Mapping[Hash, bytes]

    def encode(self) -> bytes:
        """Return the body."""
        return self.public_key + codec.bytes32(self.record) + _encode_blocks(self.blocks)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(body, cls._read)

    @classmethod
    def _read(cls, reader: codec.Reader) -> Self:
        key = PublicKey(reader.take(PUBLIC_KEY_BYTES))
        return cls(key, reader.bytes32(limit=FRAME_BYTES_MAX), _read_blocks(reader))


@dataclass(frozen=True, slots=True)
class Signed:
    """The signature; answers SIGN.

    Attributes:
        signature: 64 bytes.
    """

    KIND: ClassVar[int] = SignerKind.SIGNED

    signature: Signature

    def encode(self) -> bytes:
        """Return the body."""
        return self.signature

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(body, lambda read: cls(Signature(read.take(SIGNATURE_BYTES))))


@dataclass(frozen=True, slots=True)
class Kept:
    """The record is on the disk; answers KEEP."""

    KIND: ClassVar[int] = SignerKind.KEPT

    def encode(self) -> bytes:
        """Return the empty body."""
        return b""

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(body, lambda _: cls())


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the signer does not; answers anything.

    Attributes:
        reason: one sentence in ASCII, at most 255 characters.
    """

    KIND: ClassVar[int] = SignerKind.REFUSED

    reason: str

    def encode(self) -> bytes:
        """Return the body."""
        return codec.text8(self.reason)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(body, lambda read: cls(read.text8()))


def _encode_blocks(blocks: Mapping[Hash, bytes]) -> bytes:
    return codec.sequence(key + data for key, data in blocks.items())


def _read_blocks(reader: codec.Reader) -> dict[Hash, bytes]:
    items = reader.sequence(count_max=BLOCKS_MAX, item_max=FRAME_BYTES_MAX)
    if any(len(item) < HASH_BYTES for item in items):
        raise MalformedMessage(detail="a block lacks its hash")
    return {Hash(item[:HASH_BYTES]): item[HASH_BYTES:] for item in items}


Wish = Hello | Sign | Keep
"""What a node says."""

Answer = Welcome | Signed | Kept | Refused
"""What a signer says."""

WISHES: Registry[Wish] = registry_of((Hello, Sign, Keep))
ANSWERS: Registry[Answer] = registry_of((Welcome, Signed, Kept, Refused))
