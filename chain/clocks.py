"""What the times of others' blocks say about our clock, and ours about theirs.

A new block arrives shortly after the time that it bears, by any clock that is right. Of each other
validator the latest difference is kept. One of them may lie, or be wrong itself; so our clock is
found wrong only when more say so, to the same side, than may be faulty, and then by what the most
modest of that many say. Another's clock is found wrong only when as many agree with ours.
"""

from dataclasses import dataclass

from chain.consensus.timing import Timing
from chain.events import Report
from chain.primitives import PublicKey
from chain.validators import Validator, ValidatorSet

TOLD_TICKS = 60
"""Ticks, of about a second, after which what is still wrong is told again."""

KEPT_TURNS = 4
"""Heights, for each validator, after which what its last block said is forgotten."""

OURS = PublicKey(b"")
"""Stands for our own clock among the keys of others."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a block said.

    Attributes:
        offset_ms: our time at its arrival less its own; above 0 if our clock is ahead of its
            maker's.
        height: of the block.
    """

    offset_ms: int
    height: int


class Clocks:
    """The differences, and what was told of them."""

    def __init__(self, timing: Timing) -> None:
        """Know nothing; ``timing`` says what may be."""
        self._earliest_ms, self._latest_ms = -timing.precision_ms, timing.old_ms(0)
        self._seen: dict[PublicKey, Difference] = {}
        self._told: dict[PublicKey, tuple[int, int]] = {}
        self._ticks = 0

    def tick(self) -> None:
        """Count about a second."""
        self._ticks += 1

    def note(
        self, maker: Validator, difference: Difference, *, validators: ValidatorSet
    ) -> list[Report]:
        """Take what a new block of another validator says; return what people should know."""
        self._seen[maker.public_key] = difference
        oldest = difference.height - KEPT_TURNS * len(validators)
        self._seen = {key: one for key, one in self._seen.items() if one.height >= oldest}
        self._told = {key: one for key, one in self._told.items() if key in (*self._seen, OURS)}
        faulty = (len(validators) - 1) // 3
        ours_ms = self._find_ours(faulty)
        if ours_ms:
            return self._tell(OURS, ours_ms, _our_clock(ours_ms))
        if self._told.pop(OURS, None):
            return [Report("clock_agrees", (("detail", "this node's clock is right again"),))]
        offset_ms = difference.offset_ms
        agreeing = sum(self._is_right(one.offset_ms) for one in self._seen.values())
        if self._is_right(offset_ms) or agreeing <= faulty:
            return []
        return self._tell(maker.public_key, offset_ms, _other_clock(maker, offset_ms))

    def _is_right(self, offset_ms: int) -> bool:
        return self._earliest_ms <= offset_ms <= self._latest_ms

    def _find_ours(self, faulty: int) -> int:
        """Return how far our clock is ahead, below 0 if it is behind, or 0 if it may be right."""
        offsets = sorted(one.offset_ms for one in self._seen.values())
        if len(offsets) <= faulty:
            return 0
        ahead_ms, behind_ms = offsets[-1 - faulty], offsets[faulty]
        if ahead_ms > self._latest_ms:
            return ahead_ms
        return behind_ms if behind_ms < self._earliest_ms else 0

    def _tell(self, whose: PublicKey, offset_ms: int, report: Report) -> list[Report]:
        """Return a report, unless the same was told not long ago."""
        told_ms, told_at = self._told.get(whose, (0, 0))
        is_same = abs(offset_ms - told_ms) <= self._latest_ms
        if whose in self._told and is_same and self._ticks < told_at + TOLD_TICKS:
            return []
        self._told[whose] = offset_ms, self._ticks
        return [report]


def _seconds(offset_ms: int) -> int:
    return (abs(offset_ms) + 500) // 1_000


def _our_clock(offset_ms: int) -> Report:
    seconds, side = _seconds(offset_ms), "ahead of" if offset_ms > 0 else "behind"
    detail = (
        f"this node's clock is about {seconds} s {side} the other validators' clocks; set it "
        "right, as until then its votes and blocks help nobody"
    )
    return Report("clock_differs", (("offset_s", offset_ms // 1_000), ("detail", detail)))


def _other_clock(maker: Validator, offset_ms: int) -> Report:
    seconds, name = _seconds(offset_ms), maker.name
    detail = f"the blocks of {name} come from the future: its clock is about {seconds} s ahead"
    if offset_ms > 0:
        detail = f"the blocks of {name} come late, or its clock is about {seconds} s behind"
    fields = (("validator", name), ("offset_s", -offset_ms // 1_000), ("detail", detail))
    return Report("validator_clock_differs", fields)
