"""Rings when the chain has grown: whoever follows it then looks into the database.

The core's notice rings at once. A look at the database every second makes up for notices that
came while the line to the core was broken, so the bell is never more than late.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

LOOK_S = 1.0
"""Seconds between two looks at the database."""

Listener = Callable[[], None]


class Bell:
    """Calls its listeners once for each height that is new to it."""

    def __init__(self) -> None:
        """Know no height and no listener."""
        self._height = -1
        self._listeners: list[Listener] = []

    def ring(self, height: int) -> None:
        """Tell everyone who listens, unless they have been told of this height."""
        if height <= self._height:
            return
        self._height = height
        for listener in tuple(self._listeners):
            listener()

    @contextmanager
    def heard_by(self, listener: Listener) -> Iterator[None]:
        """Ring for a listener too while the context lasts."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    async def watch(self, tip_height: Callable[[], int]) -> None:
        """Ring for what nobody gave notice of, until cancelled.

        Args:
            tip_height: looks into the database; a look that takes too long is tried again.
        """
        while True:
            with suppress(TimeoutError):
                self.ring(tip_height())
            await asyncio.sleep(LOOK_S)
