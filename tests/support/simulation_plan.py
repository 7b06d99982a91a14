"""What one seed of the simulation means: how many validators, what fails, who lies, and when."""

from dataclasses import dataclass
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
)
"""Short waits, so that a seed sees many rounds; delays are shorter in proportion."""

BLOCK_INTERVAL_MS = 100
HEALTHY_DELAY_MS = 20
ROUNDS_WITH_GROUPS = 8
"""Rounds of a height in which a plan by rounds drops messages; later ones are whole."""

Partitions = Literal["none", "time", "round"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The faults of one run; everything after ``faults_end_ms`` is healthy, save the liars."""

    seed: int
    """Decides every throw of the dice."""
    count: int = 4
    """Validators."""
    twins: frozenset[int] = frozenset()
    """Validators that run twice with one key."""
    liars: frozenset[int] = frozenset()
    """Validators that change what they send."""
    loss: float = 0.0
    """Share of messages that vanish."""
    duplication: float = 0.0
    """Share of messages that arrive twice."""
    delay_max_ms: int = HEALTHY_DELAY_MS
    """Longest way of a message; each takes its own time, so they overtake each other."""
    crash: float = 0.0
    """Share of inputs in whose middle a node dies."""
    partitions: Partitions = "none"
    """Groups that cannot hear each other: for a time, or in a round of a height."""
    faults_end_ms: int = 8_000
    """When all is healed and up."""
    deadline_ms: int = 200_000
    """When every honest validator must have decided two heights more."""
    has_real_keys: bool = False
    """Ed25519 in place of the fast oracle."""

    @property
    def byzantine(self) -> frozenset[int]:
        """Return the validators that may appear in evidence."""
        return self.twins | self.liars


def plan_of(seed: int) -> Plan:
    """Return the plan of a seed, out of the whole range of faults that must do no harm."""
    dice = Random(f"plan {seed}")
    count = dice.choice((1, 4, 4, 4, 4, 4, 7))
    faulty = dice.sample(range(count), (count - 1) // 3)
    kind = dice.choice(("none", "twins", "liars"))
    return Plan(
        seed=seed,
        count=count,
        twins=frozenset(faulty if kind == "twins" else ()),
        liars=frozenset(faulty if kind == "liars" else ()),
        loss=dice.choice((0.0, 0.02, 0.1, 0.3)),
        duplication=dice.choice((0.0, 0.2)),
        delay_max_ms=dice.choice((HEALTHY_DELAY_MS, 100, 400)),
        crash=dice.choice((0.0, 0.0, 0.01, 0.03)),
        partitions=dice.choice(("none", "time", "round")),
    )


class Groups:
    """Says who can hear whom."""

    def __init__(self, plan: Plan, nodes: int) -> None:
        self._plan = plan
        self._nodes = nodes
        self._by_name: dict[str, list[int]] = {}

    def separates(self, one: int, other: int, *, now_ms: int, height: int, round_: int) -> bool:
        """Tell whether a message between two nodes is dropped."""
        if self._plan.partitions == "time":
            groups = self._groups(f"time {now_ms // 1_500}")
        elif self._plan.partitions == "round" and round_ < ROUNDS_WITH_GROUPS:
            groups = self._groups(f"round {height} {round_}")
        else:
            return False
        return groups[one] != groups[other]

    def _groups(self, name: str) -> list[int]:
        if name not in self._by_name:
            dice = Random(f"{self._plan.seed} {name}")
            parts = dice.choice((1, 2, 2, 3))
            self._by_name[name] = [dice.randrange(parts) for _ in range(self._nodes)]
        return self._by_name[name]
