"""``aitbc validator``: become a validator, leave, or move to another machine."""

from pathlib import Path

import click

from chain.consensus.sign_state import SignRecord
from genesis.closed_json import read_file
from node.cli.output import OUTPUT, write_output
from node.documents import HISTORY_BYTES_MAX
from node.home import Home
from node.signing_history import export_history, import_history

HOME = click.option(
    "--home",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    required=True,
    help="The node's folder.",
)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def validator() -> None:
    """Become a validator, leave, or move to another machine."""


@validator.command()
@HOME
@OUTPUT
def export(home: Path, output: Path | None) -> None:
    """Write what a stopped node's key has signed, to go with the key to another machine.

    Example: aitbc validator export --home ~/aitbc --output history.json
    """
    write_output(export_history(Home(home)), output)
    click.echo(
        "never start this node again: two nodes with one key are punished as one liar", err=True
    )


@validator.command(name="import")
@HOME
@click.argument("file", type=FILE)
def import_(home: Path, file: Path) -> None:
    """Take in what the key has signed elsewhere; it never signs at or below that again.

    Taking in a file twice, or two files in either order, comes to the same.

    Example: aitbc validator import --home ~/aitbc history.json
    """
    record = import_history(Home(home), read_file(file, bytes_max=HISTORY_BYTES_MAX))
    click.echo(_binding(record))


def _binding(record: SignRecord | None) -> str:
    """Return in words what binds a key."""
    if record is None:
        return "the key has signed nothing so far"
    if record.is_floor:
        return (
            f"the key signs nothing up to the end of height {record.height}, and again from height "
            f"{record.height + 1} on"
        )
    where = f"height {record.height}, round {record.round}, {record.kind.name.lower()}"
    return f"the key goes on after {where}, and signs nothing at or below that"
