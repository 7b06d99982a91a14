"""The file beside a validator's key that remembers what the key has signed.

Entries are only added, each with its checksum, and an addition is on the disk before
:meth:`SignLog.append` returns; so a vote that left the node can never be forgotten and then
contradicted. It is never part of a snapshot, and never copied from another machine: a validator
whose log went back in time would sign twice.

Layout: a header (magic, version, genesis hash, public key, checksum), then entries ``marker (4) |
length of the body (4) | kind (1) | checksum of the length, the kind and the body (4) | body``.
"""

import os
import zlib
from collections.abc import Mapping
from contextlib import ExitStack
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from chain import codec
from chain.consensus.sign_state import SignRecord
from chain.errors import MalformedMessage, StoreError
from chain.primitives import HASH_BYTES, Hash, PublicKey
from chain.store.durable_file import lock_file, write_all, write_file

_MAGIC = b"AITBCSGN"
_VERSION = 1
_HEADER_BYTES = len(_MAGIC) + 1 + 32 + 32 + 4
_MARKER = b"\xa5SGN"
_HEAD_BYTES = len(_MARKER) + 4 + 1 + 4

ROTATE_BYTES = 1024 * 1024
"""At a new height a file above this size is written anew with the new record alone."""

FILE_BYTES_MAX = 64 * 1024 * 1024
"""Above this size the file is written anew at once, even in the middle of a height."""


class EntryKind(IntEnum):
    """What an entry holds."""

    RECORD = 1
    """The sign record that replaces all before it."""
    BLOCK = 2
    """A block's hash and its bytes, named by the record that follows."""


class SignLog:
    """An open sign log; one process at a time has it."""

    def __init__(self, path: Path, *, file: int, lock: int, header: bytes) -> None:
        """Take over open file descriptors; :meth:`open` is the way in."""
        self._path = path
        self._file = file
        self._lock = lock
        self._header = header
        self._size_bytes = 0
        self._height = 0
        self._is_broken = False
        self.record: bytes | None = None
        """The last record, or None when the key has signed nothing."""
        self.blocks: dict[Hash, bytes] = {}
        """Full bytes of the blocks that the last record names, by hash."""

    @classmethod
    def open(
        cls, path: Path, *, genesis_hash: Hash, public_key: PublicKey, create: bool = False
    ) -> "SignLog":
        """Open the log of a key, or make one for a key that has never signed.

        Args:
            path: the file; a lock and a marker that the key has signed lie beside it.
            genesis_hash: 32 bytes, of the chain the key signs for.
            public_key: 32 bytes, of the key.
            create: make the file when there is none, which only a new key may do.

        Raises:
            StoreError: the file is missing, damaged, in use, or of another key or chain.
        """
        header = _header(genesis_hash, public_key)
        with ExitStack() as undo:
            lock = lock_file(Path(f"{path}.lock"), what=f"the sign log {path}")
            undo.callback(os.close, lock)
            try:
                file = _open_file(path, header, create=create)
                undo.callback(os.close, file)
                log = cls(path, file=file, lock=lock, header=header)
                log._load()
            except OSError as error:
                raise StoreError(detail=f"the sign log {path} cannot be opened: {error}") from error
            undo.pop_all()
            return log

    def append(self, *, height: int, record: bytes, blocks: Mapping[Hash, bytes]) -> None:
        """Make a record durable, with the blocks it names that the log does not hold yet.

        Args:
            height: height of the record.
            record: from a ``Persist`` effect.
            blocks: full bytes by hash of the blocks the effect lists.

        Raises:
            StoreError: the disk failed; nothing may be signed or sent any more.
        """
        self._check_usable()
        is_new_height = height != self._height
        needed = SignRecord.decode(record).block_hashes
        held = {**self.blocks, **blocks}
        self.blocks = {key: held[key] for key in needed if key in held}
        try:
            if self._must_rotate(is_new_height=is_new_height):
                self._rotate(record)
            else:
                self._add(_entries(record, blocks))
        except OSError as error:
            self._is_broken = True
            raise StoreError(
                detail=f"the sign log {self._path} cannot be written ({error}); free or repair "
                "the disk, then start the node again"
            ) from error
        self._height = height
        self.record = record

    def close(self) -> None:
        """Let go of the file and of the lock."""
        if self._file >= 0:
            os.close(self._file)
            os.close(self._lock)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _check_usable(self) -> None:
        if self._file < 0 or self._is_broken:
            raise StoreError(detail=f"the sign log {self._path} is closed or has failed before")

    def _must_rotate(self, *, is_new_height: bool) -> bool:
        limit = ROTATE_BYTES if is_new_height else FILE_BYTES_MAX
        return self._size_bytes > limit

    def _add(self, data: bytes) -> None:
        write_all(self._file, data)
        os.fsync(self._file)
        self._size_bytes += len(data)

    def _rotate(self, record: bytes) -> None:
        """Put a new file with this record alone in the place of the old one."""
        data = self._header + _entries(record, self.blocks)
        write_file(self._path, data)
        os.close(self._file)
        self._file = os.open(self._path, os.O_RDWR | os.O_APPEND)
        self._size_bytes = len(data)

    def _load(self) -> None:
        """Read the file, and cut off an entry whose writing was cut short.

        Raises:
            StoreError: the header is of another key or chain, or an entry is damaged that was
                once whole.
        """
        data = self._path.read_bytes()
        _check_header(self._path, data, self._header)
        blocks: dict[Hash, bytes] = {}
        end = _HEADER_BYTES
        while (entry := _find_entry(data, end)) is not None:
            kind, body, end = entry
            if kind is EntryKind.BLOCK:
                blocks[Hash(body[:HASH_BYTES])] = body[HASH_BYTES:]
            else:
                self.record = body
        self._check_tail(data, end)
        self._size_bytes = end
        self._keep_named(blocks)

    def _check_tail(self, data: bytes, end: int) -> None:
        """Cut off what follows the last whole entry, unless a whole entry hides in it.

        Raises:
            StoreError: one does: the damage is not that of a write cut short.
        """
        start = end
        while (start := data.find(_MARKER, start + 1)) >= 0:
            if _find_entry(data, start) is not None:
                raise StoreError(
                    detail=f"the sign log {self._path} is damaged at byte {end}; never go back to "
                    "an older copy: give the validator a new key, or prove by its votes on the "
                    "chain what it has signed"
                )
        if end < len(data):
            os.ftruncate(self._file, end)
            os.fsync(self._file)

    def _keep_named(self, blocks: dict[Hash, bytes]) -> None:
        if self.record is None:
            return
        try:
            record = SignRecord.decode(self.record)
        except MalformedMessage as error:
            raise StoreError(
                detail=f"the sign log {self._path} holds a record that this program cannot read "
                f"({error}); start the version that wrote it"
            ) from error
        self._height = record.height
        self.blocks = {key: blocks[key] for key in record.block_hashes if key in blocks}


