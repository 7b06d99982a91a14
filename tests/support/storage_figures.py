"""What the runs on failing disks count."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tests.support.storage_life import Loss

Point = TypeVar("Point")


@dataclass
class Figures:
    """Counts of one kind of run; two of them add up.

    Attributes:
        cases: disks that were looked at.
        calls: that change the disk, in one undisturbed life.
        lost: disks that lacked a block that was acknowledged.
        lost_most: acknowledged blocks that one of them lacked at most.
        forgotten: disks whose validator would have contradicted a message that it had sent.
        damaged: what was wrong with disks that were not whole, each with what repeats it.
        notes: how often each thing happened that is worth counting.
        sentences: what a node said that stopped.
    """

    cases: int = 0
    calls: int = 0
    lost: int = 0
    lost_most: int = 0
    forgotten: int = 0
    damaged: list[str] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)
    sentences: set[str] = field(default_factory=set)

    def add(self, case: str, verdict: Loss | str) -> None:
        """Count a disk that was looked at."""
        self.cases += 1
        if isinstance(verdict, str):
            self.damaged.append(f"{case}: {verdict}")
            return
        self.lost += verdict.blocks > 0
        self.lost_most = max(self.lost_most, verdict.blocks)
        self.forgotten += verdict.messages > 0

    def note(self, what: str) -> None:
        """Count something that happened."""
        self.notes[what] = self.notes.get(what, 0) + 1

    @property
    def is_sound(self) -> bool:
        """Whether nothing was lost, forgotten or damaged, and something was looked at."""
        return self.cases > 0 and not (self.lost or self.forgotten or self.damaged)


def total(parts: Iterable[Figures]) -> Figures:
    """Add up the parts of one run."""
    whole = Figures()
    for part in parts:
        whole.cases += part.cases
        whole.calls = max(whole.calls, part.calls)
        whole.lost += part.lost
        whole.lost_most = max(whole.lost_most, part.lost_most)
        whole.forgotten += part.forgotten
        whole.damaged += part.damaged
        whole.sentences |= part.sentences
        for what, count in part.notes.items():
            whole.notes[what] = whole.notes.get(what, 0) + count
    return whole


def spread(points: Sequence[Point], cases: int) -> list[Point]:
    """Return at most so many of the points, spread evenly over them."""
    step = -(-len(points) // cases)
    return list(points[::step])
