"""Every call by which the store changes the disk, seen by an observer before it happens.

SQLite's own hook, ``xSetSystemCall`` of its unix VFS, stands in for its writes. The hook does not
cover ``fsync``, so that one's entry in the library's table of imports is replaced. The files that
are written in Python call ``os``, whose functions are replaced. All of it is for good: only a
process that ends after its run asks for it.
"""

# ruff: noqa: ANN401 -- a C function's form is data here, and what it is called with follows from it

import ctypes
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from tests.support.storage_imports import LIBRARY, import_slot


class Kind(StrEnum):
    """What a call does to the disk."""

    CREATE = "create"
    WRITE = "write"
    TRUNCATE = "truncate"
    SYNC = "sync"
    SYNC_FOLDER = "sync folder"
    RENAME = "rename"
    UNLINK = "unlink"


@dataclass(frozen=True, slots=True)
class Call:
    """One call that changes a file or makes a change durable.

    Attributes:
        kind: what it does.
        name: of the file within the observed folder; empty for the folder itself.
        offset: of a write, in bytes; the new size of a truncated file.
        data: what is written.
        target: the new name in a rename.
    """

    kind: Kind
    name: str
    offset: int = 0
    data: bytes = field(default=b"", repr=False)
    target: str = ""


class Observer(Protocol):
    """Whoever decides what becomes of a call."""

    def handle(self, call: Call, perform: Callable[[bytes], int]) -> int:
        """Perform the call, or not.

        Args:
            call: what is asked for.
            perform: does it, a write with these bytes, and returns the number written.

        Raises:
            OSError: what the caller is to see.
        """


def is_memory(name: str) -> bool:
    """Tell whether a file is only shared memory and locks, which no crash needs to keep."""
    return name.endswith(("-shm", ".lock"))


