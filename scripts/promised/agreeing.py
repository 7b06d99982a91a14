"""Promises of the consensus: networks of whole nodes in virtual time, and its rules broken."""

from functools import cache

from scripts.promised.promise import Promise, Shown, Size
from scripts.soaks import seeds
from tests import test_mutants


@cache
def _simulated(size: Size) -> seeds.Tally:
    *_, tally = seeds.play_all(seeds=size.choose(full=2_000, quick=40), first_seed=0)
    return tally


def _agreement(size: Size) -> Shown:
    tally = _simulated(size)
    figure = f"{tally.seeds:,} seeds, {tally.heights:,} heights, {tally.steps:,} events: "
    return Shown(f"{figure}{len(tally.failures)} failures", not tally.failures)


def _progress(size: Size) -> Shown:
    tally = _simulated(size)
    figure = f"{tally.seeds - len(tally.failures):,} of {tally.seeds:,} seeds went on after their "
    return Shown(f"{figure}faults and {tally.restarts:,} restarts", not tally.failures)


def _evidence(size: Size) -> Shown:
    tally = _simulated(size)
    figure = f"{tally.evidence:,} contradictions seen, none of an honest key; "
    figure += f"{tally.tombstones:,} liars and twins lost their seat"
    return Shown(figure, not tally.failures and tally.tombstones > 0)


def _mutants(size: Size) -> Shown:
    patches = list(test_mutants.MUTANTS)[: size.choose(full=len(test_mutants.MUTANTS), quick=3)]
    killed = 0
    for patch in patches:
        try:
            test_mutants.killer_of(patch)
        except AssertionError:
            continue
        killed += 1
    return Shown(f"{killed} of {len(patches)} defects were noticed", killed == len(patches))


PROMISES = (
    Promise(
        "No two honest nodes finalise different blocks, and all hold the same money",
        "fewer than a third of the validators lie in any field or run twice; messages are lost, "
        "late, doubled, out of order; links part; nodes crash",
        _agreement,
    ),
    Promise("The chain goes on once the faults end", "the same", _progress),
    Promise(
        "Who contradicts itself loses its seat; an honest key is never accused",
        "the same",
        _evidence,
    ),
    Promise(
        "A defect of the consensus would be noticed",
        "its rules, broken one by one on purpose",
        _mutants,
    ),
)
