"""Tables as CSV (RFC 4180), safe to open in a spreadsheet.

The columns have the names of the JSON, and null is an empty cell. A text that a spreadsheet would
take for a formula is shown behind an apostrophe; of what the chain holds only labels could be one,
as a number never begins with ``=`` and money never with ``+``.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_of(rows: Iterable[object], columns: Sequence[str]) -> bytes:
    """Return rows with a header line.

    Args:
        rows: things that have an attribute for each column: texts, numbers, booleans or None.
        columns: in their order.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(getattr(row, column)) for column in columns])
    return text.getvalue().encode()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str() if value.startswith(FORMULA_STARTS) and not _is_negative_number(value):
            return f"'{value}"
        case str():
            return value
        case _:
            raise TypeError(type(value))


def _is_negative_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdigit() and text.isascii()
