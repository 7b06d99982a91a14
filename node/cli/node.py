"""``aitbc node``: prepare and run one node."""

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from node.cli.node_backup import backup, restore
from node.cli.node_check import check
from node.cli.node_logs import logs
from node.cli.node_status import peers, status
from node.cli.options import HOME, JSON
from node.cli.progress_line import progress
from node.cli.screen import print_json


@click.group()
def node() -> None:
    """Prepare, run and look after one node."""


for _command in (backup, check, logs, peers, restore, status):
    node.add_command(_command)


@node.command()
@HOME
@click.option(
    "--genesis",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The chain's genesis document.",
)
@click.option("--validator", is_flag=True, help="Make a consensus key as well.")
@JSON
def init(home: Path, genesis: Path, *, validator: bool, as_json: bool) -> None:
    """Make a node's home: folders, settings and, if asked, a consensus key.

    Example: aitbc node init --home ~/aitbc --genesis genesis.json
    """
    from node.home import Home
    from node.init import init_home

    key = init_home(Home(home), genesis=genesis, validator=validator)
    public_key = None if key is None else key.public_key.hex()
    if as_json:
        print_json({"home": str(home), "publicKey": public_key and f"0x{public_key}"})
        return
    click.echo(f"home         {home}")
    if public_key is not None:
        click.echo(f"public key   {public_key}")
    click.echo(f"next         aitbc node start --home {shlex.quote(str(home))}")


@node.command()
@HOME
@JSON
def verify(home: Path, *, as_json: bool) -> None:
    """Decide every block of a stopped node again and compare every row of its database.

    A start checks the state and the last blocks; this finds a bit that flipped in an old receipt.
    It takes about as long as syncing the chain again, and as much room on the disk meanwhile.

    Example: aitbc node verify --home ~/aitbc
    """
    from node.home import Home
    from node.verify import verify_home

    with progress("deciding every block again", unit="blocks", is_quiet=as_json) as line:
        height = verify_home(Home(home), tell=line.tell)
    if as_json:
        print_json({"home": str(home), "height": height})
        return
    click.echo(f"{height:,} blocks are what the validators decided, and so is every row")


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
    from node.config import load_settings
    from node.home import Home
    from node.logs import configure_logs
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
