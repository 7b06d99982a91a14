"""The one place that reads a clock; everything else is told the time."""

import time


def now_ms() -> int:
    """Return unix milliseconds by the system's clock."""
    return time.time_ns() // 1_000_000


def monotonic_ms() -> int:
    """Return milliseconds since some fixed moment; never goes back."""
    return time.monotonic_ns() // 1_000_000


def monotonic_us() -> int:
    """Return microseconds since some fixed moment; never goes back."""
    return time.monotonic_ns() // 1_000


def pause(seconds: float) -> None:
    """Let the calling thread rest between two looks at something outside this process."""
    time.sleep(seconds)
