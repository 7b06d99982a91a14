"""Money as people write it: AITBC with up to six digits after the point."""

import re

from chain.errors import ConfigError
from chain.primitives import AMOUNT_MAX, BASE_UNITS

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,9})(?:\.([0-9]{1,6}))?", re.ASCII)


def format_amount(amount: int) -> str:
    """Return base units as AITBC with all six digits after the point."""
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}{amount // BASE_UNITS:,}.{amount % BASE_UNITS:06}"


def parse_amount(text: str) -> int:
    """Return the base units of AITBC such as ``5`` or ``0.25``, or of ``1,000.5``.

    Raises:
        ConfigError: it is not of that form, or more than can exist.
    """
    found = _AMOUNT.fullmatch(re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?:[,.]|$))", "", text))
    if not found:
        raise ConfigError(
            detail=f"{text!a} is no amount; amounts are AITBC such as 5 or 0.25, with at most six "
            "digits after the point"
        )
    whole, fraction = found.groups(default="")
    amount = int(whole) * BASE_UNITS + int(fraction.ljust(6, "0"))
    if amount > AMOUNT_MAX:
        raise ConfigError(detail=f"{text} AITBC is more than can exist")
    return amount
