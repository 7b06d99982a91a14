"""``aitbc explorer``: the pages that a node serves to people."""

import click

from chain.errors import ConfigError
from node.cli.asking import ask
from node.cli.options import JSON, RPC
from node.cli.screen import print_done


@click.group()
def explorer() -> None:
    """Look at the chain in a browser."""


@explorer.command(name="open")
@click.argument("page", default="")
@click.option("--print", "only_print", is_flag=True, help="Print the address and open nothing.")
@RPC
@JSON
def open_(page: str, rpc: str, *, only_print: bool, as_json: bool) -> None:
    """Open a node's explorer, at a PAGE of it such as receipts.

    Example: aitbc explorer open receipts
    """
    ask(rpc, "ait_status")  # says so where nobody answers, instead of an empty page
    address = f"{rpc.rstrip('/')}/{page.lstrip('/')}"
    print_done(address, {"address": address}, as_json=as_json)
    if only_print:
        return
    import webbrowser

    if not webbrowser.open(address):
        raise ConfigError(detail="there is no browser here; open the address above in one")
