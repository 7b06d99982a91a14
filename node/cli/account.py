"""``aitbc account``: what an account has, holds back and did."""

from typing import Any

import click

from chain.primitives import Address
from node.cli.asking import ask, understanding
from node.cli.listing import Columns, Listing, listed
from node.cli.options import ADDRESS, JSON, LINES, RPC
from node.cli.screen import print_fields, print_json, print_line, shorten
from node.cli.words import aitbc_of, moment_of

WATCH_S = 1.0
"""Seconds between two looks at a balance that is watched."""

WHO = click.argument("address", type=ADDRESS, metavar="ADDRESS|WALLET")


@click.group()
def account() -> None:
    """See what an account has, holds back and did."""


@account.command()
@WHO
@RPC
@JSON
def show(address: Address, rpc: str, *, as_json: bool) -> None:
    """Show an account: what is available, what is reserved, and its next nonce.

    Example: aitbc account show alice
    """
    found = _get(address, rpc)
    if as_json:
        print_json(found)
        return
    with understanding(rpc):
        fields = [
            ("address", found["address"]),
            ("", found["address0x"]),
            ("available", f"{aitbc_of(found['available'])} AITBC"),
            ("reserved", f"{aitbc_of(found['reserved'])} AITBC"),
            ("pending", f"{aitbc_of(found['pending'])} AITBC of it, in claims"),
            ("bonds", f"{aitbc_of(found['bonds'])} AITBC of it, in disputes"),
            ("nonce", found["nonce"]),
            ("at height", found["atHeight"]),
        ]
        shown = {"pending": found["pending"] != "0", "bonds": found["bonds"] != "0"}
        print_fields(field for field in fields if shown.get(field[0], True))


@account.command()
@WHO
@RPC
@click.option("--watch", is_flag=True, help="Print it again whenever it changes, until Ctrl-C.")
@JSON
@LINES
def balance(address: Address, rpc: str, *, watch: bool, as_json: bool, as_lines: bool) -> None:
    """Print what an account can spend, in AITBC.

    Example: aitbc account balance alice --watch
    """
    before = None
    while True:
        found = _get(address, rpc)
        with understanding(rpc):
            now = (found["available"], found["reserved"])
            if now != before:
                _print_balance(found, as_json=as_json, as_line=as_lines)
        if not watch:
            return
        before = now
        from node.clock import pause

        pause(WATCH_S)


@account.command()
@WHO
@click.option("--kind", help="Only transactions of this kind, such as transfer.")
@RPC
@listed
def history(address: Address, rpc: str, kind: str | None, listing: Listing) -> None:
    """List the transactions that an account sent, received or paid for, the newest first.

    Example: aitbc account history alice --limit 10
    """
    from chain.address import format_address

    own = format_address(address)

    def row(item: dict[str, Any]) -> tuple[object, ...]:
        is_out = item["sender"] == own
        other = item["recipient"] if is_out else item["sender"]
        sign = "-" if is_out and int(item["amount"]) else ""
        return (
            moment_of(item["timeMs"]),
            item["kind"],
            f"{sign}{aitbc_of(item['amount'])}",
            None if other is None else shorten(other),
            item["height"],
            shorten(item["transactionId"]),
        )

    head = ("time", "kind", "aitbc", "other", "block", "transaction")
    wanted = {"address": own, "kind": kind}
    columns = Columns(head, row, right=("aitbc", "block"), spare=("other",))
    listing.print(rpc, "ait_getTransactions", wanted, columns)


def _get(address: Address, rpc: str) -> dict[str, Any]:
    from chain.address import format_address

    found = ask(rpc, "ait_getAccount", format_address(address))
    with understanding(rpc):
        return dict(found)


def _print_balance(found: dict[str, Any], *, as_json: bool, as_line: bool) -> None:
    if as_line:
        print_line(found)
    elif as_json:
        print_json(found)
    else:
        click.echo(f"{aitbc_of(found['available'])}")
