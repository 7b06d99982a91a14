"""What a run of the market wants done, and what goes wrong with each job."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from chain.primitives import BASE_UNITS
from node.market.job_book import Terms

MODEL = "llama3.2"
CAP = 40 * BASE_UNITS
"""More than any job of this worker costs, at 2 AITBC a second."""

WINDOW = 400
"""Heights: much longer than a killed miner takes to come back."""

EXPIRES_AFTER = 8
"""Heights from the reservation of a late job to its expiry."""


class JobKind(StrEnum):
    """What happens to a job."""

    FINE = "fine"
    CRASH = "crash"
    HANG = "hang"
    FLAKY = "flaky"
    GREEDY = "greedy"
    LATE = "late"


SHARES = (
    (JobKind.FINE, 60),
    (JobKind.CRASH, 10),
    (JobKind.FLAKY, 10),
    (JobKind.GREEDY, 10),
    (JobKind.LATE, 6),
    (JobKind.HANG, 4),
)
"""Of a hundred jobs, how many of each kind."""

WORKER = """
import os, sys, time
from pathlib import Path
data = sys.stdin.read()
kind, _, name = data.partition(" ")
marks = Path(sys.argv[1])
if kind == "crash":
    os.abort()
if kind == "hang":
    time.sleep(600)
if kind == "late":
    time.sleep(float(sys.argv[2]))
if kind == "flaky" and not (marks / name).exists():
    (marks / name).touch()
    sys.exit(1)
time.sleep(0.02)
sys.stdout.write(data[::-1])
"""
"""The miners' worker: does as the first word of its input says, or turns the input round."""


@dataclass(frozen=True)
class PlannedJob:
    """A job.

    Attributes:
        name: its id, which begins with its kind.
        kind: what happens to it.
        client: number of the client that wants it.
    """

    name: str
    kind: JobKind
    client: int

    @property
    def input(self) -> bytes:
        """What the worker gets."""
        return f"{self.kind} {self.name}".encode()

    @property
    def output(self) -> bytes:
        """What the worker gives when nothing goes wrong."""
        return self.input[::-1]

    @property
    def terms(self) -> Terms:
        """What the client wants."""
        is_late = self.kind is JobKind.LATE
        return Terms(
            model=MODEL,
            max_price=CAP,
            window=WINDOW,
            expires_after=EXPIRES_AFTER if is_late else 2_000,
            attempts=1 if is_late else 3,
            timeout_ms=60_000,
        )


def plan_jobs(count: int, *, clients: int, seed: int) -> list[PlannedJob]:
    """Return jobs of every kind, shared out among the clients; a seed gives the same ones."""
    kinds = list(_kinds(count))
    random.Random(seed).shuffle(kinds)
    return [
        PlannedJob(f"{kind}-{number}", kind, number % clients) for number, kind in enumerate(kinds)
    ]


def _kinds(count: int) -> Iterator[JobKind]:
    """Yield each kind by its share, one of each at least where there is room."""
    wanted = Counter({kind: max(1, count * share // 100) for kind, share in SHARES})
    wanted[JobKind.FINE] += count - wanted.total()
    yield from list(wanted.elements())[:count]
