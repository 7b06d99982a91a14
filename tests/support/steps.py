"""The lines of a scenario table: their verbs, and how a text is divided into steps."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

VERBS = (
    *("validators", "account", "treasury", "rule", "block", "end", "blocks", "until"),
    *("transfer", "reserve", "receipt", "claim", "release"),
    *(
        "accept",
        "dispute",
        "resolve",
        "grant",
        "revoke",
        "offer",
        "withdraw",
        "change",
        "seats",
        "caught",
    ),
    *("balance", "holds", "earned", "height", "nonce", "state", "left", "pending"),
    *("status", "bond", "used", "grants", "offers", "rows", "period", "version", "ruling"),
    *("voting", "coming", "tombs", "former"),
)
NEXT_STEP = re.compile(rf"\s{{2,}}(?=(?:{'|'.join(VERBS)})(?:\s|$))")


@dataclass(frozen=True)
class Step:
    """One step of a table.

    Attributes:
        line: its line inside the table, from 1.
        words: the verb and what follows it.
        expected: ``applied``, or the name of the error.
    """

    line: int
    words: tuple[str, ...]
    expected: str

    def options(self, start: int) -> dict[str, str]:
        """Return the words from ``start`` on as pairs of a name and its value."""
        rest = self.words[start:]
        assert len(rest) % 2 == 0, f"odd words in {self}"
        return dict(zip(rest[::2], rest[1::2], strict=True))

    def __str__(self) -> str:
        """Return the step as it was written."""
        return f"line {self.line}: {' '.join(self.words)} -> {self.expected}"


def read_steps(body: str) -> Iterator[Step]:
    """Yield the steps of a table."""
    for number, line in enumerate(body.splitlines(), start=1):
        text, _, expected = line.partition("#")[0].partition("->")
        parts = [part.split() for part in NEXT_STEP.split(text.strip()) if part]
        for position, words in enumerate(parts, start=1):
            last = expected.strip() if position == len(parts) else ""
            yield Step(number, tuple(words), last or "applied")
