"""What is measured, and how it is written down for people and for machines."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One line of the tables.

    Attributes:
        name: what was measured.
        value: how much.
        unit: of the value.
        ratio: of the value to a baseline.
        against: that baseline.
    """

    name: str
    value: float
    unit: str
    ratio: float
    against: str


@dataclass(frozen=True)
class Part:
    """The figures of one part.

    Attributes:
        name: of the part.
        what: what it does, a sentence or two.
        figures: in the order of the table.
    """

    name: str
    what: str
    figures: tuple[Figure, ...]


@dataclass
class Laps:
    """Seconds that named stages took, round after round."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        """Time what happens inside as one round of a stage."""
        started = time.perf_counter()
        yield
        self.seconds.setdefault(name, []).append(time.perf_counter() - started)

    def rounds(self, *terms: str) -> list[float]:
        """Return for each round the sum of these stages; one with a minus before it is taken off.

        Raises:
            KeyError: no stage of that name was timed.
        """
        signed = [(-1 if term[0] == "-" else 1, self.seconds[term.lstrip("-")]) for term in terms]
        count = len(signed[0][1])
        return [sum(sign * laps[index] for sign, laps in signed) for index in range(count)]

    def median(self, *terms: str) -> float:
        """Return the median of :meth:`rounds`."""
        return median(self.rounds(*terms))

    def ratio(self, over: Sequence[str], under: Sequence[str]) -> float:
        """Return the median over the rounds of one sum of stages to another."""
        rounds = zip(self.rounds(*over), self.rounds(*under), strict=True)
        return median(above / below for above, below in rounds)


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the smallest value that at least ``percent`` of them do not exceed."""
    rank = -(-len(values) * percent // 100)
    return sorted(values)[max(rank, 1) - 1]


def say(text: str) -> None:
    """Print a line of progress."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"  # noqa: PLR2004 - digits shown


def format_part(part: Part) -> str:
    """Return a part as a table."""
    rows = [("", "value", "unit", "ratio", "to")]
    rows += [
        (one.name, _number(one.value), one.unit, f"{one.ratio:.3g}", one.against)
        for one in part.figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        f"  {row[0]:<{widths[0]}}  {row[1]:>{widths[1]}} {row[2]:<{widths[2]}}"
        f"  {row[3]:>{widths[3]}} {row[4]}".rstrip()
        for row in rows
    ]
    return "\n".join([f"{part.name}: {part.what}", *lines])


def as_document(machine: dict[str, str], parts: Sequence[Part]) -> dict[str, Any]:
    """Return everything as one JSON document."""
    return {"machine": machine, "parts": [asdict(part) for part in parts]}
