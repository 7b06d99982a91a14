"""``aitbc devnet``: several validators on one machine."""

import json
import signal
from pathlib import Path

import click

from chain.errors import ConfigError
from node.clock import pause
from node.devnet import POLL_S, Devnet

HOME = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("devnet"),
    show_default=True,
    help="The devnet's folder; an existing one continues its chain.",
)


@click.group()
def devnet() -> None:
    """Run several validators on this machine."""


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
    while not asked:
        pause(POLL_S)
    click.echo("\nstopping")
    net.stop()


@devnet.command()
@HOME
def down(home: Path) -> None:
    """Stop a devnet's nodes.

    Example: aitbc devnet down --home ./devnet
    """
    net = Devnet(home)
    net.stop()
    click.echo(f"stopped the devnet in {home}")


@devnet.command()
@HOME
def show(home: Path) -> None:
    """Print what devnet.json says.

    Example: aitbc devnet show --home ./devnet
    """
    click.echo(json.dumps(Devnet(home).read(), indent=2))


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
