"""The two machines of money: what a reservation and a claim may become, as tables.

``settlement`` and ``dispute`` check every step they take against them, and the picture in the
package's README is drawn from them, so that rule, code and picture cannot part.
"""

from dataclasses import dataclass
from enum import Enum

from chain.records import ClaimStatus, ReservationRecord

MARKS = ("<!-- drawn by scripts/draw_machines -->\n", "<!-- end of drawing -->\n")
"""The lines of the README between which the picture stands."""


class Life(Enum):
    """Where a reservation stands."""

    OPEN = "open"
    CLOSING = "closing"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Step:
    """One way on.

    Attributes:
        before: the state it leaves.
        after: the state it reaches.
        causes: what takes it; one in capitals comes by itself, at the end of a block.
    """

    before: Life | ClaimStatus
    after: Life | ClaimStatus
    causes: tuple[str, ...]


RESERVATION = (
    Step(Life.OPEN, Life.CLOSING, ("final", "release", "EXPIRY")),
    Step(Life.OPEN, Life.GONE, ("final", "release", "EXPIRY")),
    Step(Life.CLOSING, Life.GONE, ("end of its last claim",)),
)
"""A reservation begins open. It closes at once to gone where no claim waits."""

CLAIM = (
    Step(ClaimStatus.PENDING, ClaimStatus.PAID, ("acceptance", "no window", "END OF THE WINDOW")),
    Step(ClaimStatus.PENDING, ClaimStatus.DISPUTED, ("dispute",)),
    Step(ClaimStatus.DISPUTED, ClaimStatus.PAID, ("resolve", "SPLIT OF GENESIS")),
    Step(ClaimStatus.DISPUTED, ClaimStatus.SPLIT, ("resolve", "SPLIT OF GENESIS")),
    Step(ClaimStatus.DISPUTED, ClaimStatus.REFUNDED, ("resolve", "SPLIT OF GENESIS")),
)
"""A claim begins pending and ends once."""

_STEPS = {(step.before, step.after) for step in (*RESERVATION, *CLAIM)}


def life_of(record: ReservationRecord | None) -> Life:
    """Return where a reservation stands; None is one that has left the state."""
    if record is None:
        return Life.GONE
    return Life.CLOSING if record.closing else Life.OPEN


def check_step(before: Life | ClaimStatus, after: Life | ClaimStatus) -> None:
    """Assert that a table holds this step; a reservation may also stay where it is."""
    stays = isinstance(before, Life) and before is after is not Life.GONE
    assert stays or (before, after) in _STEPS, f"no way from {before.name} to {after.name}"


def draw_machines() -> str:
    """Return the picture of both machines as two Mermaid diagrams."""
    reservation = _draw(Life.OPEN, RESERVATION)
    return f"Reservation:\n\n{reservation}\nClaim:\n\n{_draw(ClaimStatus.PENDING, CLAIM)}"


def _draw(first: Life | ClaimStatus, steps: tuple[Step, ...]) -> str:
    lines = [f"[*] --> {first.name.lower()}"]
    lines += [
        f"{step.before.name.lower()} --> {step.after.name.lower()}: {', '.join(step.causes)}"
        for step in steps
    ]
    ends = {step.after.name.lower() for step in steps} - {s.before.name.lower() for s in steps}
    lines += [f"{end} --> [*]" for end in sorted(ends)]
    body = "".join(f"    {line}\n" for line in lines)
    return f"```mermaid\nstateDiagram-v2\n{body}```\n"


def redrawn(text: str) -> str:
    """Return the README's text with the picture that the tables draw."""
    before, _, rest = text.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    return before + MARKS[0] + draw_machines() + MARKS[1] + after
