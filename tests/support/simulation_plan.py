"""What one seed of the simulation means: who takes part, what fails, who lies, and when."""

from dataclasses import dataclass, field
from random import Random
from typing import Literal

from chain.consensus.timing import Timing

TIMING = Timing(
    propose_ms=300,
    propose_step_ms=100,
    vote_ms=100,
    vote_step_ms=50,
    wait_max_ms=5_000,
    rebroadcast_ms=300,
    rebroadcast_max_ms=2_000,
    listen_min_ms=300,
    listen_max_ms=600,
)
"""Short waits, so that a seed sees many rounds; delays are shorter in proportion."""

HEALTHY_DELAY_MS = 20
ROUNDS_WITH_GROUPS = 8
"""Rounds of a height in which a plan by rounds drops messages; later ones are whole."""

REAL_KEYS_EVERY = 40
"""One seed in so many signs with Ed25519; the others with the oracle, which is much faster."""

Partitions = Literal["none", "time", "round"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What goes wrong, and until when."""

    loss: float = 0.0
    """Share of messages, gossip and answers that vanish."""
    duplication: float = 0.0
    """Share of them that arrive twice."""
    delay_max_ms: int = HEALTHY_DELAY_MS
    """Longest way; each thing takes its own time, so they overtake each other."""
    crash: float = 0.0
    """Share of events in whose middle a node dies; it is up again within a second."""
    partitions: Partitions = "none"
    """Groups that cannot hear each other: for a time, or in a round of a height."""
    has_sync: bool = True
    """Whether blocks that others have finished are told of and handed on; consensus must do
    without, as sync heals what consensus breaks and so hides it."""
    until_ms: int = 3_000
    """Milliseconds after the start when all is well again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run; everything after the faults is healthy, save the liars."""

    seed: int = 0
    """Decides every throw of the dice."""
    count: int = 4
    """Validators."""
    observers: int = 0
    """Full nodes that only follow."""
    twins: frozenset[int] = frozenset()
    """Validators that run twice with one key."""
    liars: frozenset[int] = frozenset()
    """Validators whose nodes change what they send."""
    leaver: int | None = None
    """A validator that leaves during the run, after a new one has joined; None for neither."""
    faults: Faults = field(default_factory=Faults)
    """What the network and the machines do."""
    deadline_ms: int = 200_000
    """When every node must have decided two heights more and all trade must be final."""
    trades: int = 6
    """Transactions that people hand in during the run."""
    has_real_keys: bool = False
    """Ed25519 in place of the fast oracle."""

    @property
    def byzantine(self) -> frozenset[int]:
        """Return the validators that may contradict themselves."""
        return self.twins | self.liars


def plan_of(seed: int) -> Plan:
    """Return the plan of a seed, out of the whole range of faults that must do no harm."""
    dice = Random(f"plan {seed}")
    count = dice.choice((1, 4, 4, 4, 4, 4, 4, 7))
    faulty = frozenset(dice.sample(range(count), (count - 1) // 3))
    honest = sorted(frozenset(range(count)) - faulty)
    kind = dice.choice(("none", "twins", "liars"))
    return Plan(
        seed=seed,
        count=count,
        observers=dice.choice((0, 0, 1)),
        twins=faulty if kind == "twins" else frozenset(),
        liars=faulty if kind == "liars" else frozenset(),
        leaver=dice.choice((None, None, None, dice.choice(honest))),
        faults=Faults(
            loss=dice.choice((0.0, 0.02, 0.1, 0.3)),
            duplication=dice.choice((0.0, 0.2)),
            delay_max_ms=dice.choice((HEALTHY_DELAY_MS, 100, 400)),
            crash=dice.choice((0.0, 0.0, 0.005, 0.02)),
            partitions=dice.choice(("none", "time", "round")),
            has_sync=dice.random() >= 0.25,
            until_ms=2_500,
        ),
        has_real_keys=seed % REAL_KEYS_EVERY == REAL_KEYS_EVERY - 1,
    )


class Groups:
    """Says who can hear whom."""

    def __init__(self, seed: int) -> None:
        """Draw the groups of this seed."""
        self._seed = seed
        self._groups: dict[tuple[str, str], int] = {}

    def separates(
        self, one: str, other: str, *, partitions: Partitions, now_ms: int, place: tuple[int, int]
    ) -> bool:
        """Tell whether something is dropped between two nodes, at a (height, round)."""
        if partitions == "time":
            name = f"time {now_ms // 700}"
        elif partitions == "round" and place[1] < ROUNDS_WITH_GROUPS:
            name = f"round {place}"
        else:
            return False
        return self._group(name, one) != self._group(name, other)

    def _group(self, name: str, node: str) -> int:
        key = (name, node)
        if key not in self._groups:
            parts = Random(f"{self._seed} {name}").choice((1, 2, 2, 3))
            self._groups[key] = Random(f"{self._seed} {name} {node}").randrange(parts)
        return self._groups[key]
