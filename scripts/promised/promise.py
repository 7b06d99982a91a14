"""A promise, and how it is written down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

MARKS = ("<!-- printed by scripts/promises -->\n", "<!-- end of promises -->\n")
"""The lines of README.md between which the table stands."""

_HEAD = "| promise | under | shown by |\n| --- | --- | --- |\n"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is run.

    Attributes:
        is_quick: whether the smallest run will do.
    """

    is_quick: bool

    def choose(self, *, full: int, quick: int) -> int:
        """Return the number for this run."""
        return quick if self.is_quick else full


@dataclass(frozen=True, slots=True)
class Shown:
    """What a run has shown.

    Attributes:
        figure: the counts, in words.
        is_kept: whether the promise was kept.
    """

    figure: str
    is_kept: bool


@dataclass(frozen=True, slots=True)
class Promise:
    """What the node guarantees.

    Attributes:
        sentence: the guarantee.
        faults: under which it holds.
        show: makes the run.
    """

    sentence: str
    faults: str
    show: Callable[[Size], Shown]


def row(promise: Promise, shown: Shown) -> str:
    """Return a promise as a row of the table."""
    verdict = "" if shown.is_kept else "BROKEN: "
    return f"| {promise.sentence} | {promise.faults} | {verdict}{shown.figure} |\n"


def table(rows: Sequence[str]) -> str:
    """Return the table of these rows."""
    return _HEAD + "".join(rows)


def rewritten(text: str, rows: Sequence[str]) -> str:
    """Return the README's text with these rows in its table."""
    before, _, rest = text.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    return before + MARKS[0] + table(rows) + MARKS[1] + after
