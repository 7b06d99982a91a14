"""Where a person's wallets lie: ``~/.aitbc/wallets/alice.json``, unless a variable says else."""

import os
from pathlib import Path

FOLDER_VARIABLE = "AITBC_WALLETS"
"""The environment variable that names another folder."""


def default_folder() -> Path:
    """Return the folder that the environment names, or the one at home."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path.home() / ".aitbc" / "wallets"
