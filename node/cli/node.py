"""``aitbc node``: prepare and run one node."""

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from node.cli.options import HOME
from node.config import load_settings
from node.home import Home
from node.init import init_home
from node.logs import configure_logs

HEIGHTS_TOLD = 1_000
"""Heights between two lines about the progress of a check."""


@click.group()
def node() -> None:
    """Prepare and run one node."""


@node.command()
@HOME
@click.option(
    "--genesis",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The chain's genesis document.",
)
@click.option("--validator", is_flag=True, help="Make a consensus key as well.")
def init(home: Path, genesis: Path, *, validator: bool) -> None:
    """Make a node's home: folders, settings and, if asked, a consensus key.

    Example: aitbc node init --home ~/aitbc --genesis genesis.json
    """
    key = init_home(Home(home), genesis=genesis, validator=validator)
    click.echo(f"home         {home}")
    if key is not None:
        click.echo(f"public key   {key.public_key.hex()}")
    click.echo(f"next         aitbc node start --home {shlex.quote(str(home))}")


@node.command()
@HOME
def verify(home: Path) -> None:
    """Decide every block of a stopped node again and compare every row of its database.

    A start checks the state and the last blocks; this finds a bit that flipped in an old receipt.
    It takes about as long as syncing the chain again, and as much room on the disk meanwhile.

    Example: aitbc node verify --home ~/aitbc
    """
    from node.verify import verify_home

    height = verify_home(Home(home), tell=_tell_height)
    click.echo(f"{height:,} blocks are what the validators decided, and so is every row")


def _tell_height(height: int) -> None:
    if height % HEIGHTS_TOLD == 0:
        click.echo(f"block {height:,} is sound", err=True)


@node.command()
@HOME
@click.option("--rpc-port", type=click.IntRange(0, 65_535), help="Port of the JSON-RPC server.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]))
@click.option("--log-form", type=click.Choice(["text", "json"]))
def start(home: Path, rpc_port: int | None, log_level: str | None, log_form: str | None) -> None:
    """Run the node of a home in the foreground until Ctrl-C.

    Settings come from flags, then AITBC_… variables, then config.toml, then defaults.

    Example: aitbc node start --home ~/aitbc
    """
    from node.supervisor import run_node

    flags: dict[str, Any] = {}
    if rpc_port is not None:
        flags["rpc"] = {"port": rpc_port}
    log = {"level": log_level, "form": log_form}
    flags["log"] = {name: value for name, value in log.items() if value is not None}
    place = Home(home)
    place.check()
    settings = load_settings(place, flags)
    configure_logs(level=settings.log.level, form=settings.log.form)
    sys.exit(run_node(place, settings))
