"""The simulation of whole nodes, seed after seed, on all cores."""

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.support.simulation import SeedFailed, simulate
from tests.support.simulation_plan import Plan, plan_of

CHUNK = 10
"""Seeds that one process plays before it tells."""

REPORT_EVERY_S = 10.0


@dataclass(slots=True)
class Tally:
    """What seeds were like, added up.

    Attributes:
        seeds: that were played.
        steps: things that happened in them.
        heights: blocks that became final.
        restarts: nodes that died and came back.
        evidence: reports of contradictions.
        tombstones: validators that blocks punished for them.
        plans: seeds by what their plans had.
        failures: what went wrong, one text a seed.
    """

    seeds: int = 0
    steps: int = 0
    heights: int = 0
    restarts: int = 0
    evidence: int = 0
    tombstones: int = 0
    plans: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Add another tally."""
        self.seeds += other.seeds
        self.steps += other.steps
        self.heights += other.heights
        self.restarts += other.restarts
        self.evidence += other.evidence
        self.tombstones += other.tombstones
        self.plans += other.plans
        self.failures += other.failures


def play(seeds: range) -> Tally:
    """Play seeds one after the other."""
    tally = Tally()
    for seed in seeds:
        plan = plan_of(seed)
        tally.seeds += 1
        tally.plans.update(_traits(plan))
        try:
            outcome = simulate(plan)
        except SeedFailed as failed:
            tally.failures.append(str(failed))
            continue
        tally.steps += outcome.steps
        tally.heights += outcome.heights
        tally.restarts += outcome.restarts
        tally.evidence += outcome.evidence
        tally.tombstones += outcome.tombstones
    return tally


def _traits(plan: Plan) -> Iterator[str]:
    """Yield what a plan has, for the summary."""
    yield f"n={plan.count}"
    traits = {
        "twins": plan.twins,
        "liars": plan.liars,
        "crashes": plan.faults.crash,
        "loss": plan.faults.loss,
        "duplication": plan.faults.duplication,
        "partitions by time": plan.faults.partitions == "time",
        "partitions by round": plan.faults.partitions == "round",
        "seats change": plan.leaver is not None,
        "without sync": not plan.faults.has_sync,
        "real keys": plan.has_real_keys,
    }
    yield from (name for name, has in traits.items() if has)


def play_all(*, seeds: int, first_seed: int, processes: int | None = None) -> Iterator[Tally]:
    """Play seeds on several cores, until one fails.

    Args:
        seeds: how many.
        first_seed: the first; the others follow.
        processes: one for each core unless given.

    Yields:
        What was played so far, again and again; always the same tally.
    """
    end, tally = first_seed + seeds, Tally()
    chunks = (range(one, min(one + CHUNK, end)) for one in range(first_seed, end, CHUNK))
    # Processes that begin afresh, as a copy of one with threads may stand still.
    with multiprocessing.get_context("spawn").Pool(processes or os.cpu_count() or 1) as pool:
        for played in pool.imap_unordered(play, chunks):
            tally.add(played)
            yield tally
            if tally.failures:
                break


def run(*, seeds: int, first_seed: int, processes: int | None = None) -> bool:
    """Play seeds on all cores and say calmly how it goes.

    Args:
        seeds: how many.
        first_seed: the first; the others follow.
        processes: one for each core unless given.

    Returns:
        Whether every promise was kept.
    """
    workers = processes or os.cpu_count() or 1
    print(f"seeds: {seeds:,} from seed {first_seed} on, {workers} processes", flush=True)
    started = told = time.monotonic()
    tally = Tally()
    for tally in play_all(seeds=seeds, first_seed=first_seed, processes=workers):
        if time.monotonic() - told > REPORT_EVERY_S:
            told = time.monotonic()
            print(f"seeds: {_progress(tally, told - started)}", flush=True)
    print(f"seeds: {_progress(tally, time.monotonic() - started)}")
    print(
        "  plans: " + ", ".join(f"{name} {count:,}" for name, count in sorted(tally.plans.items()))
    )
    for failure in tally.failures:
        print(f"seeds: FAILED, {failure}")
    return not tally.failures


def _progress(tally: Tally, seconds: float) -> str:
    rates = f"{tally.seeds / seconds:,.1f} seeds/s, {tally.steps / seconds:,.0f} events/s"
    said = f"{tally.seeds:,} seeds, {tally.steps:,} events, {tally.heights:,} heights, "
    said += f"{tally.restarts:,} restarts, {tally.tombstones:,} tombstones, {seconds:,.0f} s"
    verdict = "FAILED" if tally.failures else "every promise kept"
    return f"{said} ({rates}), {verdict}"
