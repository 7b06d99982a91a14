"""The wallets of one person: a folder, closed to others, with one sealed key a file."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from chain.errors import ConfigError
from node.private_file import (
    check_private_folder,
    make_private_folder,
    read_private,
    write_private,
)
from node.sealed_key import SEALED_BYTES_MAX, SealedKey

WALLETS_MAX = 1_000
"""Wallets that are listed at most."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_SUFFIX = ".json"


class WalletNotFound(ConfigError):
    """No wallet has this name."""

    code = "wallet_not_found"


@dataclass(frozen=True, slots=True)
class Wallet:
    """A named sealed key."""

    name: str
    """What its owner calls it: 1 to 64 letters, digits, dots, hyphens and underscores."""
    path: Path
    """Its file."""
    sealed: SealedKey
    """What the file holds."""


class Wallets:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is read or made yet."""
        self.folder = folder

    def path_of(self, name: str) -> Path:
        """Return the file of a name.

        Raises:
            ConfigError: it can be no wallet's name.
        """
        if not _NAME.fullmatch(name):
            raise ConfigError(
                detail="a wallet's name has 1 to 64 letters, digits, dots, hyphens and underscores,"
                " and begins with a letter or a digit"
            )
        return self.folder / f"{name}{_SUFFIX}"

    def check_free(self, name: str) -> None:
        """Check that a new wallet can have a name, before anybody is asked for anything.

        Raises:
            ConfigError: it is taken, or is no name.
        """
        if self.path_of(name).exists():
            detail = f"there is a wallet {name} already, and a wallet is never overwritten"
            raise ConfigError(detail=f"{detail}; choose another name")

    def add(self, name: str, sealed: bytes) -> Wallet:
        """Write a new wallet, durable and closed to others.

        Raises:
            ConfigError: the name is taken or no name, or it cannot be written.
        """
        path = self.path_of(name)
        key = SealedKey.read(sealed)
        make_private_folder(self.folder)
        self.check_free(name)
        write_private(path, sealed)
        return Wallet(name, path, key)

    def get(self, name: str) -> Wallet:
        """Read a wallet.

        Raises:
            WalletNotFound: there is none of this name; says which resemble it.
            ConfigError: it is open to others, damaged, or no name.
        """
        path = self.path_of(name)
        if not path.exists():
            raise WalletNotFound(detail=self._unknown(name))
        check_private_folder(self.folder)
        data = read_private(path, what="wallet", bytes_max=SEALED_BYTES_MAX)
        try:
            return Wallet(name, path, SealedKey.read(data))
        except ConfigError as error:
            raise ConfigError(detail=f"{path}: {error.detail}") from None

    def names(self) -> list[str]:
        """Return the names of all wallets, in order.

        Raises:
            ConfigError: the folder is open to others, or there are too many to list.
        """
        if not self.folder.exists():
            return []
        check_private_folder(self.folder)
        files = [path.name for path in self.folder.iterdir() if path.name.endswith(_SUFFIX)]
        names = sorted(file.removesuffix(_SUFFIX) for file in files)
        if len(names) > WALLETS_MAX:
            raise ConfigError(detail=f"{self.folder} holds more than {WALLETS_MAX} wallets")
        return [name for name in names if _NAME.fullmatch(name)]

    def _unknown(self, name: str) -> str:
        near = get_close_matches(name, self.names(), n=1)
        meant = f"; did you mean {near[0]}?" if near else "; aitbc wallet list shows what there is"
        return f"there is no wallet {name} in {self.folder}{meant}"
