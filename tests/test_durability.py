"""What the disk keeps through kills, losses of power, faults and flipped bits.

The real writer and the real sign log, watched at every call that changes the disk; the figures
are those of ``tests/support/storage_run.py``, which counts larger numbers for ``scripts/soak``.
"""

import pytest

from tests.support.storage_figures import Figures
from tests.support.storage_run import ALL, Run, run, why_not

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(why_not() is not None, reason=str(why_not())),
]


def check_sound(figures: Figures) -> None:
    """Check that nothing was lost, forgotten or damaged; a failure names what repeats it."""
    assert figures.damaged == []
    assert figures.lost == 0, figures
    assert figures.forgotten == 0, figures
    assert figures.is_sound


def test_process_killed_at_any_call_leaves_a_whole_state_and_no_second_vote() -> None:
    figures = run(Run.CRASHES, cases=ALL)
    check_sound(figures)
    assert figures.cases > 1.5 * figures.calls > 450


def test_power_lost_at_any_moment_takes_nothing_that_was_promised() -> None:
    figures = run(Run.POWER, cases=1_000)
    check_sound(figures)
    assert figures.cases == 1_000
    assert len(figures.notes) == 4


def test_what_a_killed_process_left_is_safe_before_the_next_one_acts_on_it() -> None:
    check_sound(run(Run.RESTARTS, cases=ALL))


def test_control_that_does_not_sync_loses_blocks_and_forgets_votes() -> None:
    figures = run(Run.CONTROL, cases=100)
    assert figures.lost > 10
    assert figures.forgotten > 10


def test_disk_that_fails_at_any_call_stops_the_node_and_loses_nothing() -> None:
    figures = run(Run.FAULTS, cases=400)
    check_sound(figures)
    assert figures.notes["stopped"] > figures.cases // 2
    assert all("disk" in one or "sign log" in one for one in figures.sentences), figures.sentences


def test_flipped_bit_of_the_database_is_refused_found_or_harmless() -> None:
    figures = run(Run.DATABASE_FLIPS, cases=200)
    check_sound(figures)
    assert {"refused", "found by the full check", "harmless"} <= set(figures.notes)


def test_flipped_bit_of_the_write_ahead_log_takes_blocks_but_no_vote() -> None:
    figures = run(Run.WAL_FLIPS, cases=100)
    check_sound(figures)
    assert {"last blocks gone, votes kept"} <= set(figures.notes)


def test_flipped_bit_of_the_sign_log_is_refused_or_harmless() -> None:
    figures = run(Run.LOG_FLIPS, cases=150)
    check_sound(figures)
    assert figures.notes["refused"] > 100
