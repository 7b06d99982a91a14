"""The options that say who acts in the market: an account of a devnet, or the owner of a key."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chain.errors import ConfigError
from node.cli.keys import open_key
from node.cli.passphrases import PassphraseSource, takes_passphrase
from node.rpc_url import DEFAULT_URL, URL_VARIABLE

if TYPE_CHECKING:
    from node.market.party import Party

_FOLDER = click.Path(file_okay=False, path_type=Path)

_OPTIONS = (
    click.option(
        "--as", "account", metavar="NAME", help="An account of a devnet, such as client-0."
    ),
    click.option(
        "--devnet", type=_FOLDER, default="devnet", show_default=True, help="The devnet of --as."
    ),
    click.option(
        "--from",
        "source",
        metavar="WALLET|FILE",
        help="Instead of --as: a wallet's name, or the path of a key file (with a / in it).",
    ),
    click.option(
        "--home",
        type=_FOLDER,
        help="The folder of --from, for journal and cards; ~/.aitbc/market/ADDRESS unless given.",
    ),
    click.option(
        "--rpc",
        envvar=URL_VARIABLE,
        show_envvar=True,
        metavar="URL",
        help=f"A node's JSON-RPC; the devnet's first of --as, else {DEFAULT_URL}.",
    ),
    takes_passphrase,
)


def acting(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say who acts, and hand it the party."""

    @wraps(command)
    def run(
        *arguments: object,
        account: str | None,
        devnet: Path,
        source: str | None,
        home: Path | None,
        rpc: str | None,
        passphrase: PassphraseSource,
        **options: object,
    ) -> None:
        if (account is None) == (source is None):
            raise ConfigError(detail="say who acts: --as NAME on a devnet, or --from WALLET|FILE")
        if account is not None:
            party = _of_devnet(devnet, account, rpc)
        else:
            assert source is not None
            party = _of_key(source, passphrase, home, rpc or DEFAULT_URL)
        command(party, *arguments, **options)

    decorated: Callable[..., Any] = run
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def _of_devnet(devnet: Path, name: str, rpc: str | None) -> "Party":
    from dataclasses import replace

    from node.market.party import party_of_devnet

    party = party_of_devnet(devnet, name)
    return party if rpc is None else replace(party, url=rpc)


def _of_key(source: str, passphrase: PassphraseSource, home: Path | None, url: str) -> "Party":
    from node.market.party import party_of_key

    return party_of_key(open_key(source, passphrase), url=url, home=home)
