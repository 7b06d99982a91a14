"""Key files: a 32-byte seed in hex, readable by its owner alone."""

import os
from pathlib import Path

from chain.crypto import SecretKey
from chain.errors import ConfigError

_OTHERS = 0o077


def write_key(path: Path, seed: bytes) -> None:
    """Write a new key file, durable and closed to others.

    Raises:
        ConfigError: there is one already, or the folder cannot be written.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(detail=f"{path} exists; a key file is never overwritten") from None
    except OSError as error:
        raise ConfigError(detail=f"cannot write {path}: {error.strerror}") from None
    with os.fdopen(file, "w") as stream:
        stream.write(seed.hex() + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def read_key(path: Path) -> SecretKey:
    """Read a key file.

    Raises:
        ConfigError: it is missing, open to others, or no key.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
        seed = bytes.fromhex(text)
    except OSError as error:
        raise ConfigError(detail=f"cannot read the key {path}: {error.strerror}") from None
    except ValueError:
        raise ConfigError(detail=f"{path} is no key: it is not 64 hexadecimal digits") from None
    if mode & _OTHERS:
        raise ConfigError(detail=f"{path} is open to other users; run: chmod 600 {path}")
    if len(seed) != 32:  # noqa: PLR2004 - RFC 8032, section 5.1.5
        raise ConfigError(detail=f"{path} is no key: it is not 64 hexadecimal digits")
    return SecretKey(seed)
