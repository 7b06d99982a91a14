"""``aitbc node check``: what may be wrong with a node, and what to do about it."""

from dataclasses import asdict
from pathlib import Path

import click

from node.cli.options import HOME, JSON
from node.cli.progress_line import progress
from node.cli.screen import colour, print_json, printable

_COLOUR_OF = {"ok": "paid", "note": "pending", "wrong": "disputed"}


@click.command()
@HOME
@JSON
@click.pass_context
def check(context: click.Context, home: Path, *, as_json: bool) -> None:
    """Look at a node's home and at the node, and say what is wrong and what to do about it.

    Nothing is changed. Ends with 1 where something is wrong.

    Example: aitbc node check --home ~/aitbc
    """
    from node.checkup import check_home
    from node.home import Home

    with progress("looking at the node", is_quiet=as_json):
        findings = list(check_home(Home(home)))
    if as_json:
        print_json({"findings": [asdict(one) for one in findings]})
    else:
        for one in findings:
            click.echo(
                f"{colour(f'{one.state:<5}', _COLOUR_OF[one.state])}  {one.name:<8}  ", nl=False
            )
            click.echo(printable(one.said))
            if one.advice:
                click.echo(f"{'':17}{printable(one.advice)}")
    if any(one.state == "wrong" for one in findings):
        context.exit(1)
