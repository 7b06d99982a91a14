"""Part three: transfers made final through JSON-RPC, by one validator and by four.

Payers' transfers are signed beforehand; a client process sends them over several connections and
waits until the last is in a final block. The figure is transfers over the seconds from the first
request to the last final block as a node reports it. Client and nodes share the machine's cores.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from scripts.benchmarks.client import Outcome
from scripts.benchmarks.figures import Figure, Part, say
from scripts.benchmarks.interrupts import Interrupts
from scripts.benchmarks.network import BATCH, Network, lanes_of, open_network
from scripts.benchmarks.signatures import Yardstick

NAME = "throughput"
WHAT = (
    "signed transfers of {payers:,} payers through JSON-RPC until the last is final, medians of "
    "{rounds} runs; n is how many validators share the machine with the client. CPU is per "
    "transfer, over all nodes."
)
PAYERS = 960
POLL_S = 0.05
CHECKS = 4_000
ALONE = 2
"""Times as many transfers for one validator, so that waiting for the last block weighs less."""


@dataclass(frozen=True)
class Way:
    """How transfers are handed in.

    Attributes:
        name: what people read.
        lanes: requests under way at once.
        batch: transfers in a request.
        count: transfers in a run; a mempool that is full asks the client to come later.
    """

    name: str
    lanes: int
    batch: int
    count: int


@dataclass
class Runs:
    """What the runs of one way gave.

    Attributes:
        outcomes: of the client.
        processor: seconds by role of each run.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    processor: list[dict[str, float]] = field(default_factory=list)


def run(
    folder: Path, interrupts: Interrupts, *, validators: tuple[int, ...], rounds: int, scale: int
) -> Part:
    """Measure each number of validators, batches and single requests in turns.

    Args:
        folder: where devnets are made.
        interrupts: held while they start and stop.
        validators: numbers of validators.
        rounds: runs of each way.
        scale: percent of the full number of transfers.
    """
    figures: list[Figure] = []
    for count in validators:
        ways = _ways(scale * ALONE if count == 1 else scale)
        with open_network(
            folder, validators=count, payers=PAYERS, interrupts=interrupts
        ) as network:
            figures += _measure(network, ways, rounds=rounds, label=f"n={count}")
    what = WHAT.format(payers=PAYERS, rounds=rounds)
    return Part(name=NAME, what=what, figures=tuple(figures))


def _ways(scale: int) -> tuple[Way, ...]:
    return (
        Way(f"batches of {BATCH}", lanes=4, batch=BATCH, count=16_000 * scale // 100),
        Way("single requests", lanes=16, batch=1, count=4_800 * scale // 100),
    )


def _measure(
    network: Network, ways: tuple[Way, ...], *, rounds: int, label: str
) -> Iterator[Figure]:
    yardstick, found = Yardstick(checks=CHECKS), {way: Runs() for way in ways}
    for number in range(1, rounds + 1):
        for way, runs in found.items():
            yardstick.measure()
            _run_once(network, way, runs)
            seconds = runs.outcomes[-1].final_s
            say(f"{NAME}: {label}, {way.name}, run {number} of {rounds}: {seconds:.1f} s")
    for way, runs in found.items():
        yield from _figures(f"{label}, {way.name}", way, runs, yardstick.per_second)


def _run_once(network: Network, way: Way, runs: Runs) -> None:
    lanes = lanes_of(network.sign(way.count), urls=network.urls, lanes=way.lanes, batch=way.batch)
    before = network.processor_seconds()
    outcome = network.run(lanes, poll_s=POLL_S)
    after = network.processor_seconds()
    used = {role: seconds - before[role] for role, seconds in after.items()}
    used["client"] = outcome.cpu_s
    runs.outcomes.append(outcome)
    runs.processor.append(used)
    if outcome.refusals:
        say(f"{NAME}: told to come later: {outcome.refusals}")


def _figures(label: str, way: Way, runs: Runs, r1: float) -> Iterator[Figure]:
    final = way.count / median(one.final_s for one in runs.outcomes)
    admitted = way.count / median(one.admitted_s for one in runs.outcomes)
    yield Figure(f"{label}: final", final, "transfers/s", final / r1, "R1")
    yield Figure(f"{label}: admitted", admitted, "transfers/s", admitted / r1, "R1")
    for role in ("core", "API edge", "network edge", "client"):
        seconds = median(one[role] for one in runs.processor) / way.count
        yield Figure(
            f"{label}: CPU of {role}", seconds * 1e6, "us", seconds * r1, "one signature check"
        )
