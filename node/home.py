"""A node's home folder: where each file lies, and the lock that keeps a second node out.

    config.toml          settings
    genesis.json         the chain
    node_key             peer identity of the network edge
    validator/key        consensus key (only a validator's home has it), beside its sign log
    data/chain.db        the database
    node.log             what a node in the background logs
    run/                 sockets, process ids and the lock of a running node

Child processes run with the home as their working folder, so socket paths stay short however long
the home's own path is.
"""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from chain.errors import ConfigError


@dataclass(frozen=True)
class Home:
    """The paths below one home folder."""

    root: Path

    @property
    def config(self) -> Path:
        """Settings."""
        return self.root / "config.toml"

    @property
    def genesis(self) -> Path:
        """The genesis document."""
        return self.root / "genesis.json"

    @property
    def node_key(self) -> Path:
        """The network identity's key."""
        return self.root / "node_key"

    @property
    def validator_key(self) -> Path:
        """The consensus key."""
        return self.root / "validator" / "key"

    @property
    def sign_log(self) -> Path:
        """What the consensus key has signed."""
        return self.root / "validator" / "sign_log"

    @property
    def database(self) -> Path:
        """The chain's database."""
        return self.root / "data" / "chain.db"

    @property
    def run(self) -> Path:
        """Sockets, process ids and the lock."""
        return self.root / "run"

    @property
    def network_socket(self) -> Path:
        """Where the network edge meets the core."""
        return self.run / "network.sock"

    @property
    def api_socket(self) -> Path:
        """Where API edges meet the core."""
        return self.run / "api.sock"

    @property
    def admin_socket(self) -> Path:
        """Where a running node serves its operator."""
        return self.run / "admin.sock"

    @property
    def log(self) -> Path:
        """What a node that runs in the background writes."""
        return self.root / "node.log"

    @property
    def supervisor_pid(self) -> Path:
        """Process id of a running node's supervisor."""
        return self.run / "supervisor.pid"

    def make(self) -> None:
        """Make the folders, closed to other users.

        Raises:
            ConfigError: a folder cannot be made.
        """
        folders = (self.root, self.root / "validator", self.root / "data", self.run)
        for folder in folders:
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                detail = f"cannot make the folder {folder}: {error.strerror}"
                raise ConfigError(detail=detail) from None

    def check(self) -> None:
        """Check that this is a node's home.

        Raises:
            ConfigError: it has no genesis document, or cannot be looked into.
        """
        if not is_file(self.genesis):
            raise ConfigError(
                detail=f"{self.root} is no node's home: it has no genesis.json; make one with "
                "'aitbc node init'"
            )

    def check_key(self) -> None:
        """Check that this is a validator's home, or that of its signer.

        Raises:
            ConfigError: it is no home, or has no consensus key.
        """
        self.check()
        if not is_file(self.validator_key):
            raise ConfigError(
                detail=f"{self.root} has no consensus key: there is no {self.validator_key}; "
                "'aitbc node init --validator' makes a home with one"
            )


def is_file(path: Path) -> bool:
    """Tell whether there is a file at a path that a person gave.

    Raises:
        ConfigError: the system will not say: a folder is closed to us, or the path is too long.
    """
    try:
        return path.is_file()
    except OSError as error:
        raise ConfigError(detail=f"cannot look for {path}: {error.strerror}") from None


class HomeLock:
    """Keeps a second node out of a home while it is held."""

    def __init__(self, home: Home, *, name: str = "lock") -> None:
        """Take the lock.

        Args:
            home: to keep others out of.
            name: of the lock's file; the supervisor and the core each have one.

        Raises:
            ConfigError: another node holds it, or the folder cannot be written.
        """
        home.make()
        path = home.run / name
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConfigError(detail=f"cannot write {path}: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            detail = f"another node is running in {home.root}; stop it first"
            raise ConfigError(detail=detail) from None

    def release(self) -> None:
        """Let another node in."""
        os.close(self._file)


SUPERVISOR_LOCK = "supervisor.lock"
"""Held from a node's start to its end."""


def is_running(home: Home) -> bool:
    """Tell whether a node runs in a home, without disturbing one that starts."""
    try:
        file = os.open(home.run / SUPERVISOR_LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
