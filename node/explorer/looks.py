"""How values look on a page: money, units, hashes, times; all of it exact, nothing rounded away."""

import re
from datetime import UTC, datetime

MICRO_DIGITS = 6
"""Decimals of an AITBC in base units, and of a unit of computation in micro-units."""

NONE = "\N{EN DASH}"
"""Stands where there is nothing to say."""

_SHORT = re.compile(r"0x[0-9a-f]{20,}|ait1[0-9a-z]{20,}", re.ASCII)
_UNIT_WORDS = {"gpu_seconds": "gpu·s", "cpu_seconds": "cpu·s", "tokens": "tokens"}


def amount(base_units: str | int) -> str:
    """Return base units as AITBC: ``1,284.50``, two decimals or as many as there are."""
    return _decimal(int(base_units), least=2)


def units(micro: str | int) -> str:
    """Return micro-units as units: ``10.95``."""
    return _decimal(int(micro), least=0)


def _decimal(micro: int, *, least: int) -> str:
    sign = "-" if micro < 0 else ""
    whole, part = divmod(abs(micro), 10**MICRO_DIGITS)
    digits = f"{part:0{MICRO_DIGITS}d}".rstrip("0").ljust(least, "0")
    return f"{sign}{whole:,}.{digits}" if digits else f"{sign}{whole:,}"


def unit_word(unit_type: str) -> str:
    """Return a short word for a type of unit."""
    return _UNIT_WORDS.get(unit_type, unit_type)


def short(text: str) -> str:
    """Return an address or a hash with its middle left out; other texts as they are."""
    return f"{text[:10]}…{text[-6:]}" if _SHORT.fullmatch(text) else text


def shorter(text: str) -> str:
    """Return an address or a hash as it fits into a narrow column."""
    return f"{text[:8]}…{text[-4:]}" if _SHORT.fullmatch(text) else text


def when(time_ms: int) -> str:
    """Return a time as people read it, in UTC: ``2026-11-24 10:42:01``."""
    return _moment(time_ms).strftime("%Y-%m-%d %H:%M:%S")


def iso(time_ms: int) -> str:
    """Return a time as browsers read it."""
    return _moment(time_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(time_ms: int) -> datetime:
    seconds, part_ms = divmod(time_ms, 1_000)
    return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=part_ms * 1_000)


def age(time_ms: int, now_ms: int) -> str:
    """Return how long ago a time was: ``12s ago``, ``3h ago``."""
    seconds = max(now_ms - time_ms, 0) // 1_000
    for size, word in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{word} ago"
    return f"{seconds}s ago"


def span(milliseconds: int) -> str:
    """Return a length of time in seconds: ``2.04 s``."""
    return f"{milliseconds // 1_000}.{milliseconds % 1_000 // 10:02d} s"


def months(time_ms: int, *, count: int = 12) -> list[str]:
    """Return the months up to a time, such as ``2026-01``, the oldest first."""
    moment = _moment(time_ms)
    last = moment.year * 12 + moment.month - 1
    return [f"{one // 12}-{one % 12 + 1:02d}" for one in range(last - count + 1, last + 1)]


def percent(part: int, whole: int) -> str:
    """Return a share: ``45.9%``; of nothing, a dash."""
    if not whole:
        return NONE
    tenths = (part * 1_000 + whole // 2) // whole
    return f"{tenths // 10}.{tenths % 10}%"


def words(name: str) -> str:
    """Return a camelCase or snake_case name as words: ``settled height``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ")
    return spaced.lower()
