"""``aitbc node logs``: what a node writes about itself."""

from pathlib import Path

import click

from node.cli.options import HOME

LINES_SHOWN = 40


@click.command()
@HOME
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C.")
@click.option(
    "--lines",
    "-n",
    "count",
    type=click.IntRange(0, 100_000),
    default=LINES_SHOWN,
    show_default=True,
    help="How many of the last lines.",
)
@click.option(
    "--level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="debug",
    help="The least important level to show.",
)
def logs(home: Path, count: int, level: str, *, follow: bool) -> None:
    """Print the last lines of a node's log, and with --follow those that come.

    The log is the file node.log of the home. A devnet's nodes write it; a node in the foreground
    writes to its terminal, so that you or your system's supervisor choose where that goes.

    Example: aitbc node logs --home ~/aitbc --level warning -n 100
    """
    from chain.errors import ConfigError
    from node.home import Home, is_file
    from node.log_file import read_log
    from node.logs import LEVELS

    place = Home(home)
    place.check()
    if not is_file(place.log):
        detail = (
            f"there is no {place.log}: a node in the foreground logs to its terminal; to keep it "
            f"there, start it with 2>> {place.log}"
        )
        raise ConfigError(detail=detail)
    least = next(one for one in LEVELS if one == level)
    for line in read_log(place.log, count=count, level=least, follow=follow):
        click.echo(line, nl=False)
