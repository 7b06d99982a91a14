import time

from node.clock import monotonic_ms, now_ms, pause


def test_now_is_unix_milliseconds() -> None:
    assert abs(now_ms() - time.time() * 1_000) < 1_000


def test_monotonic_time_never_goes_back() -> None:
    readings = [monotonic_ms() for _ in range(1_000)]
    assert readings == sorted(readings)
    assert all(isinstance(reading, int) for reading in readings)


def test_pause_lets_time_pass() -> None:
    before = monotonic_ms()
    pause(0.01)
    assert monotonic_ms() - before >= 9
