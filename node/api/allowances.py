"""What callers may ask in a time: a bucket for each network, and one more for each key.

A bucket holds ten seconds' worth of calls and fills steadily. Whoever still has something may call,
even if the call costs more than is left: then the caller waits until the debt is paid. So nothing
is too expensive for ever, and over time nobody gets more than the rate.

A full bucket is the same as none, so only those of the last seconds are remembered. There are at
most ``BUCKETS_MAX``: beyond it the one longest unused is forgotten, which is the fullest or nearly
so. A key does not replace the network's bucket, or inventing keys would give new allowances.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from node.api import problems
from node.api.callers import Caller
from node.api.settings import Limits
from node.clock import monotonic_ms

BURST_S = 10
"""Seconds of the rate that a full bucket holds."""

BUCKETS_MAX = 10_000
"""Buckets of one kind; about two megabytes."""

_US = 1_000_000

NowMs = Callable[[], int]
"""Reads a clock that never goes back, in milliseconds."""


class Buckets:
    """Buckets of one rate, each of them a single number: when it will be full again.

    Attributes:
        refused: how often one was empty.
    """

    def __init__(self, rate_per_s: int, *, now_ms: NowMs = monotonic_ms) -> None:
        """Start with full ones.

        Args:
            rate_per_s: cost that each may take a second; 0 for as much as it likes.
            now_ms: the clock.
        """
        self._rate, self._now_ms = rate_per_s, now_ms
        self.refused = 0
        self._full_us: OrderedDict[bytes, int] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._full_us)

    def wait_ms(self, name: bytes) -> int:
        """Return the milliseconds until a bucket has something again; 0 while it has."""
        if not self._rate:
            return 0
        missing_us = self._full_us.get(name, 0) - self._now_us() - BURST_S * _US
        return 0 if missing_us < 0 else missing_us // 1_000 + 1

    def take(self, name: bytes, cost: int) -> None:
        """Take a cost from a bucket, be there enough or not."""
        if not self._rate:
            return
        now_us = self._now_us()
        self._full_us[name] = max(self._full_us.get(name, 0), now_us) - -cost * _US // self._rate
        self._full_us.move_to_end(name)
        self._forget(now_us)

    def _forget(self, now_us: int) -> None:
        """Let go of those longest unused that are full, and of one that is too many."""
        for _ in range(2):
            name, full_us = next(iter(self._full_us.items()))
            if full_us <= now_us or len(self._full_us) > BUCKETS_MAX:
                del self._full_us[name]

    def _now_us(self) -> int:
        return self._now_ms() * 1_000


@dataclass
class Allowance:
    """What one request, or one connection, may still take.

    Attributes:
        buckets: each with the name of its own; all of them pay.
        retry_ms: how long the caller was last told to wait; 0 if it never was.
    """

    buckets: tuple[tuple[Buckets, bytes], ...]
    retry_ms: int = field(default=0, init=False)

    def take(self, cost: int) -> None:
        """Take a cost; nothing can be taken at any time.

        Raises:
            RpcError: a bucket is empty; nothing was taken.
        """
        if not cost:
            return
        wait_ms = max(buckets.wait_ms(name) for buckets, name in self.buckets)
        if wait_ms:
            self.buckets[0][0].refused += 1
            self.retry_ms = wait_ms
            raise problems.too_fast(retry_ms=wait_ms)
        for buckets, name in self.buckets:
            buckets.take(name, cost)

    @property
    def retry_after(self) -> str:
        """The same wait as the header of this name says it: whole seconds, 1 at least."""
        return str(max(1, -(-self.retry_ms // 1_000)))


class Allowances:
    """The buckets of all callers."""

    def __init__(self, limits: Limits, *, now_ms: NowMs = monotonic_ms) -> None:
        """Start with full ones, of the rates in ``limits``."""
        self._networks = Buckets(limits.rate_per_s, now_ms=now_ms)
        self._locals = Buckets(limits.rate_local_per_s, now_ms=now_ms)
        self._keys = Buckets(limits.rate_key_per_s, now_ms=now_ms)

    @property
    def refused(self) -> int:
        """How often a caller was refused since the start."""
        return sum(one.refused for one in (self._networks, self._locals, self._keys))

    def of(self, caller: Caller) -> Allowance:
        """Return what a caller may take; two of one caller share its buckets."""
        own = (self._locals, b"") if caller.is_local else (self._networks, caller.network)
        return Allowance((own,) if caller.key is None else (own, (self._keys, caller.key)))
