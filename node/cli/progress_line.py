"""One line on a person's terminal while something takes longer than a moment.

It goes to standard error, and nowhere where nobody looks: a log or a program gets none of it.
"""

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from node.clock import monotonic_ms

FIRST_MS = 400
"""What is over by then was not worth a line."""

PAINT_S = 0.2
MIB = 1024 * 1024
ETA_MS = 3_000
"""Before so long a pace is a guess."""

_ERASE = "\r\x1b[K"


class ProgressLine:
    """What is being done, and how far it is."""

    def __init__(self, what: str, *, unit: str = "") -> None:
        """Say what is being done.

        Args:
            what: such as ``copying the database``.
            unit: of the numbers that are told, such as ``blocks``.
        """
        self._what, self._unit = what, unit
        self._began_ms = monotonic_ms()
        self._done, self._total = 0, 0

    def tell(self, done: int, total: int = 0) -> None:
        """Take note of how much is done, and of how much it is in all, as far as that is known."""
        self._done, self._total = done, total

    def tell_bytes(self, done: int, total: int) -> None:
        """Take note of bytes, which are shown as MiB."""
        self._unit = "MiB"
        self.tell(done // MIB, -(-total // MIB))

    def say(self, what: str) -> None:
        """Go on to something else."""
        self._what, self._done, self._total = what, 0, 0
        self._began_ms = monotonic_ms()

    def text(self, *, now_ms: int) -> str:
        """Return the line at a moment of the monotonic clock."""
        gone_ms = now_ms - self._began_ms
        parts = [self._what]
        if self._total:
            parts.append(f"{min(self._done * 100 // self._total, 100)} %")
            parts.append(f"{self._done:,} of {self._total:,} {self._unit}".rstrip())
        elif self._done:
            parts.append(f"{self._done:,} {self._unit}".rstrip())
        parts.append(f"{gone_ms // 1_000} s")
        if 0 < self._done < self._total and gone_ms >= ETA_MS:
            left_ms = gone_ms * (self._total - self._done) // self._done
            parts.append(f"~{-(-left_ms // 1_000)} s left")
        return "  ".join(parts)

    def paint(self, stop: threading.Event) -> None:
        """Show the line until it is over, then take it away."""
        is_shown = False
        while not stop.wait(PAINT_S):
            now_ms = monotonic_ms()
            if is_shown or now_ms - self._began_ms >= FIRST_MS:
                width = shutil.get_terminal_size().columns - 1
                click.echo(f"{_ERASE}{self.text(now_ms=now_ms)[:width]}", err=True, nl=False)
                is_shown = True
        if is_shown:
            click.echo(_ERASE, err=True, nl=False)


@contextmanager
def progress(what: str, *, unit: str = "", is_quiet: bool = False) -> Iterator[ProgressLine]:
    """Show a line while the context lasts, where a person looks.

    Args:
        what: is being done.
        unit: of what is told.
        is_quiet: whether nothing is shown in any case, as with ``--json``.
    """
    line = ProgressLine(what, unit=unit)
    if is_quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield line
        return
    stop = threading.Event()
    painter = threading.Thread(target=line.paint, args=(stop,), daemon=True)
    painter.start()
    try:
        yield line
    finally:
        stop.set()
        painter.join()
