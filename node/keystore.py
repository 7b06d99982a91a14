"""Key files, readable by their owner alone: a seed of 32 bytes in hex, or one that is sealed."""

from collections.abc import Callable
from pathlib import Path

from chain.crypto import SecretKey
from chain.errors import ConfigError
from chain.primitives import PUBLIC_KEY_BYTES, PublicKey
from node.private_file import read_private, write_private

SEED_BYTES = PUBLIC_KEY_BYTES
"""RFC 8032, section 5.1.5: a seed is as long as a public key."""

_FILE_BYTES_MAX = 4 * 1024

Ask = Callable[[], str]
"""Gets a passphrase from whoever knows it."""


def write_key(path: Path, seed: bytes) -> None:
    """Write a new key file that is not sealed, durable and closed to others.

    Raises:
        ConfigError: there is one already, or the disk does not take it; then none is left behind.
    """
    assert len(seed) == SEED_BYTES
    write_private(path, seed.hex().encode() + b"\n")


def read_key(path: Path, ask: Ask | None = None) -> SecretKey:
    """Read a key file of either form.

    Args:
        path: the file.
        ask: called for the passphrase of a sealed key.

    Raises:
        ConfigError: it is missing, open to others, another user's or no key; or it is sealed, and
            there is nobody to ask.
        WrongPassphrase: the passphrase does not open it.
    """
    data = read_private(path, what="key", bytes_max=_FILE_BYTES_MAX)
    if data.lstrip()[:1] != b"{":
        return SecretKey(_read_digits(path, data))
    if ask is None:
        raise ConfigError(detail=f"{path} is sealed, and nobody is here to give its passphrase")
    from node.sealed_key import SealedKey  # noqa: PLC0415 - most keys of nodes are not sealed

    return SealedKey.read(data).open(ask())


def read_public_key(path: Path) -> PublicKey:
    """Return the public half of a key file of either form; a sealed one stays sealed.

    Raises:
        ConfigError: it is missing, open to others, another user's or no key.
    """
    data = read_private(path, what="key", bytes_max=_FILE_BYTES_MAX)
    if data.lstrip()[:1] != b"{":
        return SecretKey(_read_digits(path, data)).public_key
    from node.sealed_key import SealedKey  # noqa: PLC0415 - most keys of nodes are not sealed

    return SealedKey.read(data).public_key


def parse_seed(text: bytes) -> bytes | None:
    """Return the seed that 64 hexadecimal digits and at most one line's end spell, or None."""
    digits = text.removesuffix(b"\n")
    try:
        seed = bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return None
    return seed if len(digits) == 2 * SEED_BYTES and len(seed) == SEED_BYTES else None


def _read_digits(path: Path, data: bytes) -> bytes:
    seed = parse_seed(data)
    if seed is None:
        detail = f"{path} is no key: it is not 64 hexadecimal digits; put back your copy of it"
        raise ConfigError(detail=detail)
    return seed
