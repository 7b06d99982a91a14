"""A copy of the database as it is at one moment, made beside a node that goes on.

SQLite writes the copy from one state of the chain; blocks go on being written meanwhile, and the
log of the database grows by them until the copy is done. It is whole or it is not there.
"""

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pysqlite3  # type: ignore[import-untyped]  # it publishes no types

from chain.errors import StoreError
from chain.store.connection import storing
from chain.store.durable_file import sync_folder

STEPS = 10_000
"""Steps of SQLite's machine between two looks at how far a copy is: about two milliseconds."""

Tell = Callable[[int, int], None]
"""Told of the bytes that are written, and of how many there are about."""


def write_backup(database: Path, target: Path, *, tell: Tell = lambda *_: None) -> int:
    """Write a copy of a database and return its size in bytes.

    Args:
        database: an existing one, in use or not.
        target: a file that is not there yet.
        tell: told now and then.

    Raises:
        FileExistsError: it is there.
        StoreError: the database or the disk failed; nothing is left behind.
    """
    if target.exists():
        raise FileExistsError(target)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    try:
        with storing("copying it"):
            _copy(database, partial, tell)
        partial.chmod(0o600)
        os.link(partial, target)
        sync_folder(target.parent)
    except OSError as error:
        if isinstance(error, FileExistsError):
            raise
        raise StoreError(detail=f"cannot write the copy: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)
    return target.stat().st_size


def _copy(database: Path, target: Path, tell: Tell) -> None:
    """Write the copy.

    Raises:
        KeyboardInterrupt: a person has had enough of it.
    """
    size_bytes = database.stat().st_size
    connection = pysqlite3.connect(f"file:{quote(str(database.absolute()))}?mode=ro", uri=True)

    def look() -> None:
        if target.exists():
            tell(target.stat().st_size, size_bytes)

    connection.set_progress_handler(look, STEPS)
    try:
        connection.execute("VACUUM INTO ?", (str(target),))
    except pysqlite3.OperationalError as error:
        # We never ask SQLite to stop; an exception in our look does, and is lost on the way.
        if error.sqlite_errorcode == pysqlite3.SQLITE_INTERRUPT:
            raise KeyboardInterrupt from None
        raise
    finally:
        connection.close()
    _sync(target)


def _sync(path: Path) -> None:
    """Bring a file to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
