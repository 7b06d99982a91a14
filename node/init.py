"""Making a node's home."""

import os
import shutil
from pathlib import Path

from chain.crypto import SecretKey
from chain.errors import ConfigError
from genesis.document import read_genesis
from node.config import NodeSettings, format_settings
from node.home import Home, is_file
from node.keystore import SEED_BYTES, read_key, write_key


def init_home(
    home: Home,
    *,
    genesis: Path,
    validator: bool = False,
    seed: bytes | None = None,
    settings: NodeSettings | None = None,
) -> SecretKey | None:
    """Make a home for a node of the chain that a genesis document describes.

    The genesis document comes last, so a home that has one is whole; where an earlier attempt was
    cut short, this one finishes it and keeps the key that it finds.

    Args:
        home: where; an existing node's home is refused.
        genesis: the document, checked before anything is written.
        validator: whether the node gets a consensus key.
        seed: 32 bytes of that key; random when None.
        settings: written to ``config.toml``; the defaults when None.

    Returns:
        The consensus key, or None.

    Raises:
        ConfigError: the home is taken, or the document or a path cannot work.
    """
    read_genesis(genesis)
    if is_file(home.genesis):
        raise ConfigError(detail=f"{home.root} is a node's home already")
    home.make()
    key = _make_key(home, seed or os.urandom(SEED_BYTES)) if validator else None
    chosen = settings or NodeSettings()
    draft = home.root / "genesis.json.new"
    try:
        home.config.write_text(format_settings(chosen.model_dump(mode="json")), encoding="utf-8")
        shutil.copyfile(genesis, draft)
        draft.replace(home.genesis)
    except OSError as error:
        detail = f"cannot write {error.filename or home.root}: {error.strerror}"
        raise ConfigError(detail=detail) from None
    return key


def _make_key(home: Home, seed: bytes) -> SecretKey:
    if not is_file(home.validator_key):
        write_key(home.validator_key, seed)
    return read_key(home.validator_key)
