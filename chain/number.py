"""The numbers of a receipt: decimals as people write them, integers as the chain holds them.

``units`` and ``price`` are JSON numbers of at most nine digits before the point and six after it.
They are read from their text into integer micro-units, never through a float; the one float here
is the form RFC 8785 prescribes for writing a number, exact at 15 significant digits.
"""

import re
from dataclasses import dataclass

from chain.errors import MalformedMessage
from chain.primitives import MICRO_UNITS, NUMBER_WHOLE_DIGITS

_NUMBER = re.compile(rf"(0|[1-9][0-9]{{0,{NUMBER_WHOLE_DIGITS - 1}}})(\.[0-9]{{1,6}})?", re.ASCII)
_WHOLE = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_NOT_A_NUMBER = "not of the form 123456789.123456"
_NOT_WHOLE = "not a whole number of at most 16 digits"


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A JSON number as it was written."""

    text: str


def micro_of_number(text: str) -> int:
    """Read ``units`` or ``price`` as an exact decimal of micro-units.

    Args:
        text: the number as written, such as ``2.5`` or ``5.0``.

    Raises:
        MalformedMessage: it has a sign, an exponent, a leading zero or too many digits.
    """
    if not _NUMBER.fullmatch(text):
        raise MalformedMessage(detail=f"a number is {_NOT_A_NUMBER}")
    whole, _, fraction = text.partition(".")
    return int(whole) * MICRO_UNITS + int(fraction.ljust(6, "0"))


def read_micro(value: object) -> object:
    """Read a lexeme as micro-units; anything else is left to the schema.

    Raises:
        ValueError: it is not of the form; the words hold nothing of the value.
    """
    if not isinstance(value, Lexeme):
        return value
    try:
        return micro_of_number(value.text)
    except MalformedMessage:
        raise ValueError(_NOT_A_NUMBER) from None


def read_whole(value: object) -> object:
    """Read a lexeme as a whole number; anything else is left to the schema.

    Raises:
        ValueError: it has a sign, a point, an exponent, a leading zero or too many digits.
    """
    if not isinstance(value, Lexeme):
        return value
    if not _WHOLE.fullmatch(value.text):
        raise ValueError(_NOT_WHOLE)
    return int(value.text)


def canonical_number(micro: int) -> int | float:
    """Return micro-units as the number that RFC 8785 writes; exact up to 15 digits."""
    whole, fraction = divmod(micro, MICRO_UNITS)
    return float(f"{whole}.{fraction:06}") if fraction else whole
