"""``aitbc receipts``: the receipts on chain, by who, what and status."""

from typing import Any

import click

from chain.primitives import Address
from node.cli.listing import Columns, Listing, listed
from node.cli.options import ADDRESS, RPC
from node.cli.screen import shorten
from node.cli.words import age_of, aitbc_of, units_of

STATUSES = ("pending", "disputed", "paid", "split", "refunded")


@click.command()
@click.option("--client", type=ADDRESS, metavar="ADDRESS|WALLET", help="Who paid.")
@click.option("--miner", type=ADDRESS, metavar="ADDRESS|WALLET", help="Who worked.")
@click.option("--model", help="With which model.")
@click.option("--status", type=click.Choice(STATUSES), help="What became of the claim.")
@RPC
@listed
def receipts(
    client: Address | None,
    miner: Address | None,
    model: str | None,
    status: str | None,
    rpc: str,
    listing: Listing,
) -> None:
    """List receipts, the newest first.

    Example: aitbc receipts --client alice --status paid --limit 5
    """
    from chain.address import format_address
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

    people = {"client": client, "provider": miner}
    named = {name: None if one is None else format_address(one) for name, one in people.items()}
    head = ("receipt", "status", "model", "units", "price", "miner", "block", "age")
    columns = Columns(head, row, right=("price", "block", "age"), spare=("miner", "age"))
    wanted = {**named, "model": model, "status": status}
    listing.print(rpc, "ait_getReceipts", wanted, columns)
