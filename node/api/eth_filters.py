"""Filters that callers poll: each a place in the chain, kept until nobody has asked for a while."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from node.api import problems
from node.api.callers import Caller
from node.api.eth_forms import LogFilter
from node.clock import monotonic_ms

FILTERS_MAX = 1_024
"""Of all callers together."""

FILTERS_OF_ONE_MAX = 32
"""Of one network, unless it is this machine, where proxies call for many."""

EXPIRY_MS = 5 * 60 * 1_000
"""After the last question."""

_ID_BITS = 62


class Followed(Enum):
    """What a filter follows."""

    BLOCKS = auto()
    TRANSACTIONS = auto()
    LOGS = auto()


@dataclass
class EthFilter:
    """One of them.

    Attributes:
        id: what its caller knows it by; nobody else can guess it.
        network: of the caller that made it.
        followed: what it tells of.
        wanted: which logs; None for other things.
        next_height: where its next answer begins.
        asked_ms: when it was last asked, of a clock that never goes back.
        turn: held while it is asked.
    """

    id: str
    network: bytes
    followed: Followed
    wanted: LogFilter | None
    next_height: int
    asked_ms: int
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class EthFilters:
    """Those of all callers."""

    def __init__(self, now_ms: Callable[[], int] = monotonic_ms) -> None:
        """Start with none."""
        self._now_ms = now_ms
        self._open: dict[str, EthFilter] = {}

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._open)

    def make(
        self, caller: Caller, followed: Followed, next_height: int, wanted: LogFilter | None = None
    ) -> str:
        """Make a filter, and return its id.

        Raises:
            RpcError: there are too many.
        """
        now_ms = self._now_ms()
        self._forget(now_ms)
        count = Counter(one.network for one in self._open.values())[caller.network]
        if count >= FILTERS_OF_ONE_MAX and not caller.is_local:
            raise _too_many(FILTERS_OF_ONE_MAX)
        if len(self._open) >= FILTERS_MAX:
            raise _too_many(FILTERS_MAX)
        filter_id = hex(1 << _ID_BITS | secrets.randbits(_ID_BITS))
        self._open[filter_id] = EthFilter(
            filter_id, caller.network, followed, wanted, next_height, now_ms
        )
        return filter_id

    def find(self, filter_id: str) -> EthFilter:
        """Return a filter, which lives on for another while.

        Raises:
            RpcError: there is none, or no more.
        """
        now_ms = self._now_ms()
        self._forget(now_ms)
        found = self._open.get(filter_id)
        if found is None:
            raise problems.filter_not_found()
        found.asked_ms = now_ms
        return found

    def remove(self, filter_id: str) -> bool:
        """Take a filter off, and return whether it was there."""
        self._forget(self._now_ms())
        return self._open.pop(filter_id, None) is not None

    def _forget(self, now_ms: int) -> None:
        late = [one.id for one in self._open.values() if now_ms - one.asked_ms > EXPIRY_MS]
        for filter_id in late:
            del self._open[filter_id]


def _too_many(limit: int) -> problems.RpcError:
    message = f"there are {limit} filters already: take one off, or wait until one expires"
    return problems.limit_error("too_many_filters", message, limit=limit)
