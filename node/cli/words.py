"""How a person reads the numbers of a node's answers."""

from typing import Any

from chain.primitives import MICRO_UNITS
from node.amounts import format_amount

_SPANS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))


def aitbc_of(amount: object) -> str:
    """Return the AITBC of a decimal string of base units.

    Raises:
        ValueError: it is none.
        TypeError: it is no string.
    """
    if not isinstance(amount, str):
        raise TypeError
    return format_amount(int(amount))


def units_of(item: dict[str, Any]) -> str:
    """Return the units of a receipt, such as ``2.5 gpu_seconds`` or ``1 job``."""
    whole, micro = divmod(int(item["unitsMicro"]), MICRO_UNITS)
    number = f"{whole}.{micro:06}".rstrip("0").rstrip(".")
    name = item["unitType"]
    return f"{number} {name.removesuffix('s') if number == '1' else name}"


def age_of(time_ms: object, *, now_ms: int) -> str:
    """Return how long ago something was, to the largest span that fits."""
    if not isinstance(time_ms, int):
        raise TypeError
    past_ms = max(now_ms - time_ms, 0)
    for span_ms, word in _SPANS:
        if past_ms >= span_ms:
            return f"{past_ms // span_ms} {word}"
    return "now"


def moment_of(time_ms: object) -> str:
    """Return a time as ``2026-01-31 12:00:00`` in UTC."""
    if not isinstance(time_ms, int):
        raise TypeError
    from datetime import UTC, datetime

    try:
        return f"{datetime.fromtimestamp(time_ms / 1_000, UTC):%Y-%m-%d %H:%M:%S}"
    except (OverflowError, OSError):
        raise ValueError from None
