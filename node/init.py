"""Making a node's home."""

import os
import shutil
from pathlib import Path

from chain.crypto import SecretKey
from chain.errors import ConfigError
from genesis.document import read_genesis
from node.config import NodeSettings, format_settings
from node.home import Home
from node.keystore import read_key, write_key


def init_home(
    home: Home,
    *,
    genesis: Path,
    validator: bool = False,
    seed: bytes | None = None,
    settings: NodeSettings | None = None,
) -> SecretKey | None:
    """Make a home for a node of the chain that a genesis document describes.

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
    if home.genesis.exists():
        raise ConfigError(detail=f"{home.root} is a node's home already")
    home.make()
    chosen = settings or NodeSettings()
    home.config.write_text(format_settings(chosen.model_dump(mode="json")))
    key = None
    if validator:
        write_key(home.validator_key, seed or os.urandom(32))
        key = read_key(home.validator_key)
    shutil.copyfile(genesis, home.genesis)
    return key
