"""How one peer asks another for parts of the block being agreed on.

parts    1 | full ids | sidecar ids     answered by transactions and documents
block    2 | block hash 32              answered by one encoded block
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from chain.codec import Reader, decode_whole, sequence, u8, u16, u32, u64
from chain.errors import MalformedMessage
from chain.primitives import (
    BLOCK_CLAIMS_MAX,
    BLOCK_TRANSACTIONS_MAX,
    RECEIPT_BYTES_MAX,
    TRANSACTION_BYTES_MAX,
    Hash,
)

SYNC_BLOCKS_MAX = 32
"""Blocks of one sync answer; an answer also stops at ``SYNC_BYTES_MAX``."""

SYNC_BYTES_MAX = 8 * 1024 * 1024
"""Bytes after which a sync answer takes no further block."""

SYNC_ITEM_BYTES_MAX = 12 * 1024 * 1024
"""One block of the widest kind with its certificate."""


_PARTS, _BLOCK = 1, 2


@dataclass(frozen=True, slots=True)
class PartsWanted:
    """A request for what a compact block names and we lack."""

    transactions: tuple[Hash, ...]
    receipts: tuple[Hash, ...]

    def encode(self) -> bytes:
        """Return the request's bytes."""
        return u8(_PARTS) + encode_hashes(self.transactions) + encode_hashes(self.receipts)


@dataclass(frozen=True, slots=True)
class BlockWanted:
    """A request for a whole block."""

    block_hash: Hash

    def encode(self) -> bytes:
        """Return the request's bytes."""
        return u8(_BLOCK) + self.block_hash


def decode_fetch(data: bytes) -> PartsWanted | BlockWanted:
    """Decode either request.

    Raises:
        MalformedMessage: the bytes are neither.
    """
    return decode_whole(data, _read_fetch)


def _read_fetch(reader: Reader) -> PartsWanted | BlockWanted:
    kind = reader.u8()
    if kind == _PARTS:
        return PartsWanted(
            transactions=read_hashes(reader, BLOCK_TRANSACTIONS_MAX),
            receipts=read_hashes(reader, BLOCK_CLAIMS_MAX),
        )
    if kind == _BLOCK:
        return BlockWanted(block_hash=reader.hash())
    raise MalformedMessage(detail=f"{kind} is no kind of fetch request")


def encode_hashes(hashes: Sequence[Hash]) -> bytes:
    """Return a count in four bytes and the hashes."""
    return u32(len(hashes)) + b"".join(hashes)


def read_hashes(reader: Reader, count_max: int) -> tuple[Hash, ...]:
    """Read what :func:`encode_hashes` wrote.

    Raises:
        MalformedMessage: there are more than ``count_max``.
    """
    count = reader.u32()
    if count > count_max:
        raise MalformedMessage(detail=f"{count} names are above {count_max}")
    return tuple(reader.hash() for _ in range(count))


@dataclass(frozen=True, slots=True)
class Parts:
    """The answer to ``PartsWanted``: what the peer had of it."""

    transactions: tuple[bytes, ...]
    receipts: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Return the answer's bytes."""
        return u8(_PARTS) + sequence(self.transactions) + sequence(self.receipts)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read what :meth:`encode` wrote."""
        return cls(
            transactions=tuple(
                reader.sequence(count_max=BLOCK_TRANSACTIONS_MAX, item_max=TRANSACTION_BYTES_MAX)
            ),
            receipts=tuple(reader.sequence(count_max=BLOCK_CLAIMS_MAX, item_max=RECEIPT_BYTES_MAX)),
        )


def encode_block_answer(block: bytes) -> bytes:
    """Return the answer to ``BlockWanted``."""
    return u8(_BLOCK) + block


def decode_fetch_answer(data: bytes) -> Parts | bytes:
    """Return the parts, or the encoded block, of an answer that is not empty.

    Raises:
        MalformedMessage: it does not decode or is above a limit.
    """
    if data[:1] == u8(_BLOCK):
        return data[1:]
    return decode_whole(data, _read_parts)


def _read_parts(reader: Reader) -> Parts:
    if reader.u8() != _PARTS:
        raise MalformedMessage(detail="the fetch answer is of no known kind")
    return Parts.read(reader)


@dataclass(frozen=True, slots=True)
class SyncWanted:
    """A request for final blocks from a height on."""

    from_height: int
    count: int

    def encode(self) -> bytes:
        """Return ``from_height u64 | count u16``."""
        return u64(self.from_height) + u16(self.count)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Decode a request.

        Raises:
            MalformedMessage: it does not decode, or asks for no block or too many.
        """
        return decode_whole(data, cls._read)

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        wanted = cls(from_height=reader.u64(), count=reader.u16())
        if not 1 <= wanted.count <= SYNC_BLOCKS_MAX or wanted.from_height < 1:
            raise MalformedMessage(detail=f"a sync request asks for 1 to {SYNC_BLOCKS_MAX} blocks")
        return wanted


def decode_sync_answer(data: bytes) -> list[bytes]:
    """Return the items of a sync answer: each an encoded block and its certificate.

    Raises:
        MalformedMessage: it does not decode.
    """
    return decode_whole(
        data,
        lambda reader: reader.sequence(count_max=SYNC_BLOCKS_MAX, item_max=SYNC_ITEM_BYTES_MAX),
    )
