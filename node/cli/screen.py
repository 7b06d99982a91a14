"""How things look: tables of 80 columns on a terminal, everything in full for programs.

Colours and shortened hashes are for people: neither is written into a file or a pipe. What a node
says is shown as printable ASCII, so that no answer can steer the terminal.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence

import click

HASH_SHOWN = 18
"""Characters of a long hash or address that a narrow screen shows."""

_GAP = "  "
_NARROW = 9
"""Characters below which no column is shortened."""
_COLOURS = {
    "paid": "green",
    "final": "green",
    "open": "green",
    "pending": "yellow",
    "closing": "yellow",
    "disputed": "red",
    "refunded": "red",
    "split": "yellow",
}


def is_terminal() -> bool:
    """Tell whether a person looks at the output."""
    return sys.stdout.isatty()


def print_json(document: object) -> None:
    """Print one document."""
    click.echo(json.dumps(document, indent=2))


def print_line(document: object) -> None:
    """Print one document of a stream in one line, at once."""
    click.echo(json.dumps(document, separators=(",", ":")))
    sys.stdout.flush()


def print_done(sentence: str, document: object, *, as_json: bool) -> None:
    """Print what was done, as a sentence or as a document."""
    if as_json:
        print_json(document)
    else:
        click.echo(sentence)


def printable(text: object) -> str:
    """Return text with a question mark for everything that is not printable ASCII."""
    said = str(text)
    return "".join(one if one.isascii() and one.isprintable() else "?" for one in said)


def shorten(text: str) -> str:
    """Return a long hash or address with its middle left out, where a person looks."""
    if not is_terminal() or len(text) <= HASH_SHOWN:
        return text
    return f"{text[:10]}..{text[-6:]}"


def colour(text: str, word: str) -> str:
    """Return text in the colour of a status; the screen drops it where nobody looks."""
    return click.style(text, fg=_COLOURS[word]) if word in _COLOURS and _is_coloured() else text


def _is_coloured() -> bool:
    return is_terminal() and "NO_COLOR" not in os.environ


def print_fields(fields: Iterable[tuple[str, object]]) -> None:
    """Print names and values below each other; a value that is None is left out."""
    known = [(name, value) for name, value in fields if value is not None]
    width = max((len(name) for name, _ in known), default=0)
    for name, value in known:
        shown = printable(value)
        click.echo(f"{name:<{width}}{_GAP}{colour(shown, shown)}")


def print_table(
    head: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Sequence[str] = (),
    spare: Sequence[str] = (),
) -> None:
    """Print a table.

    Args:
        head: a word for each column; the first is what the row is called, and is never shortened.
        rows: cells; None is a hyphen.
        right: the columns whose cells stand at the right, such as amounts.
        spare: the columns that a narrow terminal does without, the first of them first.
    """
    cells = [["-" if cell is None else printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    widths = _fit(head, widths, spare)
    for index, row in enumerate([[one.upper() for one in head], *cells]):
        line = []
        for name, width, cell in zip(head, widths, row, strict=True):
            if width == 0:
                continue
            shown = cell if len(cell) <= width else f"{cell[: width - 2]}.."
            padded = f"{shown:>{width}}" if name in right else f"{shown:<{width}}"
            line.append(colour(padded, cell) if index else padded)
        click.echo(_GAP.join(line).rstrip())


def _fit(head: Sequence[str], widths: list[int], spare: Sequence[str]) -> list[int]:
    """Return widths that fit the terminal; a column of width 0 is left out."""
    if not is_terminal():
        return widths
    room = shutil.get_terminal_size().columns
    fitted = list(widths)
    for name in spare:
        if _width_of(fitted) > room:
            fitted[list(head).index(name)] = 0
    while _width_of(fitted) > room and max(fitted[1:], default=0) > _NARROW:
        fitted[fitted.index(max(fitted[1:]), 1)] -= 1
    return fitted


def _width_of(widths: Iterable[int]) -> int:
    shown = [width for width in widths if width]
    return sum(shown) + len(_GAP) * (len(shown) - 1)
