"""The operator's token: a file in the home that its user alone may read."""

import os
import secrets
from pathlib import Path

from chain.errors import ConfigError

TOKEN_BYTES = 32
FILE_BYTES_MAX = 1_024


def read_token(path: Path) -> str:
    """Return the token of a file, which is made if it is not there.

    Raises:
        ConfigError: the file cannot be read or made, is open to others or holds no token.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(FILE_BYTES_MAX).strip()
    except OSError as error:
        raise ConfigError(detail=f"cannot read {path}: {error.strerror}") from None
    if mode & 0o077:
        raise ConfigError(detail=f"{path} is open to other users; run: chmod 600 {path}")
    if len(data) < TOKEN_BYTES or not data.isascii():
        raise ConfigError(detail=f"{path} holds no token; remove it, and it is made anew")
    return data.decode("ascii")


def _make(path: Path) -> None:
    """Write a token where there is no file yet."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(number, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(TOKEN_BYTES) + "\n")
