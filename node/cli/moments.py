"""Moments as people write them: so long ago, or a date and time in UTC."""

import re

import click

from chain.primitives import TIME_MS_MAX

_SPAN = re.compile(r"(\d{1,6})(s|min|h|d|w)", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?Z?)?", re.ASCII)
_MS = {"s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


class MomentType(click.ParamType[int]):
    """A moment, read into unix milliseconds."""

    name = "moment"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read a moment."""
        if isinstance(value, int):
            return value
        from node.clock import now_ms

        moment = parse_moment(value, now_ms=now_ms())
        if moment is None:
            said = "is no moment; write how long ago, as 90min, 12h or 7d, or 2026-01-31T12:00"
            self.fail(f"{value!a} {said}", param, ctx)
        return moment


def parse_moment(text: str, *, now_ms: int) -> int | None:
    """Return the unix milliseconds that a text means, of whole seconds, or None.

    Args:
        text: a span before now, or a date with or without a time, in UTC.
        now_ms: unix milliseconds.
    """
    span = _SPAN.fullmatch(text)
    if span is not None:
        return max(now_ms - int(span[1]) * _MS[span[2]], 0) // 1_000 * 1_000
    if not _TIME.fullmatch(text):
        return None
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        return None
    time_ms = int(moment.timestamp()) * 1_000
    return time_ms if 0 <= time_ms <= TIME_MS_MAX else None


def format_moment(time_ms: int) -> str:
    """Return the text of a moment of whole seconds, which is read as the same at any time."""
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(time_ms // 1_000, UTC):%Y-%m-%dT%H:%M:%S}"


MOMENT = MomentType()
