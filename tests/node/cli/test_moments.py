import pytest

from node.cli.moments import format_moment, parse_moment
from tests.support.command_line import aitbc

NOW_MS = 1_795_665_027_425
"""2026-11-26T03:50:27 UTC, and a bit."""


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("0s", "2026-11-26T03:50:27"),
        ("90s", "2026-11-26T03:48:57"),
        ("90min", "2026-11-26T02:20:27"),
        ("12h", "2026-11-25T15:50:27"),
        ("7d", "2026-11-19T03:50:27"),
        ("2w", "2026-11-12T03:50:27"),
        ("999999w", "1970-01-01T00:00:00"),
        ("2026-01-31", "2026-01-31T00:00:00"),
        ("2026-01-31T12:30", "2026-01-31T12:30:00"),
        ("2026-01-31T12:30:07", "2026-01-31T12:30:07"),
        ("2026-01-31T12:30:07Z", "2026-01-31T12:30:07"),
    ],
)
def test_moment_is_read_and_written_so_that_it_stays(text: str, moment: str) -> None:
    time_ms = parse_moment(text, now_ms=NOW_MS)
    assert time_ms is not None
    assert format_moment(time_ms) == moment
    assert parse_moment(moment, now_ms=0) == time_ms


@pytest.mark.parametrize(
    "text",
    [
        *("", "7", "d", "-7d", "7 d", "7m", "1.5h", "1234567d", "7d\n", "\u0667d"),
        *("2026-13-01", "2026-02-30", "2026-1-1", "2026-01-31T25:00", "2026-01-31 12:00"),
        *("1969-12-31", "2026-01-31T12:00+01:00", "yesterday"),
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    assert parse_moment(text, now_ms=NOW_MS) is None


def test_option_says_how_a_moment_is_written() -> None:
    done = aitbc("receipts", "--since", "yesterday")
    assert done.exit_code == 2
    assert "'yesterday' is no moment; write how long ago, as 90min, 12h or 7d" in done.stderr
