"""Python imports this file at its start when its folder is on the path: it puts the clock wrong.

A node whose environment names this folder in ``PYTHONPATH`` hands it to its processes, so a real
node runs with a real wrong clock, and nothing of the product knows.
"""

import os
import time

SHIFT_MS = "CLOCK_SHIFT_MS"
"""Name of the variable that says by how many milliseconds the clock is ahead; below 0, behind."""

_true_ns = time.time_ns
_shift_ns = int(os.environ.get(SHIFT_MS, "0")) * 1_000_000


def _wrong_ns() -> int:
    return _true_ns() + _shift_ns


def _wrong_s() -> float:
    return _wrong_ns() / 1_000_000_000


time.time_ns = _wrong_ns
time.time = _wrong_s
