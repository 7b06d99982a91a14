"""Part four: how long from handing a transfer in until it is final.

A node's height is asked for every 20 ms, so each figure is up to that much too long. A transfer
waits for the next block to begin, so half a block interval is the least that can be expected of
the median, and the interval measured in the same run is the baseline.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median

from scripts.benchmarks.client import Outcome
from scripts.benchmarks.figures import Figure, Part, percentile, say
from scripts.benchmarks.interrupts import Interrupts
from scripts.benchmarks.network import Network, open_network, paced_lanes

NAME = "latency"
WHAT = (
    "from a transfer's request to the moment its block is final as a node reports it; {paced} "
    "transfers at 20 a second, then {idle} one by one on an idle devnet; n validators."
)
POLL_S = 0.02
PACE_S = 0.05
IDLE_S = 2.37
"""Seconds between transfers that meet an idle chain, at ever other moments of its interval."""


def run(
    folder: Path, interrupts: Interrupts, *, validators: tuple[int, ...], paced: int, idle: int
) -> Part:
    """Measure each number of validators under a paced load and idle.

    Args:
        folder: where devnets are made.
        interrupts: held while they start and stop.
        validators: numbers of validators.
        paced: transfers under the load.
        idle: transfers one by one.
    """
    figures: list[Figure] = []
    for count in validators:
        with open_network(folder, validators=count, payers=paced, interrupts=interrupts) as network:
            for name, transfers, every_s in (("paced", paced, PACE_S), ("idle", idle, IDLE_S)):
                figures += _measure(network, transfers, every_s=every_s, label=f"n={count}, {name}")
    return Part(name=NAME, what=WHAT.format(paced=paced, idle=idle), figures=tuple(figures))


def _measure(network: Network, count: int, *, every_s: float, label: str) -> Iterator[Figure]:
    say(f"{NAME}: {label}, some {count * every_s:.0f} s")
    lanes = paced_lanes(network.sign(count), urls=network.urls, every_s=every_s)
    outcome = network.run(lanes, poll_s=POLL_S)
    interval_ms = _interval_ms(outcome)
    for name, percent in (("p50", 50), ("p99", 99)):
        latency_ms = 1_000 * percentile(outcome.latencies_s, percent)
        yield Figure(
            f"{label}: {name}", latency_ms, "ms", latency_ms / interval_ms, "its block interval"
        )
    nominal_ms = network.genesis.parameters.block_interval_ms
    yield Figure(f"{label}: block interval", interval_ms, "ms", interval_ms / nominal_ms, "genesis")


def _interval_ms(outcome: Outcome) -> float:
    return median(after - before for before, after in pairwise(outcome.block_times_ms))
