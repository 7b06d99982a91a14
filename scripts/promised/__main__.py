"""The command: makes the run of each promise and prints the table row by row."""

import sys
from pathlib import Path

import click

from scripts.promised import agreeing, paying, storing, surviving
from scripts.promised.promise import Promise, Size, rewritten, row

PROMISES: tuple[Promise, ...] = (
    *agreeing.PROMISES,
    *storing.PROMISES,
    *surviving.PROMISES,
    *paying.PROMISES,
)

BOTH = "small runs are not worth writing down: leave out --quick or --write"

README = Path(__file__).resolve().parents[2] / "README.md"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="The smallest run of each: to see that it works.")
@click.option("--write", is_flag=True, help="Put the table into README.md.")
def main(*, quick: bool, write: bool) -> None:
    """Show what this node promises by runs made now."""
    if quick and write:
        raise click.UsageError(BOTH)
    rows, are_kept = [], True
    for promise in PROMISES:
        click.echo(f"{promise.sentence} ({promise.faults}) …")
        shown = promise.show(Size(is_quick=quick))
        click.echo(f"    {'kept' if shown.is_kept else 'BROKEN'}: {shown.figure}")
        rows.append(row(promise, shown))
        are_kept &= shown.is_kept
    if write:
        README.write_text(rewritten(README.read_text(encoding="utf-8"), rows), encoding="utf-8")
    sys.exit(0 if are_kept else 1)


if __name__ == "__main__":
    main()
