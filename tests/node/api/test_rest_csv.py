"""Tables are CSV that every reader reads the same, and no spreadsheet runs."""

import csv
import io
from dataclasses import dataclass

import pytest

from node.api.rest_csv import csv_of


@dataclass
class Row:
    text: object
    number: int | None = None


def cell_of(value: object) -> str:
    rows = list(csv.reader(io.StringIO(csv_of([Row(value)], ["text"]).decode(), newline="")))
    assert rows[0] == ["text"]
    return rows[1][0]


def test_lines_end_as_the_standard_says() -> None:
    assert csv_of([Row("a", 1), Row('b,"c"\n', None)], ["text", "number"]) == (
        b'text,number\r\na,1\r\n"b,""c""\n",\r\n'
    )


def test_table_without_rows_has_its_columns() -> None:
    assert csv_of([], ["text", "number"]) == b"text,number\r\n"


@pytest.mark.parametrize("text", ["=1+1", "+1", "@x", "-x", "-1+1", "\tx", "\rx", "--1"])
def test_formula_is_shown_as_text(text: str) -> None:
    assert cell_of(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "cell"),
    [("-0.000001", "-0.000001"), ("x=1", "x=1"), (-5, "-5"), (True, "true"), (False, "false")],
)
def test_numbers_and_plain_texts_are_as_they_are(value: object, cell: str) -> None:
    assert cell_of(value) == cell


def test_nothing_else_is_a_cell() -> None:
    with pytest.raises(TypeError):
        csv_of([Row([])], ["text"])
