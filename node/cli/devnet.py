"""``aitbc devnet``: several validators on one machine."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from chain.errors import ConfigError
from node.cli.devnet_partition import heal, partition
from node.cli.options import ADDRESS, AMOUNT
from node.cli.options import DEVNET_HOME as HOME
from node.clock import pause
from node.devnet import POLL_S, Devnet
from node.process import is_running, kill_node
from node.rpc_client import call

URL_VARIABLE = "AITBC_RPC_URL"
LOG_LINES = 40
FAUCET_S = 30.0
"""Seconds to wait until the coins are there."""


@click.group()
def devnet() -> None:
    """Run several validators on this machine."""


devnet.add_command(partition)
devnet.add_command(heal)


@devnet.command()
@HOME
@click.option("--validators", "-n", type=click.IntRange(1, 16), default=4, show_default=True)
@click.option("--block-interval-ms", type=click.IntRange(50, 600_000), default=1_000)
@click.option("--detach", is_flag=True, help="Return once the first new block is final.")
def up(home: Path, validators: int, block_interval_ms: int, *, detach: bool) -> None:
    """Start a devnet and print its accounts and addresses.

    Example: aitbc devnet up --home ./devnet --validators 4 --detach
    """
    net = Devnet(home)
    if net.exists:
        click.echo(f"continuing the devnet in {home}")
    else:
        click.echo(f"making a devnet of {validators} validators in {home}")
        net.make(validators=validators, block_interval_ms=block_interval_ms)
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _: asked.append(got))
    net.start()
    try:
        click.echo("waiting for the first block")
        height = net.wait_ready(is_asked_to_stop=lambda: bool(asked))
    except ConfigError:
        net.stop()
        raise
    if height:
        _print_devnet(net, height, home)
    if detach and height:
        return
    if height:
        click.echo("\nCtrl-C stops it; the same command continues the chain.")
    _attend(net, asked)
    click.echo("\nstopping")
    net.stop()


def _attend(net: Devnet, asked: list[int]) -> None:
    """Stay until somebody asks to stop, with a live table where there is a terminal."""
    from node.cli.devnet_screen import is_possible, run_screen

    if is_possible() and not asked:
        run_screen(net, is_asked_to_stop=lambda: bool(asked))
        return
    while not asked:
        pause(POLL_S)


@devnet.command()
@HOME
def down(home: Path) -> None:
    """Stop a devnet's nodes.

    Example: aitbc devnet down --home ./devnet
    """
    Devnet(home).stop()
    click.echo(f"stopped the devnet in {home}")


@devnet.command()
@HOME
def show(home: Path) -> None:
    """Print what devnet.json says.

    Example: aitbc devnet show --home ./devnet
    """
    click.echo(json.dumps(Devnet(home).read(), indent=2))


@devnet.command()
@HOME
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(home: Path, *, follow: bool, as_json: bool) -> None:
    """Print how each node is, and whether blocks come; exit code 1 where they do not.

    Example: aitbc devnet status --home ./devnet
    """
    from dataclasses import asdict

    from node.devnet_status import look, parts_json, parts_lines, plain_table, rows, verdict

    net = Devnet(home)
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

    net = Devnet(home)
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

    log = Home(Devnet(home).find(number).home).log
    for line in read_log(log, count=LOG_LINES, follow=follow):
        click.echo(line, nl=False)


@devnet.command()
@HOME
@click.argument("number", type=int)
def kill(home: Path, number: int) -> None:
    """Kill a validator as a power cut would; the others go on while a quorum is left.

    Example: aitbc devnet kill 3 --home ./devnet
    """
    net = Devnet(home)
    node = net.find(number)
    if not is_running(node.pid, node.home):
        raise ConfigError(detail=f"{node.name} does not run")
    kill_node(node.pid)
    click.echo(f"killed {node.name}; start it again with: aitbc devnet start {number}")


@devnet.command()
@HOME
@click.argument("number", type=int)
def start(home: Path, number: int) -> None:
    """Start a validator again and wait for its next block; it catches up by itself.

    Example: aitbc devnet start 3 --home ./devnet
    """
    from node.devnet_status import wait_for_block

    net = Devnet(home)
    node = net.find(number)
    if is_running(node.pid, node.home):
        raise ConfigError(detail=f"{node.name} runs already")
    net.start(node.name)
    click.echo(f"started {node.name}; waiting for its next block")
    click.echo(wait_for_block(net, node.name))


@devnet.command()
@HOME
@click.argument("address", type=ADDRESS)
@click.argument("amount", type=AMOUNT, default="10")
def faucet(home: Path, address: bytes, amount: int) -> None:
    """Give coins of the devnet to an address or a wallet; 10 AITBC unless you say.

    Example: aitbc devnet faucet ait1hd68ls34mz4yhk8xa09uf0jlfq8r6ss6yeeccm 25 --home ./devnet
    """
    from chain.address import format_address
    from chain.primitives import Address
    from node.amounts import format_amount

    url = Devnet(home).nodes()[0].rpc
    whom = format_address(Address(address))
    found = call(url, "dev_faucet", whom, str(amount), timeout_s=FAUCET_S)
    word = "final" if found["isFinal"] else "not final yet"
    click.echo(f"{format_amount(amount)} AITBC to {whom}, {word}: {found['transactionId']}")


@devnet.command()
@HOME
@click.argument("name")
def snapshot(home: Path, name: str) -> None:
    """Put the chain's present state aside, to go back to; the devnet is stopped meanwhile.

    Example: aitbc devnet snapshot before-the-test --home ./devnet
    """
    from node.devnet_snapshots import free_place, take_snapshot

    net = Devnet(home)
    free_place(net, name)
    with _stopped(net):
        take_snapshot(net, name)
    click.echo(f"took the snapshot {name}; go back with: aitbc devnet revert {name}")


@devnet.command()
@HOME
@click.argument("name")
def revert(home: Path, name: str) -> None:
    """Go back to a snapshot; what came after it is gone.

    Example: aitbc devnet revert before-the-test --home ./devnet
    """
    from node.devnet_snapshots import go_back, known_place

    net = Devnet(home)
    known_place(net, name)
    with _stopped(net):
        go_back(net, name)
    click.echo(f"went back to the snapshot {name}")


@contextmanager
def _stopped(net: Devnet) -> Iterator[None]:
    """Stop the nodes that run, and start them again afterwards."""
    running = [node.name for node in net.nodes() if is_running(node.pid, node.home)]
    if running:
        click.echo("stopping the devnet", err=True)
        net.stop()
    try:
        yield
    finally:
        if running:
            click.echo("starting it again", err=True)
            net.start(*running)
            net.wait_ready()


def _print_devnet(net: Devnet, height: int, home: Path) -> None:
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
