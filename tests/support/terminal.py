"""A program on a terminal of its own, with a person in front of it."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

WAIT_S = 90

_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """What the program has printed, and the keys to press."""

    def __init__(self, process: subprocess.Popen[bytes], end: int) -> None:
        """Sit in front of a running program; ``end`` is our end of its terminal."""
        self._process, self._end, self._new = process, end, ""

    def press(self, keys: str) -> None:
        """Press keys, one after the other."""
        os.write(self._end, keys.encode())

    def wait(self, words: str) -> None:
        """Wait until the program has printed words since the last wait."""
        deadline = time.monotonic() + WAIT_S
        while words not in self._new:
            assert time.monotonic() < deadline, f"no {words!r} in {self._new[-2_000:]!r}"
            ready, _, _ = select.select([self._end], [], [], 0.2)
            if ready:
                self._new += _CONTROLS.sub("", os.read(self._end, 65_536).decode(errors="replace"))
        self._new = self._new.partition(words)[2]

    def exit_code(self) -> int:
        """Return the program's exit code, once it has ended."""
        return self._process.wait(timeout=WAIT_S)


@contextmanager
def on_terminal(*arguments: str) -> Iterator[Terminal]:
    """Run ``aitbc`` with these arguments on a terminal, while the context lasts."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "node", *arguments],
        stdin=its,
        stdout=its,
        stderr=its,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120", "LINES": "40"},
        start_new_session=True,
    )
    os.close(its)
    try:
        yield Terminal(process, ours)
    finally:
        process.terminate()
        process.wait(timeout=WAIT_S)
        os.close(ours)
