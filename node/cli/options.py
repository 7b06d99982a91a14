"""Options that many commands share, so that they are spelt and explained alike."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chain.errors import ConfigError, MalformedMessage
from chain.primitives import Address
from node.amounts import parse_amount
from node.rpc_url import DEFAULT_URL, URL_VARIABLE

if TYPE_CHECKING:
    from node.devnet import Devnet

RPC = click.option(
    "--rpc",
    default=DEFAULT_URL,
    envvar=URL_VARIABLE,
    show_default=True,
    show_envvar=True,
    metavar="URL",
    help="A node's JSON-RPC.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
LINES = click.option("--jsonl", "as_lines", is_flag=True, help="Print one JSON document a line.")
CSV = click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values.")
HOME = click.option(
    "--home",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    required=True,
    help="The node's folder.",
)
DEVNET_HOME = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("devnet"),
    show_default=True,
    help="The devnet's folder; an existing one continues its chain.",
)
LIMIT = click.option(
    "--limit",
    type=click.IntRange(1, 500),
    default=20,
    show_default=True,
    help="How many of them, the newest first.",
)
CURSOR = click.option("--cursor", metavar="CURSOR", help="Go on where the last page ended.")


def open_devnet(home: Path) -> "Devnet":
    """Return the devnet of a folder; what it needs is imported now, so that help is at once."""
    from node.devnet import Devnet

    return Devnet(home)


class AddressType(click.ParamType[Address]):
    """An address in either spelling, or the name of a wallet."""

    name = "address"

    def convert(
        self, value: str | Address, param: click.Parameter | None, ctx: click.Context | None
    ) -> Address:
        """Read an address, or look the wallet up."""
        if isinstance(value, bytes):
            return value
        from chain.address import parse_address

        if not value.startswith(("ait1", "AIT1", "0x")):
            return _address_of_wallet(value)
        try:
            return parse_address(value)
        except MalformedMessage as error:
            self.fail(f"{value!a}: {error.detail}", param, ctx)


def _address_of_wallet(name: str) -> Address:
    from node.wallet_folder import default_folder
    from node.wallets import Wallets

    return Wallets(default_folder()).get(name).sealed.address


class AmountType(click.ParamType[int]):
    """AITBC, read into base units."""

    name = "amount"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read an amount."""
        if isinstance(value, int):
            return value
        try:
            return parse_amount(value)
        except ConfigError as error:
            self.fail(str(error), param, ctx)


ADDRESS = AddressType()
AMOUNT = AmountType()
