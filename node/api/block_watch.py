"""Counts blocks as they become final, from where the chain stands when the edge starts."""

import asyncio

from chain.store.follow_queries import FollowReader
from node.api.counters import Counters
from node.api.services import Services


class BlockWatch:
    """Follows the chain for the counters."""

    def __init__(self, services: Services, counters: Counters) -> None:
        """Begin after the last block.

        Raises:
            TimeoutError: the database does not answer in time.
        """
        self._services, self._counters = services, counters
        self._woken = asyncio.Event()
        with services.reading() as reader:
            self._place, self._last_ms = FollowReader(reader).end(), reader.tip().time_ms

    async def run(self) -> None:
        """Count, until cancelled.

        Raises:
            StoreError: the database failed.
        """
        with self._services.core.bell.heard_by(self._woken.set):
            while True:
                await self._woken.wait()
                self._woken.clear()
                self._look()
                await asyncio.sleep(0)

    def _look(self) -> None:
        """Count a run of blocks; whatever is not read now is read when it rings again."""
        try:
            with self._services.reading() as reader:
                run = FollowReader(reader).blocks(self._place)
        except TimeoutError:
            return
        self._place = run.place
        self._last_ms = self._counters.blocks(self._last_ms, run.items)
        if not run.is_last:
            self._woken.set()
