"""``aitbc devnet``: several validators on one machine."""

import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chain.errors import ConfigError
from node.cli.devnet_partition import heal, link_again, partition
from node.cli.devnet_snapshots import revert, snapshot
from node.cli.options import ADDRESS, AMOUNT, JSON, open_devnet
from node.cli.options import DEVNET_HOME as HOME
from node.cli.progress_line import progress
from node.cli.screen import print_done, print_json
from node.clock import pause
from node.process import is_running, kill_node
from node.rpc_client import call

if TYPE_CHECKING:
    from node.devnet import Devnet

URL_VARIABLE = "AITBC_RPC_URL"
LOG_LINES = 40
FAUCET_S = 30.0
"""Seconds to wait until the coins are there."""


@click.group()
def devnet() -> None:
    """Run several validators on this machine."""


for _command in (heal, partition, revert, snapshot):
    devnet.add_command(_command)


@devnet.command()
@HOME
@click.option("--validators", "-n", type=click.IntRange(1, 16), default=4, show_default=True)
@click.option("--block-interval-ms", type=click.IntRange(50, 600_000), default=1_000)
@click.option("--detach", is_flag=True, help="Return once the first new block is final.")
@JSON
def up(
    home: Path, validators: int, block_interval_ms: int, *, detach: bool, as_json: bool
) -> None:  # fmt: skip
    """Start a devnet and print its accounts and addresses.

    Example: aitbc devnet up --home ./devnet --validators 4 --detach
    """
    net = open_devnet(home)
    _make(net, home, validators=validators, block_interval_ms=block_interval_ms)
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _: asked.append(got))
    net.start()
    try:
        click.echo("waiting for the first block", err=True)
        with progress("no block yet", is_quiet=as_json):
            height = net.wait_ready(is_asked_to_stop=lambda: bool(asked))
    except ConfigError:
        net.stop()
        raise
    if height and as_json:
        print_json(net.read())
    elif height:
        _print_devnet(net, height, home)
    if detach and height:
        return
    if height:
        click.echo("\nCtrl-C stops it; the same command continues the chain.", err=True)
    _attend(net, asked)
    click.echo("\nstopping", err=True)
    with progress("stopping the nodes", is_quiet=as_json):
        net.stop()


def _make(net: "Devnet", home: Path, *, validators: int, block_interval_ms: int) -> None:
    """Make a devnet where there is none yet."""
    if net.exists:
        click.echo(f"continuing the devnet in {home}", err=True)
        link_again(net)
        return
    click.echo(f"making a devnet of {validators} validators in {home}", err=True)
    net.make(validators=validators, block_interval_ms=block_interval_ms)


def _attend(net: "Devnet", asked: list[int]) -> None:
    """Stay until somebody asks to stop, with a live table where there is a terminal."""
    from node.cli.devnet_screen import is_possible, run_screen
    from node.devnet import POLL_S

    if is_possible() and not asked:
        run_screen(net, is_asked_to_stop=lambda: bool(asked))
        return
    while not asked:
        pause(POLL_S)


@devnet.command()
@HOME
@JSON
def down(home: Path, *, as_json: bool) -> None:
    """Stop a devnet's nodes.

    Example: aitbc devnet down --home ./devnet
    """
    with progress("stopping the nodes", is_quiet=as_json):
        open_devnet(home).stop()
    print_done(f"stopped the devnet in {home}", {"stopped": str(home)}, as_json=as_json)


@devnet.command()
@HOME
def show(home: Path) -> None:
    """Print what devnet.json says.

    Example: aitbc devnet show --home ./devnet
    """
    click.echo(json.dumps(open_devnet(home).read(), indent=2))


@devnet.command()
@HOME
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C.")
@JSON
def status(home: Path, *, follow: bool, as_json: bool) -> None:
    """Print how each node is, and whether blocks come; exit code 1 where they do not.

    Example: aitbc devnet status --home ./devnet
    """
    from dataclasses import asdict

    from node.devnet_status import look, parts_json, parts_lines, plain_table, rows, verdict

    net = open_devnet(home)
    interval_ms = net.block_interval_ms
    if follow and not as_json:
        from node.cli.devnet_screen import watch

        watch(net)
        return
    states = look(net)
    said = verdict(states, interval_ms=interval_ms)
    if as_json:
        words = [word for *_, word in rows(states)[1:]]
        nodes = [asdict(one) | {"state": word} for one, word in zip(states, words, strict=True)]
        shown = {"verdict": said, "parts": parts_json(states), "nodes": nodes}
        click.echo(json.dumps(shown, indent=2))
    else:
        parts = "".join(f"{line}\n" for line in parts_lines(states))
        click.echo(f"{plain_table(states)}\n\n{parts}{said}")
    sys.exit(0 if said.startswith("FINAL") else 1)


