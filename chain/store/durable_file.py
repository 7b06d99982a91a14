"""Files that survive a crash: written whole or not at all, and held by one process at a time.

A rename is durable only once its folder is synced too (POSIX leaves it open, and file systems
do bring the old file back).
"""

import fcntl
import os
from pathlib import Path

from chain.errors import StoreError


def write_file(path: Path, data: bytes) -> None:
    """Put a file in place so that after a crash there is either the old one or the new one.

    Args:
        path: the file; only its owner may read it.
        data: all of its bytes.

    Raises:
        OSError: the disk failed; the old file is still in place.
    """
    fresh = path.with_name(f"{path.name}.new")
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        write_all(file, data)
        os.fsync(file)
    finally:
        os.close(file)
    fresh.rename(path)
    sync_folder(path.parent)


def write_all(file: int, data: bytes) -> None:
    """Write every byte to an open file; a disk that is full may take them in parts.

    Raises:
        OSError: the disk failed.
    """
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]


def lock_file(path: Path, *, what: str) -> int:
    """Keep every other process out for as long as the returned descriptor is open.

    Args:
        path: the file to lock, made when it is missing.
        what: the thing it guards, for the error's sentence.

    Raises:
        StoreError: another process holds the lock, or the file cannot be made.
    """
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(detail=f"{what} cannot be locked: {error}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise StoreError(detail=f"{what} is in use by another process; stop that one") from None
    return lock


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable.

    Raises:
        OSError: the disk failed.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
