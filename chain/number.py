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
        raise MalformedMessage(detail="a number is not of the form 123456789.123456")
    whole, _, fraction = text.partition(".")
    return int(whole) * MICRO_UNITS + int(fraction.ljust(6, "0"))


def canonical_number(micro: int) -> int | float:
    """Return micro-units as the number that RFC 8785 writes; exact up to 15 digits."""
    whole, fraction = divmod(micro, MICRO_UNITS)
    return float(f"{whole}.{fraction:06}") if fraction else whole