@devnet.command()
@HOME
def env(home: Path) -> None:
    """Print what a shell needs to use the devnet; for eval.

    Example: eval "$(aitbc devnet env --home ./devnet)"
    """
    from shlex import quote

    net = open_devnet(home)
    document = net.read()
    values = {
        URL_VARIABLE: document["nodes"][0]["rpc"],
        "GENESIS": str(net.root / "genesis.json"),
        "GENESIS_HASH": document["genesis_hash"],
    }
    for account in document["accounts"]:
        values[account["name"].upper().replace("-", "_")] = account["address"]
    for name, value in values.items():
        click.echo(f"export {name}={quote(value)}")


@devnet.command()
@HOME
@click.argument("number", type=int)
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C.")
def logs(home: Path, number: int, *, follow: bool) -> None:
    """Print the last lines of a validator's log.

    Example: aitbc devnet logs 0 --home ./devnet
    """
    from node.home import Home
    from node.log_file import read_log

    log = Home(open_devnet(home).find(number).home).log
    for line in read_log(log, count=LOG_LINES, follow=follow):
        click.echo(line, nl=False)


@devnet.command()
@HOME
@click.argument("number", type=int)
@JSON
def kill(home: Path, number: int, *, as_json: bool) -> None:
    """Kill a validator as a power cut would; the others go on while a quorum is left.

    Example: aitbc devnet kill 3 --home ./devnet
    """
    net = open_devnet(home)
    node = net.find(number)
    if not is_running(node.pid, node.home):
        raise ConfigError(detail=f"{node.name} does not run")
    kill_node(node.pid)
    said = f"killed {node.name}; start it again with: aitbc devnet start {number}"
    print_done(said, {"killed": node.name}, as_json=as_json)


@devnet.command()
@HOME
@click.argument("number", type=int)
@JSON
def start(home: Path, number: int, *, as_json: bool) -> None:
    """Start a validator again and wait for its next block; it catches up by itself.

    Example: aitbc devnet start 3 --home ./devnet
    """
    from node.devnet_status import wait_for_block

    net = open_devnet(home)
    node = net.find(number)
    if is_running(node.pid, node.home):
        raise ConfigError(detail=f"{node.name} runs already")
    net.start(node.name)
    if not as_json:
        click.echo(f"started {node.name}; waiting for its next block")
    with progress("no block yet", is_quiet=as_json):
        said = wait_for_block(net, node.name)
    print_done(said, {"started": node.name, "verdict": said}, as_json=as_json)


@devnet.command()
@HOME
@click.argument("address", type=ADDRESS)
@click.argument("amount", type=AMOUNT, default="10")
@JSON
def faucet(home: Path, address: bytes, amount: int, *, as_json: bool) -> None:
    """Give coins of the devnet to an address or a wallet; 10 AITBC unless you say.

    Example: aitbc devnet faucet ait1hd68ls34mz4yhk8xa09uf0jlfq8r6ss6yeeccm 25 --home ./devnet
    """
    from chain.address import format_address
    from chain.primitives import Address
    from node.amounts import format_amount

    url = open_devnet(home).nodes()[0].rpc
    whom = format_address(Address(address))
    with progress("waiting for a block", is_quiet=as_json):
        found = call(url, "dev_faucet", whom, str(amount), timeout_s=FAUCET_S)
    word = "final" if found["isFinal"] else "not final yet"
    said = f"{format_amount(amount)} AITBC to {whom}, {word}: {found['transactionId']}"
    print_done(said, found, as_json=as_json)


def _print_devnet(net: "Devnet", height: int, home: Path) -> None:
    document = net.read()
    click.echo(f"\nheight {height} is final on {len(document['nodes'])} validators")
    click.echo(f"chain id     {document['chain_id']}")
    click.echo(f"genesis hash {document['genesis_hash']}\n")
    click.echo("node          rpc                      p2p")
    for node in document["nodes"]:
        click.echo(f"{node['name']:13} {node['rpc']:24} {node['p2p']}")
    click.echo("\naccount   address                                     private key")
    for account in document["accounts"]:
        click.echo(f"{account['name']:9} {account['address']}  {account['private_key']}")
    click.echo("\nThese keys are public: never use them where money matters.")
    click.echo(f"All of this is in {home / net.file.name}")
    click.echo(f"Look at the chain in a browser: {document['nodes'][0]['rpc']}")
