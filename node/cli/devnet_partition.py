"""``aitbc devnet partition`` and ``heal``: what a chain does that is cut in parts."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from node.cli.options import DEVNET_HOME, JSON, open_devnet
from node.cli.progress_line import progress
from node.cli.screen import print_done

if TYPE_CHECKING:
    from node.devnet import Devnet


class GroupType(click.ParamType[tuple[int, ...]]):
    """Numbers of validators with commas between them."""

    name = "group"

    def convert(
        self,
        value: str | tuple[int, ...],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[int, ...]:
        """Read the numbers."""
        if isinstance(value, tuple):
            return value
        numbers = value.split(",")
        if not all(one.isascii() and one.isdecimal() and len(one) < 4 for one in numbers):  # noqa: PLR2004 - no devnet is so large
            self.fail(f"{value!a} is no list of validators such as 0,1", param, ctx)
        return tuple(map(int, numbers))


@click.command()
@DEVNET_HOME
@click.argument("groups", metavar="GROUP...", type=GroupType(), nargs=-1, required=True)
@JSON
def partition(home: Path, groups: tuple[tuple[int, ...], ...], *, as_json: bool) -> None:
    """Cut the devnet in parts, until it is healed or its nodes are started anew.

    A GROUP is validators with commas between them. Those that are in none are one more part
    together, so that 3 alone cuts validator 3 off from the others. A part with more than two thirds
    of all votes goes on; any other stands still, so no two of them ever decide different blocks.

    Example: aitbc devnet partition 0,1 2,3 --home ./devnet
    """
    from node.devnet_partition import parts_of, separate, wait_apart

    net = open_devnet(home)
    parts = parts_of(groups, count=len(net.nodes()))
    with progress("cutting", is_quiet=as_json):
        separate(net, parts)
        wait_apart(net)
    _say(net, as_json=as_json)
    click.echo("heal it with: aitbc devnet heal", err=True)


@click.command()
@DEVNET_HOME
@JSON
def heal(home: Path, *, as_json: bool) -> None:
    """Link all validators again; who stood still catches up by itself.

    Example: aitbc devnet heal --home ./devnet
    """
    from node import devnet_partition

    net = open_devnet(home)
    with progress("linking all validators", is_quiet=as_json):
        devnet_partition.heal(net)
        devnet_partition.wait_linked(net)
    _say(net, as_json=as_json)


def link_again(net: "Devnet") -> None:
    """Heal a devnet that is cut in parts, so that it comes up whole."""
    from node import devnet_partition
    from node.devnet_status import look

    if any(one.cut for one in look(net)):
        click.echo("it is cut in parts; linking them again", err=True)
        devnet_partition.heal(net)


def _say(net: "Devnet", *, as_json: bool) -> None:
    """Print which parts there are, and which of them can decide."""
    from node.devnet_status import look, parts_json, parts_lines

    states = look(net)
    said = "\n".join(parts_lines(states)) or "healed: every validator hears all others"
    print_done(said, {"parts": parts_json(states)}, as_json=as_json)
