"""``aitbc validator export`` and ``import``: a key moves to another machine with what it signed."""

from pathlib import Path

import click

from chain.consensus.sign_state import SignRecord
from genesis.closed_json import read_file
from node.cli.options import HOME, JSON
from node.cli.output import OUTPUT, write_output
from node.cli.screen import print_done
from node.documents import HISTORY_BYTES_MAX
from node.home import Home
from node.signing_history import export_history, import_history


@click.command()
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


@click.command(name="import")
@HOME
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@JSON
def import_(home: Path, file: Path, *, as_json: bool) -> None:
    """Take in what the key has signed elsewhere; it never signs at or below that again.

    Taking in a file twice, or two files in either order, comes to the same.

    Example: aitbc validator import --home ~/aitbc history.json
    """
    record = import_history(Home(home), read_file(file, bytes_max=HISTORY_BYTES_MAX))
    document = None if record is None else _record_shape(record)
    print_done(_binding(record), {"bound": document}, as_json=as_json)


def _record_shape(record: SignRecord) -> dict[str, object]:
    """Return in JSON what binds a key; of a floor only the height is known."""
    if record.is_floor:
        return {"height": record.height, "round": None, "kind": None}
    return {
        "height": record.height,
        "round": record.round,
        "kind": record.kind.name.lower(),
    }


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
