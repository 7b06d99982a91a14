"""How the chain moves, for people: what is awaited when it stands still, how far a sync is."""

from collections import deque
from typing import Protocol

import structlog

from chain.state import Ledger

STILL_MS, STILL_INTERVALS = 3_000, 5
"""Without a block for both so long, the log says what is awaited."""

SAY_MS = 5_000
"""Between two lines of the log about a sync."""

SPAN_MS = 20_000
"""A sync's pace is that of the time just gone, so long at most."""

log = structlog.get_logger()


class Moving(Protocol):
    """What is looked at: the engine."""

    @property
    def ledger(self) -> Ledger:
        """Return the final state."""

    @property
    def best(self) -> int:
        """Return how high the chain is, as far as the node can tell."""

    @property
    def is_behind(self) -> bool:
        """Tell whether the chain is farther than the node."""

    @property
    def round(self) -> int:
        """Return the round of the height being agreed on."""


class Progress:
    """Looks at the engine about once a second and keeps the log calm."""

    def __init__(self, engine: Moving, *, now_ms: int) -> None:
        """Start to watch; ``now_ms`` is by a clock that never goes back."""
        self._engine = engine
        self._moved_ms = now_ms
        self._said_ms: int | None = None
        self._seen: deque[tuple[int, int]] = deque()

    def moved(self, *, now_ms: int) -> None:
        """Note that a block has become final."""
        self._moved_ms = now_ms

    def look(self, *, now_ms: int, peers: int) -> None:
        """Look how things are, and say what an operator should know."""
        if self._engine.is_behind:
            self._follow(now_ms, peers)
            return
        self._seen.clear()
        if self._said_ms is not None:
            self._said_ms = None
            log.info("caught_up", height=self._engine.ledger.height)
        self._say_what_is_awaited(now_ms, peers)

    @property
    def blocks_per_s(self) -> int | None:
        """The pace of a sync; None when there is none or it has just begun."""
        blocks, time_ms = self._gone()
        return blocks * 1_000 // time_ms if time_ms else None

    @property
    def remaining_s(self) -> int | None:
        """Seconds until a sync ends if it keeps its pace; None when that is not known."""
        blocks, time_ms = self._gone()
        left = self._engine.best - self._engine.ledger.height
        return -(-left * time_ms // (blocks * 1_000)) if blocks else None

    def _gone(self) -> tuple[int, int]:
        """Return the blocks that came lately and the milliseconds they took."""
        if not self._seen:
            return 0, 0
        (first_ms, first), (last_ms, last) = self._seen[0], self._seen[-1]
        return last - first, last_ms - first_ms

    def _follow(self, now_ms: int, peers: int) -> None:
        """Measure a sync, and tell of it now and then."""
        height = self._engine.ledger.height
        self._seen.append((now_ms, height))
        while self._seen[0][0] < now_ms - SPAN_MS:
            self._seen.popleft()
        is_said = self._said_ms is not None and now_ms < self._said_ms + SAY_MS
        if is_said or len(self._seen) == 1:  # what is over by the next look is worth no line
            return
        self._said_ms = now_ms
        log.info(
            "catching_up",
            height=height,
            best=self._engine.best,
            rate=self.blocks_per_s,
            remaining_s=self.remaining_s,
            peers=peers,
        )

    def _say_what_is_awaited(self, now_ms: int, peers: int) -> None:
        """Tell that the chain stands still, and whom it takes to go on."""
        ledger, waited_ms = self._engine.ledger, now_ms - self._moved_ms
        if waited_ms < max(STILL_MS, STILL_INTERVALS * ledger.parameters.block_interval_ms):
            return
        self._moved_ms = now_ms
        log.warning(
            "chain_waits",
            height=ledger.height + 1,
            round=max(self._engine.round, 0),
            waited_ms=waited_ms,
            peers=peers,
            quorum=ledger.validators.quorum,
        )