class Watch:
    """Replaces the calls of this process for good.

    Attributes:
        observer: whom to ask; None lets everything pass unseen.
    """

    def __init__(self, folder: Path) -> None:
        """Watch the files of a folder."""
        self.observer: Observer | None = None
        self._folder = folder.resolve()
        self._kept: list[Any] = []
        self._real_close = os.close
        self._watch_python()
        self._watch_sqlite()

    def _name(self, path: str) -> str | None:
        """Return a path's name within the folder, or None for what nobody observes."""
        whole = Path(path)
        if whole == self._folder:
            return ""
        if whole.parent != self._folder or is_memory(whole.name):
            return None
        return whole.name

    def _name_of_file(self, file: int) -> str | None:
        return self._name(str(Path(f"/proc/self/fd/{file}").readlink()))

    def _ask(self, call: Call, perform: Callable[[bytes], int]) -> int:
        if self.observer is None:
            return perform(call.data)
        return self.observer.handle(call, perform)

    def open(self, path: str, flags: int, mode: int) -> int:
        """Open a file; only making one changes the disk, emptying one does as well."""
        real_open, name = self._real_open, self._name(path)
        if name is None or not flags & os.O_CREAT:
            return real_open(path, flags, mode)
        if not os.path.exists(path):  # noqa: PTH110 - the form of a system call
            return self._ask(Call(Kind.CREATE, name), lambda _: real_open(path, flags, mode))
        if flags & os.O_TRUNC:
            return self._ask(Call(Kind.TRUNCATE, name), lambda _: real_open(path, flags, mode))
        return real_open(path, flags, mode)

    def write(self, file: int, data: bytes, offset: int | None) -> int:
        """Write at an offset, or where the file stands."""
        name = self._name_of_file(file)
        real_write, real_pwrite = self._real_write, os.pwrite

        def perform(part: bytes) -> int:
            return real_write(file, part) if offset is None else real_pwrite(file, part, offset)

        if name is None:
            return perform(data)
        return self._ask(Call(Kind.WRITE, name, self._place(file, offset), data), perform)

    def _place(self, file: int, offset: int | None) -> int:
        if offset is not None:
            return offset
        with open(f"/proc/self/fdinfo/{file}") as lines:  # noqa: PTH123 - a path of the kernel's
            flags = next(line for line in lines if line.startswith("flags:"))
        if int(flags.split()[1], 8) & os.O_APPEND:
            return os.fstat(file).st_size
        return os.lseek(file, 0, os.SEEK_CUR)

    def truncate(self, file: int, size: int) -> int:
        """Give a file another size."""
        name, real_truncate = self._name_of_file(file), self._real_truncate

        def perform(_: bytes) -> int:
            real_truncate(file, size)
            return 0

        return perform(b"") if name is None else self._ask(Call(Kind.TRUNCATE, name, size), perform)

    def sync(self, file: int) -> int:
        """Make a file, or the names in a folder, durable."""
        name = self._name_of_file(file)

        def perform(_: bytes) -> int:
            return 0  # what survives is the model's to say; the real disk is not waited for

        if name is None:
            return 0
        return self._ask(Call(Kind.SYNC if name else Kind.SYNC_FOLDER, name), perform)

    def unlink(self, path: str) -> int:
        """Take a name away."""
        name, real_unlink = self._name(path), self._real_unlink

        def perform(_: bytes) -> int:
            real_unlink(path)
            return 0

        return perform(b"") if name is None else self._ask(Call(Kind.UNLINK, name), perform)

    def rename(self, path: str, target: str) -> int:
        """Put a file in the place of another."""
        name, new_name, real_rename = self._name(path), self._name(target), self._real_rename

        def perform(_: bytes) -> int:
            real_rename(path, target)
            return 0

        if name is None or new_name is None:
            return perform(b"")
        return self._ask(Call(Kind.RENAME, name, target=new_name), perform)

    def _watch_python(self) -> None:
        self._real_open, self._real_write, self._real_truncate = os.open, os.write, os.ftruncate
        self._real_unlink, self._real_rename = os.unlink, os.rename
        replaced = {
            "open": lambda path, flags, mode=0o777: self.open(os.fspath(path), flags, mode),
            "write": lambda file, data: self.write(file, bytes(data), None),
            "fsync": self.sync,
            "ftruncate": self.truncate,
            "rename": lambda path, target: self.rename(os.fspath(path), os.fspath(target)),
            "unlink": lambda path: self.unlink(os.fspath(path)),
        }
        vars(os).update(replaced)

    def _watch_sqlite(self) -> None:
        vfs = ctypes.CDLL(str(LIBRARY)).sqlite3_vfs_find
        vfs.restype = ctypes.POINTER(_Vfs)
        found = vfs(None).contents
        assert found.version >= 3, "SQLite's VFS has no hook for its system calls"
        number, text, size = ctypes.c_int, ctypes.c_char_p, ctypes.c_ssize_t
        placed = (number, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64)
        calls = (
            ("open", self._c_open, number, (text, number, number)),
            ("write", self._c_write, size, (number, ctypes.c_void_p, ctypes.c_size_t)),
            ("pwrite", self._c_pwrite, size, placed),
            ("pwrite64", self._c_pwrite, size, placed),
            ("ftruncate", self._c_truncate, number, (number, ctypes.c_int64)),
            ("unlink", self._c_unlink, number, (text,)),
        )
        for name, function, result, arguments in calls:
            pointer = self._pointer(function, result, *arguments)
            assert found.set_system_call(ctypes.byref(found), name.encode(), pointer) == 0, name
        slot = import_slot("fsync")
        ctypes.c_void_p.from_address(slot).value = self._pointer(self.sync, number, number)

    def _pointer(self, function: Callable[..., int], result: Any, *arguments: Any) -> int:
        """Return a C function that sets ``errno`` and returns -1 where the given one raises."""

        def safely(*given: Any) -> int:
            try:
                return function(*given)
            except OSError as error:
                ctypes.set_errno(error.errno or 5)
                return -1

        made = ctypes.CFUNCTYPE(result, *arguments, use_errno=True)(safely)
        self._kept.append(made)
        pointer = ctypes.cast(made, ctypes.c_void_p).value
        assert pointer is not None
        return pointer

    def _c_open(self, path: bytes, flags: int, mode: int) -> int:
        return self.open(path.decode(), flags, mode)

    def _c_write(self, file: int, data: int, size: int) -> int:
        return self.write(file, ctypes.string_at(data, size), None)

    def _c_pwrite(self, file: int, data: int, size: int, offset: int) -> int:
        return self.write(file, ctypes.string_at(data, size), offset)

    def _c_truncate(self, file: int, size: int) -> int:
        return self.truncate(file, size)

    def _c_unlink(self, path: bytes) -> int:
        return self.unlink(path.decode())


class _Vfs(ctypes.Structure):
    """``struct sqlite3_vfs`` of sqlite3.h, as far as the hook."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("file_bytes", ctypes.c_int),
        ("path_bytes_max", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("functions", ctypes.c_void_p * 13),
        (
            "set_system_call",
            ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p),
        ),
    )
