"""The bytes of a sign log: its header, and its entries each with a checksum.

Layout: a header (magic, version, genesis hash, public key, checksum), then entries ``marker (4) |
length of the body (4) | kind (1) | checksum of the length, the kind and the body (4) | body``.

A write that a crash cuts short and a record that rots on the disk look the same: an entry whose
checksum is wrong. So a seal follows a record once it is durable, and a wrong entry with a seal
behind it is damage. Without one, the record was never acted on and nothing is lost with it.
"""

import zlib
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path

from chain import codec
from chain.errors import StoreError
from chain.primitives import HASH_BYTES, PUBLIC_KEY_BYTES, Hash, PublicKey

_MAGIC = b"AITBCSGN"
_VERSION = 1
HEADER_BYTES = len(_MAGIC) + 1 + HASH_BYTES + PUBLIC_KEY_BYTES + 4
_MARKER = b"\xa5SGN"
_HEAD_BYTES = len(_MARKER) + 4 + 1 + 4


class EntryKind(IntEnum):
    """What an entry holds."""

    RECORD = 1
    """The sign record that replaces all before it."""
    BLOCK = 2
    """A block's hash and its bytes, named by the record that follows."""
    SEAL = 3
    """All before it was durable when it was written; its body is its own offset in the file (8),
    so that no block can hold one that counts."""


def encode_header(genesis_hash: Hash, public_key: PublicKey) -> bytes:
    """Return the header of the log of a key on a chain."""
    head = _MAGIC + codec.u8(_VERSION) + genesis_hash + public_key
    return head + codec.u32(zlib.crc32(head))


def check_header(path: Path, data: bytes, wanted: bytes) -> None:
    """Check that a file begins with the header it must have.

    Raises:
        StoreError: it is damaged, or of another version, key or chain.
    """
    found = data[:HEADER_BYTES]
    if found == wanted:
        return
    if found[: len(_MAGIC)] != _MAGIC or found[-4:] != codec.u32(zlib.crc32(found[:-4])):
        detail = f"the sign log {path} is damaged at its start; give the validator a new key"
    elif found[len(_MAGIC)] != _VERSION:
        detail = f"the sign log {path} is of version {found[len(_MAGIC)]}, this program reads "
        detail += f"version {_VERSION}; start the version that wrote it"
    else:
        detail = f"the sign log {path} belongs to another key or another chain; put each key and "
        detail += "its own sign log into one folder"
    raise StoreError(detail=detail)


def _entry(kind: EntryKind, body: bytes) -> bytes:
    head = codec.u32(len(body)) + codec.u8(kind)
    checksum = codec.u32(zlib.crc32(body, zlib.crc32(head)))
    return _MARKER + head + checksum + body


def encode_entries(record: bytes, blocks: Mapping[Hash, bytes]) -> bytes:
    """Return the blocks before the record that names them."""
    parts = [_entry(EntryKind.BLOCK, key + data) for key, data in blocks.items()]
    return b"".join((*parts, _entry(EntryKind.RECORD, record)))


def encode_seal(offset: int) -> bytes:
    """Return the seal that stands at an offset of the file."""
    return _entry(EntryKind.SEAL, codec.u64(offset))


def find_entry(data: bytes, start: int) -> tuple[EntryKind, bytes, int] | None:
    """Return (kind, body, offset of its end) of the whole entry at ``start``, or None."""
    head = data[start : start + _HEAD_BYTES]
    if len(head) < _HEAD_BYTES or not head.startswith(_MARKER):
        return None
    body_start = start + _HEAD_BYTES
    end = body_start + int.from_bytes(head[4:8], "big")
    body = data[body_start:end]
    checksum = codec.u32(zlib.crc32(body, zlib.crc32(head[4:9])))
    if end > len(data) or head[9:] != checksum or head[8] not in tuple(EntryKind):
        return None
    kind = EntryKind(head[8])
    if kind is EntryKind.SEAL and body != codec.u64(start):
        return None
    return kind, body, end


def has_seal(data: bytes, start: int) -> bool:
    """Tell whether a seal stands anywhere in a file's bytes from ``start`` on."""
    place = start - 1
    while (place := data.find(_MARKER, place + 1)) >= 0:
        entry = find_entry(data, place)
        if entry is not None and entry[0] is EntryKind.SEAL:
            return True
    return False
