"""The numbers of a receipt, against the arithmetic of integers."""

import random

import pytest
import rfc8785

from chain.errors import MalformedMessage
from chain.number import Lexeme, canonical_number, micro_of_number, read_micro, read_whole
from chain.primitives import UNITS_MICRO_MAX

EDGES = [0, 1, 9, 10, 999_999, 10**6, 10**6 + 1, 5 * 10**6, UNITS_MICRO_MAX - 1, UNITS_MICRO_MAX]


def text_by_integers(micro: int) -> str:
    """Return the shortest decimal of micro-units by integer arithmetic alone."""
    whole, fraction = divmod(micro, 10**6)
    return f"{whole}.{fraction:06}".rstrip("0").rstrip(".")


def values() -> list[int]:
    dice = random.Random(20_240_101)
    digits = (dice.randrange(10 ** dice.randrange(1, 16)) for _ in range(20_000))
    rounded = (dice.randrange(10**9) * 10 ** dice.randrange(7) % 10**15 for _ in range(5_000))
    return [*EDGES, *digits, *rounded]


def test_canonical_number_is_the_shortest_decimal() -> None:
    for micro in values():
        text = rfc8785.dumps(canonical_number(micro)).decode()
        assert text == text_by_integers(micro)
        assert micro_of_number(text) == micro


@pytest.mark.parametrize(
    ("text", "micro"),
    [
        ("0", 0),
        ("0.0", 0),
        ("5", 5_000_000),
        ("5.0", 5_000_000),
        ("5.000000", 5_000_000),
        ("2.5", 2_500_000),
        ("0.000001", 1),
        ("123456789.123456", 123_456_789_123_456),
        ("999999999.999999", UNITS_MICRO_MAX),
    ],
)
def test_reads_exact_decimals(text: str, micro: int) -> None:
    assert micro_of_number(text) == micro
    assert read_micro(Lexeme(text)) == micro


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "+1",
        "01",
        "00",
        ".5",
        "5.",
        "1e5",
        "1E5",
        "1.5e0",
        "5.0000001",
        "1234567890",
        "1_000",
        " 1",
        "1 ",
        "1\n",
        "\u0661",
        "1.\u0661",
        "NaN",
        "Infinity",
        "0x10",
        "1,5",
        "-0",
    ],
)
def test_rejects_every_other_form(text: str) -> None:
    with pytest.raises(MalformedMessage):
        micro_of_number(text)
    with pytest.raises(ValueError, match="not of the form"):
        read_micro(Lexeme(text))


@pytest.mark.parametrize(
    "text", ["-1", "01", "1.0", "1e5", "\u0661", "1\n", "", "12345678901234567"]
)
def test_whole_number_has_one_form(text: str) -> None:
    assert read_whole(Lexeme("0")) == 0
    assert read_whole(Lexeme("1700000000")) == 1_700_000_000
    with pytest.raises(ValueError, match="not a whole number"):
        read_whole(Lexeme(text))


def test_what_is_no_lexeme_is_left_to_the_schema() -> None:
    assert read_whole("7") == "7"
    assert read_micro(None) is None
