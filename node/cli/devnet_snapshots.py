"""``aitbc devnet snapshot`` and ``revert``: the chain as it was, under a name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from node.cli.options import DEVNET_HOME, JSON, open_devnet
from node.cli.progress_line import progress
from node.cli.screen import print_done
from node.process import is_running

if TYPE_CHECKING:
    from node.devnet import Devnet


@click.command()
@DEVNET_HOME
@click.argument("name")
@JSON
def snapshot(home: Path, name: str, *, as_json: bool) -> None:
    """Put the chain's present state aside, to go back to; the devnet is stopped meanwhile.

    Example: aitbc devnet snapshot before-the-test --home ./devnet
    """
    from node.devnet_snapshots import free_place, take_snapshot

    net = open_devnet(home)
    free_place(net, name)
    with _stopped(net, "copying the chain", is_quiet=as_json):
        take_snapshot(net, name)
    said = f"took the snapshot {name}; go back with: aitbc devnet revert {name}"
    print_done(said, {"snapshot": name}, as_json=as_json)


@click.command()
@DEVNET_HOME
@click.argument("name")
@JSON
def revert(home: Path, name: str, *, as_json: bool) -> None:
    """Go back to a snapshot; what came after it is gone.

    Example: aitbc devnet revert before-the-test --home ./devnet
    """
    from node.devnet_snapshots import go_back, known_place

    net = open_devnet(home)
    known_place(net, name)
    with _stopped(net, "putting the chain back", is_quiet=as_json):
        go_back(net, name)
    said = f"went back to the snapshot {name}"
    print_done(said, {"snapshot": name}, as_json=as_json)


@contextmanager
def _stopped(net: "Devnet", what: str, *, is_quiet: bool) -> Iterator[None]:
    """Stop the nodes that run, and start them again afterwards.

    Args:
        net: the devnet.
        what: is done meanwhile, for people.
        is_quiet: whether nobody is told.
    """
    running = [node.name for node in net.nodes() if is_running(node.pid, node.home)]
    with progress("stopping the devnet", is_quiet=is_quiet) as line:
        if running:
            net.stop()
        line.say(what)
        try:
            yield
        finally:
            if running:
                line.say("starting the devnet again")
                net.start(*running)
                net.wait_ready()
