"""``aitbc receipts``: the receipts on chain, by who, what and status."""

from typing import Any

import click

from chain.errors import ConfigError
from chain.primitives import Address
from node.cli.listing import Columns, Listing, listed
from node.cli.moments import MOMENT, format_moment
from node.cli.options import ADDRESS, RPC
from node.cli.screen import shorten
from node.cli.words import age_of, aitbc_of, units_of

STATUSES = ("pending", "disputed", "paid", "split", "refunded")


@click.command()
@click.option("--client", type=ADDRESS, metavar="ADDRESS|WALLET", help="Who paid.")
@click.option("--miner", type=ADDRESS, metavar="ADDRESS|WALLET", help="Who worked.")
@click.option(
    "--address", type=ADDRESS, metavar="ADDRESS|WALLET", help="Who paid or worked, either of them."
)
@click.option("--mine", is_flag=True, help="Those of your wallet, where you have one.")
@click.option("--model", help="With which model.")
@click.option("--status", type=click.Choice(STATUSES), help="What became of the claim.")
@click.option("--since", type=MOMENT, metavar="SPAN|TIME", help="Claimed at that time or later.")
@click.option("--until", type=MOMENT, metavar="SPAN|TIME", help="Claimed before that time.")
@RPC
@listed
def receipts(  # noqa: PLR0913 - one option each
    *,
    client: Address | None,
    miner: Address | None,
    address: Address | None,
    model: str | None,
    status: str | None,
    since: int | None,
    until: int | None,
    rpc: str,
    mine: bool,
    listing: Listing,
) -> None:
    """List receipts, the newest first.

    A SPAN is how long ago, such as 90min, 12h or 7d; a TIME is 2026-01-31 or 2026-01-31T12:00, UTC.

    Example: aitbc receipts --client alice --status paid --since 7d
    """
    from chain.address import format_address

    if mine:
        if address is not None:
            raise ConfigError(detail="--mine is an --address: give one of them")
        address = _only_wallet()
    people = {"client": client, "provider": miner, "address": address}
    named = {name: None if one is None else format_address(one) for name, one in people.items()}
    wanted = {**named, "model": model, "status": status, "fromMs": since, "toMs": until}
    moments = (("--since", since), ("--until", until))
    fixed = "".join(f"{name} {format_moment(one)} " for name, one in moments if one is not None)
    listing.print(rpc, "ait_getReceipts", wanted, _columns(), fixed=fixed)


def _columns() -> Columns:
    """Return how a receipt is shown in a row."""
    from node.clock import now_ms

    now = now_ms()

    def row(item: dict[str, Any]) -> tuple[object, ...]:
        return (
            item["receiptId"],
            item["status"],
            item["model"],
            units_of(item),
            aitbc_of(item["price"]),
            shorten(item["provider"]),
            item["height"],
            age_of(item["timeMs"], now_ms=now),
        )

    head = ("receipt", "status", "model", "units", "price", "miner", "block", "age")
    return Columns(head, row, right=("price", "block", "age"), spare=("miner", "age"))


def _only_wallet() -> Address:
    """Return the address of the one wallet that there is.

    Raises:
        ConfigError: there is none, or there are several.
    """
    from node.wallet_folder import default_folder
    from node.wallets import Wallets

    wallets = Wallets(default_folder())
    names = wallets.names()
    match names:
        case []:
            detail = f"there is no wallet in {wallets.folder}; make one with aitbc wallet new NAME"
            raise ConfigError(detail=detail)
        case [name]:
            return wallets.get(name).sealed.address
    raise ConfigError(detail=f"you have the wallets {', '.join(names)}: name one with --address")
