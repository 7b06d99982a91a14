"""Files that hold a secret: written durable and closed to others, read only if they still are."""

import os
import stat
from pathlib import Path

from chain.errors import ConfigError

SECRET_BYTES_MAX = 4 * 1024
"""A passphrase, a recovery phrase or a key is far shorter."""

_OTHERS = 0o077
"""Permission bits that let anybody but the owner do anything."""


def write_private(path: Path, data: bytes) -> None:
    """Write a new file that its owner alone can read, and make it durable.

    Raises:
        ConfigError: there is one already, or the disk does not take it; then none is left behind.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(detail=f"{path} exists; a key file is never overwritten") from None
    except OSError as error:
        raise ConfigError(detail=f"cannot write {path}: {error.strerror}") from None
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        _sync_folder(path.parent)
    except OSError as error:
        path.unlink()
        raise ConfigError(detail=f"cannot write {path}: {error.strerror}") from None


def _sync_folder(folder: Path) -> None:
    """Make a new name durable: POSIX leaves open whether the file's own sync does."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_private(path: Path, *, what: str, bytes_max: int) -> bytes:
    """Return the bytes of a secret file, and one more than allowed of one that is too large.

    Args:
        path: the file.
        what: what it holds, for sentences: ``key``.
        bytes_max: largest size.

    Raises:
        ConfigError: it is missing, no ordinary file, open to others or another user's.
    """
    try:
        # A pipe of that name would otherwise be waited for, until somebody writes to it.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise ConfigError(detail=f"cannot read the {what} {path}: {error.strerror}") from None
    try:
        status = os.fstat(file)
        _check_private(path, status, mend="600")
        return os.read(file, bytes_max + 1)
    except OSError as error:
        raise ConfigError(detail=f"cannot read the {what} {path}: {error.strerror}") from None
    finally:
        os.close(file)


def make_private_folder(path: Path) -> None:
    """Make a folder, and those above it, that its owner alone can look into.

    Raises:
        ConfigError: it cannot be made, or there is one that others can look into.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(detail=f"cannot make the folder {path}: {error.strerror}") from None
    check_private_folder(path)


def check_private_folder(path: Path) -> None:
    """Check that a folder is its owner's alone.

    Raises:
        ConfigError: it cannot be looked at, is another user's, or open to others.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise ConfigError(detail=f"cannot look into {path}: {error.strerror}") from None
    _check_private(path, status, mend="700")


def _check_private(path: Path, status: os.stat_result, *, mend: str) -> None:
    if status.st_uid != os.geteuid():
        raise ConfigError(detail=f"{path} belongs to another user; run: chown $(id -u) {path}")
    if stat.S_IMODE(status.st_mode) & _OTHERS:
        raise ConfigError(detail=f"{path} is open to other users; run: chmod {mend} {path}")


def one_line(data: bytes, *, what: str) -> str:
    """Return a secret without the end of its line.

    Raises:
        ConfigError: it is empty, too long, of several lines or no text.
    """
    try:
        text = data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise ConfigError(detail=f"{what} is not UTF-8 text") from None
    if not text:
        raise ConfigError(detail=f"{what} is empty")
    if len(data) > SECRET_BYTES_MAX or not text.isprintable():
        raise ConfigError(detail=f"{what} must hold one line of text and nothing else")
    return text
