"""Key files: a 32-byte seed in hex, readable by its owner alone."""

import os
import stat
from pathlib import Path

from chain.crypto import SecretKey
from chain.errors import ConfigError
from chain.primitives import PUBLIC_KEY_BYTES

SEED_BYTES = PUBLIC_KEY_BYTES
"""RFC 8032, section 5.1.5: a seed is as long as a public key."""

_OTHERS = 0o077
_TEXT_BYTES = 2 * SEED_BYTES + 1


def write_key(path: Path, seed: bytes) -> None:
    """Write a new key file, durable and closed to others.

    Raises:
        ConfigError: there is one already, or the disk does not take it; then none is left behind.
    """
    assert len(seed) == SEED_BYTES
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(detail=f"{path} exists; a key file is never overwritten") from None
    except OSError as error:
        raise ConfigError(detail=f"cannot write {path}: {error.strerror}") from None
    try:
        with os.fdopen(file, "w", encoding="ascii") as stream:
            stream.write(seed.hex() + "\n")
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


def read_key(path: Path) -> SecretKey:
    """Read a key file.

    Raises:
        ConfigError: it is missing, open to others, another user's, or no key.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            data = file.read(_TEXT_BYTES + 1)
    except OSError as error:
        raise ConfigError(detail=f"cannot read the key {path}: {error.strerror}") from None
    if status.st_uid != os.geteuid():
        raise ConfigError(detail=f"{path} belongs to another user; run: chown $(id -u) {path}")
    if stat.S_IMODE(status.st_mode) & _OTHERS:
        raise ConfigError(detail=f"{path} is open to other users; run: chmod 600 {path}")
    digits = data.removesuffix(b"\n")
    try:
        seed = bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        seed = b""
    if len(digits) != 2 * SEED_BYTES or len(seed) != SEED_BYTES:
        detail = f"{path} is no key: it is not 64 hexadecimal digits; put back your copy of it"
        raise ConfigError(detail=detail)
    return SecretKey(seed)
