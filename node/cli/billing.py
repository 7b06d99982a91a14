"""``aitbc billing``: what an account holds for jobs, what it spent, and who may spend for it."""

from typing import Any

import click

from chain.primitives import Address
from node.cli.asking import ask, understanding
from node.cli.billing_keys import grant, revoke
from node.cli.listing import Columns, Listing, listed
from node.cli.options import ADDRESS, JSON, RPC
from node.cli.screen import print_fields, print_json, print_table, shorten
from node.cli.usage import GROUPS, sum_up
from node.cli.words import aitbc_of, moment_of

WHO = click.argument("address", type=ADDRESS, metavar="ADDRESS|WALLET")
HOLDS_SHOWN = 20


@click.group()
def billing() -> None:
    """See what is held and spent, and let other keys spend."""


billing.add_command(grant)
billing.add_command(revoke)


@billing.command()
@WHO
@RPC
@JSON
def account(address: Address, rpc: str, *, as_json: bool) -> None:
    """Show what an account has, and what it holds for jobs that are open.

    Example: aitbc billing account alice
    """
    from chain.address import format_address

    own = format_address(address)
    known = ask(rpc, "ait_getAccount", own)
    wanted = {"client": own, "status": "open", "limit": HOLDS_SHOWN}
    holds = ask(rpc, "ait_getReservations", wanted)
    if as_json:
        print_json({"account": known, "holds": holds})
        return
    with understanding(rpc):
        print_fields(
            [
                ("available", f"{aitbc_of(known['available'])} AITBC"),
                ("reserved", f"{aitbc_of(known['reserved'])} AITBC"),
                ("at height", known["atHeight"]),
            ]
        )
        rows = [_hold(one) for one in holds["items"]]
        if rows:
            click.echo()
            head = ("job", "held", "spent", "miner", "model", "expires")
            print_table(head, rows, right=("held", "spent", "expires"))
        if holds["nextCursor"] is not None:
            click.echo(f"the latest {HOLDS_SHOWN}; there may be more", err=True)


def _hold(item: dict[str, Any]) -> tuple[object, ...]:
    miner = item["provider"]
    return (
        item["jobId"],
        aitbc_of(str(int(item["cap"]) - int(item["spent"]))),
        aitbc_of(item["spent"]),
        "any" if miner is None else shorten(miner),
        item["model"] or "any",
        f"#{item['expiresAtHeight']}",
    )


@billing.command()
@WHO
@click.option("--group-by", type=click.Choice(GROUPS), help="Sum up what receipts took instead.")
@RPC
@listed
def usage(address: Address, group_by: str | None, rpc: str, listing: Listing) -> None:
    """List what moved an account's reserved money, or with --group-by sum up what it spent.

    The sums are of all its receipts as a client; no page of them is left out.

    Example: aitbc billing usage alice --group-by model
    """
    from chain.address import format_address

    own = format_address(address)
    if group_by is not None:
        sum_up(rpc, own, by=group_by, form=listing.form)
        return

    def row(item: dict[str, Any]) -> tuple[object, ...]:
        return (
            moment_of(item["timeMs"]),
            item["kind"],
            aitbc_of(item["amount"]),
            aitbc_of(item["reservedAfter"]),
            item["height"],
            item["jobId"],
        )

    head = ("time", "kind", "aitbc", "reserved", "block", "job")
    columns = Columns(head, row, ("aitbc", "reserved", "block"), spare=("block", "reserved"))
    listing.print(rpc, "ait_getLedger", {"address": own}, columns)


# Who may spend.


@billing.command()
@WHO
@RPC
@JSON
def keys(address: Address, rpc: str, *, as_json: bool) -> None:
    """List the keys that may spend for an account, with their limits and what is left of them.

    Example: aitbc billing keys alice
    """
    from chain.address import format_address

    found = ask(rpc, "ait_getGrants", format_address(address))
    if as_json:
        print_json(found)
        return
    with understanding(rpc):
        rows = [
            (
                one["label"],
                ",".join(one["scopes"]),
                aitbc_of(one["spent"]),
                aitbc_of(one["totalLeft"]),
                aitbc_of(one["left"]),
                f"#{one['expiresAtHeight']}",
                shorten(one["publicKey"]),
            )
            for one in found["grants"]
        ]
        head = ("label", "may", "spent", "left", "at once", "expires", "key")
        print_table(head, rows, right=("spent", "left", "at once", "expires"))
