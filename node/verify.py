"""The check of a stopped node's whole database."""

from pathlib import Path
from tempfile import TemporaryDirectory

from chain.errors import ConfigError
from chain.store.full_check import Tell, check_chain
from genesis.document import read_genesis
from node.home import Home, HomeLock, is_file


def verify_home(home: Home, *, tell: Tell = lambda *_: None) -> int:
    """Decide every block of a home's database again, and compare every row.

    Args:
        home: of a node that does not run.
        tell: told of each height that is sound, and of the last.

    Returns:
        The height of the last block.

    Raises:
        ConfigError: it is no home, its node runs, or it has no database yet.
        StoreError: the database is damaged; the sentence says where and what to do.
    """
    home.check()
    genesis = read_genesis(home.genesis)
    if not is_file(home.database):
        raise ConfigError(detail=f"{home.root} has no database yet; start its node first")
    lock = HomeLock(home)
    try:
        with TemporaryDirectory(dir=home.database.parent, prefix="verify-") as folder:
            return check_chain(home.database, genesis, scratch=Path(folder) / "chain.db", tell=tell)
    finally:
        lock.release()
