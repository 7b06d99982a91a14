"""Which form of an answer a caller takes: JSON, or CSV where the answer is a table."""

import re
from typing import Final

from node.api import problems

JSON: Final = "application/json"
CSV: Final = "text/csv"
FORMAT: Final = "format"
"""The name in a query that says it too: ``csv`` or ``json``; it comes before Accept."""

_OFFERED: Final = {"json": JSON, "csv": CSV}
_RANGE: Final = re.compile(r"([\w.+*-]+/[\w.+*-]+)\s*(;.*)?", re.ASCII)
_WEIGHT: Final = re.compile(r";\s*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)", re.ASCII)


def wanted_type(accept: str | None, format_name: str | None, *, has_table: bool) -> str:
    """Return the media type of the answer.

    Args:
        accept: the header, if there is one.
        format_name: of the query, if there is one.
        has_table: whether there is CSV.

    Raises:
        RpcError: the caller takes none that there is.
    """
    offered = (JSON, CSV) if has_table else (JSON,)
    if format_name is not None:
        named = _OFFERED.get(format_name)
        if named is None or named not in offered:
            raise problems.invalid_param(path=FORMAT, msg=f"it is one of: {_names(offered)}")
        return named
    if accept is None or not accept.strip():
        return JSON
    weights = _weights(accept)
    best = max(offered, key=lambda one: _weight_of(one, weights))
    if not _weight_of(best, weights):
        raise problems.not_acceptable(has_table=has_table)
    return best


def _names(offered: tuple[str, ...]) -> str:
    return ", ".join(name for name, one in _OFFERED.items() if one in offered)


def _weights(accept: str) -> dict[str, int]:
    """Return the weight of each range in thousandths; what cannot be read is left out."""
    found = {}
    for part in accept.lower().split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is not None:
            weight = _WEIGHT.search(match[2] or "")
            digits = weight[1].replace(".", "").ljust(4, "0") if weight else "1000"
            found[match[1]] = int(digits)
    return found


def _weight_of(media_type: str, weights: dict[str, int]) -> int:
    """Return the weight of the narrowest range that a type is in."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    return next((weights[one] for one in ranges if one in weights), 0)
