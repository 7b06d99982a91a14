"""The node's identity on the network: an Ed25519 key in a file, and the peer id it gives.

It is never a validator's key: libp2p signs handshakes and gossip with it, and a key that signs
blocks must sign nothing else.
"""

import os
import secrets
from pathlib import Path

from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.keys import KeyPair
from libp2p.peer.id import ID

from chain.errors import ConfigError

SEED_BYTES = 32
KEY_FILE_MODE = 0o600


def keys_of_seed(seed: bytes) -> KeyPair:
    """Return the keys that a seed gives, always the same.

    Raises:
        ConfigError: the seed is not 32 bytes.
    """
    if len(seed) != SEED_BYTES:
        raise ConfigError(detail=f"a node key's seed has {SEED_BYTES} bytes, not {len(seed)}")
    return create_new_key_pair(seed)


def peer_of(keys: KeyPair) -> str:
    """Return the peer id of a key, such as ``12D3KooW...``."""
    return ID.from_pubkey(keys.public_key).to_base58()


def peer_of_seed(seed: bytes) -> str:
    """Return the peer id that a seed gives, so that a devnet can name peers before they start."""
    return peer_of(keys_of_seed(seed))


def write_key(path: Path, seed: bytes) -> None:
    """Write a new key file that only its owner may read.

    Raises:
        ConfigError: the file exists, or its folder cannot be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_FILE_MODE)
    except OSError as error:
        raise ConfigError(detail=f"cannot write the node key {path}: {error.strerror}") from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(seed.hex() + "\n")


def load_keys(path: Path) -> KeyPair:
    """Return the keys of a file; make the file when there is none.

    Raises:
        ConfigError: others may read the file, it holds no key, or it cannot be made.
    """
    if not path.exists():
        write_key(path, secrets.token_bytes(SEED_BYTES))
    try:
        mode = path.stat().st_mode & 0o777
        text = path.read_text(encoding="ascii").strip()
        seed = bytes.fromhex(text)
    except (OSError, ValueError) as error:
        raise ConfigError(detail=f"the node key {path} cannot be read: {error}") from error
    if mode & 0o077:
        detail = f"others may read the node key {path}: run chmod 600 {path}"
        raise ConfigError(detail=detail)
    return keys_of_seed(seed)
