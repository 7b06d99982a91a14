"""A disk that loses power: what was synced is there, of the rest anything.

Writes that were not synced may be there in any subset, each torn at its sectors. Names in a folder
that was not synced since they changed are there up to some change, as file systems keep these in
order. A sync that returned is believed: disks that lie about it are out of scope.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tests.support.storage_calls import Call, Kind

SECTOR_BYTES = 512
"""What a disk writes whole or not at all."""


class Kept(StrEnum):
    """What a loss of power leaves of the writes that were not synced."""

    NOTHING = "nothing"
    PREFIX = "prefix"
    SUBSET = "subset"
    TORN = "torn"


@dataclass(eq=False)
class File:
    """A file's bytes that are safe, and what was done to it since.

    Attributes:
        safe: bytes that were synced.
        pending: writes and truncations that were not.
    """

    safe: bytearray = field(default_factory=bytearray)
    pending: list[Call] = field(default_factory=list)

    def sync(self) -> None:
        """Make safe what is pending."""
        for call in self.pending:
            apply(self.safe, call)
        self.pending.clear()

    def survivor(self, kept: Kept, dice: random.Random) -> bytes:
        """Return the bytes after a loss of power."""
        data = bytearray(self.safe)
        for call in self._kept(kept, dice):
            apply(data, call)
        return bytes(data)

    def _kept(self, kept: Kept, dice: random.Random) -> Iterator[Call]:
        match kept:
            case Kept.NOTHING:
                return
            case Kept.PREFIX:
                yield from self.pending[: dice.randint(0, len(self.pending))]
            case Kept.SUBSET:
                yield from (call for call in self.pending if dice.random() < 0.5)
            case Kept.TORN:
                for call in self.pending:
                    yield from (part for part in sectors(call) if dice.random() < 0.5)


def apply(data: bytearray, call: Call) -> None:
    """Do a write or a truncation to a file's bytes."""
    if call.kind is Kind.TRUNCATE:
        del data[call.offset :]
        data.extend(bytes(call.offset - len(data)))
        return
    data.extend(bytes(max(call.offset - len(data), 0)))
    data[call.offset : call.offset + len(call.data)] = call.data


def sectors(call: Call) -> Iterator[Call]:
    """Cut a write at the sectors of the file; a truncation is whole."""
    if call.kind is Kind.TRUNCATE:
        yield call
        return
    start = call.offset
    end = start + len(call.data)
    while start < end:
        stop = min(end, (start // SECTOR_BYTES + 1) * SECTOR_BYTES)
        part = call.data[start - call.offset : stop - call.offset]
        yield Call(Kind.WRITE, call.name, start, part)
        start = stop


@dataclass
class ModelDisk:
    """One folder on such a disk.

    Attributes:
        names: the files as processes see them.
        safe_names: the folder as it was when it was synced last.
        pending: folders as they were after each change since.
    """

    names: dict[str, File] = field(default_factory=dict)
    safe_names: dict[str, File] = field(default_factory=dict)
    pending: list[dict[str, File]] = field(default_factory=list)

    def perform(self, call: Call) -> None:
        """Let a call happen."""
        match call.kind:
            case Kind.WRITE | Kind.TRUNCATE:
                self.names[call.name].pending.append(call)
            case Kind.SYNC:
                self.names[call.name].sync()
            case Kind.SYNC_FOLDER:
                self.safe_names = dict(self.names)
                self.pending.clear()
            case Kind.CREATE:
                self._change({**self.names, call.name: File()})
            case Kind.UNLINK:
                self._change({key: one for key, one in self.names.items() if key != call.name})
            case Kind.RENAME:
                moved = {key: one for key, one in self.names.items() if key != call.name}
                self._change({**moved, call.target: self.names[call.name]})

    def _change(self, names: dict[str, File]) -> None:
        self.names = names
        self.pending.append(names)

    def lose_power(self, folder: Path, kept: Kept, dice: random.Random) -> None:
        """Write into a folder what is there when the power is back."""
        folders = [self.safe_names, *self.pending]
        names = folders[0 if kept is Kept.NOTHING else dice.randrange(len(folders))]
        for name, file in names.items():
            (folder / name).write_bytes(file.survivor(kept, dice))
        if dice.random() < 0.5:  # shared memory is a file too, which nobody syncs
            (folder / "chain.db-shm").write_bytes(dice.randbytes(32_768))
