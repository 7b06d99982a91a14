"""Ctrl-C and its kin end the run in good order: never while processes are started or ended."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_HEEDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Turns signals into ``KeyboardInterrupt``, at once or when what is under way is done."""

    def __init__(self) -> None:
        """Heed nothing yet."""
        self._holds = 0
        self._is_pending = False

    def heed(self) -> None:
        """Take over the signals of this process."""
        for number in _HEEDED:
            signal.signal(number, self._take)

    def _take(self, *_: object) -> None:
        if self._holds:
            self._is_pending = True
        else:
            raise KeyboardInterrupt

    @contextmanager
    def held(self) -> Iterator[None]:
        """Do what is inside whole; an interrupt meanwhile comes after it."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
        if self._is_pending and not self._holds:
            self._is_pending = False
            raise KeyboardInterrupt
