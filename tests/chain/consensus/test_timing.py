"""How long validators wait, and which block times they believe."""

import pytest

from chain.consensus.events import TimerKind
from chain.consensus.timing import TIMELY_ROUND_MAX, Timing, is_timely, next_start_ms

NOW = 1_000_000


def test_waits_grow_with_the_round_by_a_constant_step() -> None:
    timing = Timing()
    assert [timing.wait_ms(TimerKind.PROPOSE, round_) for round_ in range(3)] == [1000, 1500, 2000]
    for kind in (TimerKind.PREVOTE, TimerKind.PRECOMMIT):
        assert [timing.wait_ms(kind, round_) for round_ in range(3)] == [300, 500, 700]


def test_no_wait_is_above_the_cap() -> None:
    for kind in TimerKind:
        assert Timing().wait_ms(kind, 10**6) == 30_000


def test_repetitions_slow_down_to_a_constant_pace() -> None:
    waits = [Timing().rebroadcast_wait_ms(count) for count in range(9)]
    assert waits == [1000, 1500, 2250, 3375, 5062, 7593, 10_000, 10_000, 10_000]
    assert Timing().rebroadcast_wait_ms(10**9) == 10_000


@pytest.mark.parametrize(
    ("time_ms", "round_", "expected"),
    [
        (NOW, 0, True),
        (NOW + 500, 0, True),
        (NOW + 501, 0, False),
        (NOW + 501, 9, False),
        (NOW - 2_500, 0, True),
        (NOW - 2_501, 0, False),
        (NOW - 3_500, 1, True),
        (NOW - 3_501, 1, False),
        (NOW - 5_000, 2, True),
        (NOW - 5_001, 2, False),
    ],
)
def test_block_time_must_agree_with_its_arrival(
    *, time_ms: int, round_: int, expected: bool
) -> None:
    assert is_timely(time_ms=time_ms, received_ms=NOW, round_=round_) is expected


def test_network_may_state_its_own_bounds() -> None:
    strict = Timing(precision_ms=0, delay_ms=10)
    assert is_timely(time_ms=NOW - 10, received_ms=NOW, round_=0, timing=strict)
    assert not is_timely(time_ms=NOW + 1, received_ms=NOW, round_=0, timing=strict)


def test_patience_with_old_blocks_stops_growing_at_a_round_nobody_reaches() -> None:
    last, later = (
        {"received_ms": 10**12, "round_": TIMELY_ROUND_MAX + more} for more in (0, 10**9)
    )
    old_ms = 10**12 - Timing().delay_ms * 3**TIMELY_ROUND_MAX // 2**TIMELY_ROUND_MAX - 500
    for bounds in (last, later):
        assert is_timely(time_ms=old_ms, **bounds)
        assert not is_timely(time_ms=old_ms - 1, **bounds)


@pytest.mark.parametrize(
    ("last_ms", "now_ms", "expected"),
    [
        (0, NOW, NOW),
        (NOW - 300, NOW, NOW + 700),
        (NOW - 1_000, NOW, NOW),
        (NOW - 600_000, NOW, NOW),
        (NOW + 600_000, NOW, NOW + 1_000),
    ],
)
def test_height_starts_an_interval_after_the_last_whatever_the_clock_did(
    *, last_ms: int, now_ms: int, expected: int
) -> None:
    assert next_start_ms(last_ms=last_ms, now_ms=now_ms, interval_ms=1_000) == expected


def test_least_time_after_the_parent_never_comes_from_the_future() -> None:
    parent_ms = NOW + 600_000
    for time_ms, expected in ((parent_ms + 1, True), (parent_ms + 2, False)):
        timely = is_timely(time_ms=time_ms, received_ms=NOW, round_=0, parent_ms=parent_ms)
        assert timely is expected
    old_ms = NOW - 10_000
    assert not is_timely(time_ms=old_ms + 1, received_ms=NOW, round_=0, parent_ms=old_ms)
