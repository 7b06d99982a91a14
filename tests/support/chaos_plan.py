"""What is done to a running devnet, and when: drawn from a seed, so that it can be drawn again."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.support.relays import Route, Weather

STAGGER_S = 0.5
"""Faults of one round begin within so many seconds."""

SLOW_S = 0.3
"""Seconds by which slow links delay everything."""


class Kind(StrEnum):
    """A fault, in the words of a report."""

    CORE_KILLED = "core killed"
    NETWORK_KILLED = "network edge killed"
    API_KILLED = "API edge killed"
    NODE_KILLED = "node killed"
    TWO_KILLED = "two of four killed"
    ALL_KILLED = "all killed"
    NODE_STOPPED = "node stopped"
    NODE_FROZEN = "node frozen"
    CORE_FROZEN = "core frozen"
    NETWORK_FROZEN = "network edge frozen"
    LINK_CUT = "link cut"
    ONE_APART = "partition 1-3"
    HALVES_APART = "partition 2-2"
    LINKS_SLOW = "links slow"


LINKS = (Kind.LINK_CUT, Kind.ONE_APART, Kind.HALVES_APART, Kind.LINKS_SLOW)
"""Faults of the network; they strike no process."""

HALTING = (Kind.TWO_KILLED, Kind.ALL_KILLED, Kind.HALVES_APART)
"""Faults that leave no quorum of four; the chain stands still until they are healed."""

LASTS_S = {Kind.NETWORK_KILLED: (0, 0), Kind.API_KILLED: (0, 0)}
"""Seconds at least and at most; an edge comes back by itself."""

BRIEF_S, LONG_S = (1.0, 4.0), (1.0, 16.0)
"""Of all other faults. The long ones outlast the 12 s after which a silent peer is cut off, and the
10 s after which a core kills a silent edge."""


@dataclass(frozen=True)
class Fault:
    """One fault of a round.

    Attributes:
        kind: what is done.
        nodes: whose processes are struck.
        routes: which the weather changes.
        weather: of these routes while it lasts.
        delay_s: of these routes while it lasts.
        begins_s: seconds from the start of the round.
        lasts_s: seconds until it is healed.
    """

    kind: Kind
    nodes: tuple[int, ...]
    routes: tuple[Route, ...]
    weather: Weather
    delay_s: float
    begins_s: float
    lasts_s: float

    def __str__(self) -> str:
        """Say what is done to whom for how long."""
        where = "".join(f" {node}" for node in self.nodes)
        if self.routes and self.kind is not Kind.LINKS_SLOW:
            links = sorted({"-".join(map(str, sorted(route))) for route in self.routes})
            where = f" {' '.join(links)} {self.weather.value}"
        return f"{self.kind}{where} for {self.lasts_s:.1f} s"


class Deck:
    """Deals faults so that each kind comes before any comes again."""

    def __init__(
        self,
        seed: int,
        *,
        nodes: int = 4,
        lasts_s: tuple[float, float] = LONG_S,
        kinds: Sequence[Kind] = tuple(Kind),
    ) -> None:
        """Shuffle.

        Args:
            seed: the same one deals the same faults.
            nodes: how many there are to be struck.
            lasts_s: seconds at least and at most.
            kinds: that are dealt.
        """
        self._all = kinds
        self._dice = random.Random(seed)
        self._nodes, self._lasts_s = nodes, lasts_s
        self._kinds: list[Kind] = []

    def deal(self, *, most: int) -> list[Fault]:
        """Return the faults of one round: one, and others that leave its nodes alone.

        Args:
            most: how many at most.
        """
        self._shuffle()
        free = self._dice.sample(range(self._nodes), self._nodes)
        dealt: list[Fault] = []
        for kind in list(self._kinds):
            wanted = self._count(kind)
            is_second_of_links = kind in LINKS and any(one.routes for one in dealt)
            if len(dealt) == most or wanted > len(free) or is_second_of_links:
                continue
            self._kinds.remove(kind)
            struck, free = free[:wanted], free[wanted:]
            dealt.append(self._fault(kind, sorted(struck)))
        return dealt

    @property
    def is_dealt(self) -> bool:
        """Whether each kind has come as often as any other."""
        return not self._kinds

    def _shuffle(self) -> None:
        if not self._kinds:
            self._kinds = self._dice.sample(self._all, len(self._all))

    def _count(self, kind: Kind) -> int:
        """Return how many nodes a fault strikes."""
        return {Kind.TWO_KILLED: 2, Kind.ALL_KILLED: self._nodes}.get(kind, int(kind not in LINKS))

    def _fault(self, kind: Kind, nodes: Sequence[int]) -> Fault:
        dice = self._dice
        weather = Weather.OPEN
        if kind in LINKS and kind is not Kind.LINKS_SLOW:
            weather = dice.choice((Weather.REFUSED, Weather.SILENT))
        least_s, most_s = LASTS_S.get(kind, self._lasts_s)
        return Fault(
            kind=kind,
            nodes=tuple(nodes),
            routes=self._routes(kind),
            weather=weather,
            delay_s=SLOW_S if kind is Kind.LINKS_SLOW else 0.0,
            begins_s=dice.uniform(0, STAGGER_S),
            lasts_s=dice.uniform(least_s, most_s),
        )

    def _routes(self, kind: Kind) -> tuple[Route, ...]:
        order = self._dice.sample(range(self._nodes), self._nodes)
        here, there = {
            Kind.LINK_CUT: (order[:1], order[1:2]),
            Kind.ONE_APART: (order[:1], order[1:]),
            Kind.HALVES_APART: (order[: self._nodes // 2], order[self._nodes // 2 :]),
            Kind.LINKS_SLOW: (order, order),
        }.get(kind, ([], []))
        ways = {(one, other) for one in here for other in there if one != other}
        return tuple(sorted(ways | {(other, one) for one, other in ways}))