def _open_file(path: Path, header: bytes, *, create: bool) -> int:
    """Open the file, or make it; from then on a marker says that it must be there.

    Raises:
        StoreError: it is missing and may not be made.
    """
    if not path.exists():
        _check_may_create(path, create=create)
        write_file(path, header)
    _mark_as_signed(path)
    return os.open(path, os.O_RDWR | os.O_APPEND)


def _header(genesis_hash: Hash, public_key: PublicKey) -> bytes:
    head = _MAGIC + codec.u8(_VERSION) + genesis_hash + public_key
    return head + codec.u32(zlib.crc32(head))


def _check_header(path: Path, data: bytes, wanted: bytes) -> None:
    found = data[:_HEADER_BYTES]
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


def _entries(record: bytes, blocks: Mapping[Hash, bytes]) -> bytes:
    """Return the blocks before the record that names them."""
    parts = [_entry(EntryKind.BLOCK, key + data) for key, data in blocks.items()]
    return b"".join((*parts, _entry(EntryKind.RECORD, record)))


def _find_entry(data: bytes, start: int) -> tuple[EntryKind, bytes, int] | None:
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
    return EntryKind(head[8]), body, end


def _marker_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.signed")


def _check_may_create(path: Path, *, create: bool) -> None:
    if _marker_path(path).exists():
        raise StoreError(
            detail=f"the sign log {path} is missing, and {_marker_path(path)} says that the key "
            "has signed; put the log back, or give the validator a new key"
        )
    if not create:
        raise StoreError(
            detail=f"the sign log {path} is missing; if this key has never signed anywhere, ask "
            "for a new log explicitly"
        )


def _mark_as_signed(path: Path) -> None:
    if not _marker_path(path).exists():
        write_file(_marker_path(path), b"this key has signed; keep its sign log\n")
