"""``aitbc block``: one block, or each as it comes."""

from typing import Any

import click

from node.cli.asking import ask, understanding
from node.cli.options import JSON, LINES, RPC
from node.cli.screen import print_fields, print_json, print_line, printable, shorten
from node.cli.words import moment_of

WATCH_S = 0.3
"""Seconds between two looks for a new block."""


@click.command()
@click.argument("which", default="latest", metavar="[HEIGHT|HASH|latest]")
@click.option("--watch", is_flag=True, help="Print each block from there on, until Ctrl-C.")
@RPC
@JSON
@LINES
def block(which: str, rpc: str, *, watch: bool, as_json: bool, as_lines: bool) -> None:
    """Show a block, the latest unless one is named.

    Example: aitbc block 1
    """
    found = _get(which, rpc)
    if watch:
        _watch(found, rpc, as_lines=as_lines or as_json)
    elif as_lines:
        print_line(found)
    elif as_json:
        print_json(found)
    else:
        with understanding(rpc):
            print_fields(_fields(found))


def _get(which: str, rpc: str) -> dict[str, Any]:
    found = ask(rpc, "ait_getBlock", int(which) if which.isdecimal() else which)
    with understanding(rpc):
        return dict(found)


def _fields(found: dict[str, Any]) -> list[tuple[str, object]]:
    certificate = found["certificate"]
    signed = None
    if certificate is not None:
        signed = f"{certificate['signatures']} validators in round {certificate['round']}"
    return [
        ("height", found["height"]),
        ("hash", found["hash"]),
        ("time", f"{moment_of(found['timeMs'])} UTC"),
        ("proposer", found["proposer"]),
        ("signed by", signed),
        ("transactions", found["transactionCount"]),
        ("receipts", found["receiptCount"]),
        ("parent", found.get("parentHash")),
        ("state root", found.get("stateRoot")),
        ("transactions root", found.get("transactionsRoot")),
        ("receipts root", found.get("receiptsRoot")),
    ]


def _watch(first: dict[str, Any], rpc: str, *, as_lines: bool) -> None:
    from node.clock import pause

    next_ = first
    while True:
        with understanding(rpc):
            height = int(next_["height"])
            if as_lines:
                print_line(next_)
            else:
                click.echo(_line(next_))
        while _tip(rpc) <= height:
            pause(WATCH_S)
        next_ = _get(str(height + 1), rpc)


def _tip(rpc: str) -> int:
    found = ask(rpc, "ait_status")
    with understanding(rpc):
        return int(found["height"])


def _line(found: dict[str, Any]) -> str:
    certificate = found["certificate"] or {"signatures": 0, "round": 0}
    return printable(
        f"#{found['height']}  {moment_of(found['timeMs'])}  {shorten(found['hash'])}  "
        f"{found['transactionCount']} transactions  {found['receiptCount']} receipts  "
        f"signed by {certificate['signatures']}"
    )
