"""Which key a command signs with: a wallet by its name, or a key file by its path."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from node.cli.passphrases import PassphraseSource

if TYPE_CHECKING:
    from chain.crypto import SecretKey

FROM = click.option(
    "--from",
    "source",
    required=True,
    metavar="WALLET|FILE",
    help="Whose key signs: a wallet's name, or the path of a key file (with a / in it).",
)


def open_key(source: str, passphrase: PassphraseSource) -> "SecretKey":
    """Return the key of a wallet or of a key file; asks for the passphrase if it is sealed.

    Raises:
        WalletNotFound: there is no wallet of this name.
        ConfigError: the file cannot be used, or there is nobody to ask.
        WrongPassphrase: it does not open.
    """
    from node.keystore import read_key
    from node.wallet_folder import default_folder
    from node.wallets import Wallets

    if "/" in source:
        return read_key(Path(source), _asking(passphrase, source))
    wallet = Wallets(default_folder()).get(source)
    return wallet.sealed.open(passphrase.get(f"wallet {source}"))


def _asking(passphrase: PassphraseSource, source: str) -> Callable[[], str]:
    return lambda: passphrase.get(source)
