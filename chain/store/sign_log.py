"""The file beside a validator's key that remembers what the key has signed.

Entries are only added, each with its checksum, and an addition is on the disk before
:meth:`SignLog.append` returns; so a vote that left the node can never be forgotten and then
contradicted. It is never part of a snapshot, and never put back from a copy: a validator whose log
went back in time would sign twice. What a key has signed on another machine comes in by
:meth:`SignLog.merge`, which only ever forbids more.
"""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from chain.consensus.sign_merge import merge_records
from chain.consensus.sign_state import SignRecord
from chain.errors import MalformedMessage, StoreError
from chain.primitives import HASH_BYTES, Hash, PublicKey
from chain.store.durable_file import lock_file, write_all, write_file
from chain.store.sign_entries import (
    HEADER_BYTES,
    EntryKind,
    check_header,
    encode_entries,
    encode_header,
    encode_seal,
    find_entry,
    has_seal,
)

ROTATE_BYTES = 1024 * 1024
"""At a new height a file above this size is written anew with the new record alone."""

FILE_BYTES_MAX = 64 * 1024 * 1024
"""Above this size the file is written anew at once, even in the middle of a height."""


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
        cls,
        path: Path,
        *,
        genesis_hash: Hash,
        public_key: PublicKey,
        create: bool = False,
        first: bytes = b"",
    ) -> "SignLog":
        """Open the log of a key, or make one for a key that has never signed.

        Args:
            path: the file; a lock and a marker that the key has signed lie beside it.
            genesis_hash: 32 bytes, of the chain the key signs for.
            public_key: 32 bytes, of the key.
            create: make the file when there is none, which only a new key may do.
            first: entries that a file which is made begins with, none for a key that never signed.

        Raises:
            StoreError: the file is missing, damaged, in use, or of another key or chain.
        """
        header = encode_header(genesis_hash, public_key)
        with ExitStack() as undo:
            lock = lock_file(Path(f"{path}.lock"), what=f"the sign log {path}")
            undo.callback(os.close, lock)
            try:
                file = _open_file(path, header, first=first if create else None)
                log = cls(path, file=file, lock=lock, header=header)
                undo.pop_all()
                undo.push(log)  # which closes both
                log._load()
                # A killed process may have left what no disk holds yet, and its votes are sent
                # again now: they must not be forgotten after that.
                log._rotate(log.record)
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
                self._add(encode_entries(record, blocks))
        except OSError as error:
            self._is_broken = True
            raise StoreError(
                detail=f"the sign log {self._path} cannot be written ({error}); free or repair "
                "the disk, then start the node again"
            ) from error
        self._height = height
        self.record = record

    def merge(self, record: bytes, blocks: Mapping[Hash, bytes]) -> None:
        """Take in what the key has signed elsewhere; afterwards both histories bind it.

        Args:
            record: the last record of the other history, which must decode.
            blocks: full bytes by hash of the blocks that it names, as far as they are known.

        Raises:
            StoreError: the disk failed; the file is as it was.
        """
        self._check_usable()
        merged = SignRecord.decode(record)
        if self.record is not None:
            merged = merge_records(SignRecord.decode(self.record), merged)
        held = {**blocks, **self.blocks}
        self.blocks = {key: held[key] for key in merged.block_hashes if key in held}
        try:
            self._rotate(merged.encode())
        except OSError as error:
            self._is_broken = True
            raise StoreError(
                detail=f"the sign log {self._path} cannot be written ({error}); it is as it was"
            ) from error
        self._height, self.record = merged.height, merged.encode()

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
        """Make entries durable, and only then say so with a seal, which need not be."""
        write_all(self._file, data)
        os.fsync(self._file)
        seal = encode_seal(self._size_bytes + len(data))
        write_all(self._file, seal)
        self._size_bytes += len(data) + len(seal)

    def _rotate(self, record: bytes | None) -> None:
        """Put a new file with this record alone, or none, in the place of the old one."""
        data = self._header
        if record is not None:
            data += encode_entries(record, self.blocks)
        data += encode_seal(len(data))
        write_file(self._path, data)
        replaced = self._file
        self._file = os.open(self._path, os.O_RDWR | os.O_APPEND)
        os.close(replaced)
        self._size_bytes = len(data)

    def _load(self) -> None:
        """Read the file up to an entry whose writing was cut short.

        Raises:
            StoreError: the header is of another key or chain, or an entry is damaged that was
                once durable.
        """
        data = self._path.read_bytes()
        check_header(self._path, data, self._header)
        blocks: dict[Hash, bytes] = {}
        end = HEADER_BYTES
        while (entry := find_entry(data, end)) is not None:
            kind, body, end = entry
            if kind is EntryKind.BLOCK:
                blocks[Hash(body[:HASH_BYTES])] = body[HASH_BYTES:]
            elif kind is EntryKind.RECORD:
                self.record = body
        if has_seal(data, end):
            raise StoreError(
                detail=f"the sign log {self._path} is damaged at byte {end}; never go back to "
                "an older copy: give the validator a new key, or prove by its votes on the "
                "chain what it has signed"
            )
        self._keep_named(blocks)

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


def _open_file(path: Path, header: bytes, *, first: bytes | None) -> int:
    """Open the file, or make it with its ``first`` entries; a marker says that it must be there.

    Raises:
        StoreError: it is missing and may not be made.
    """
    if not path.exists():
        _check_may_create(path, create=first is not None)
        write_file(path, header + (first or b""))
    _mark_as_signed(path)
    return os.open(path, os.O_RDWR | os.O_APPEND)


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
