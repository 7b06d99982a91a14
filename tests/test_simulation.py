"""Whole networks of whole nodes in virtual time: every seed must keep every promise.

A simulation proves nothing unless it finds the bugs it is for; ``test_mutants`` breaks each
promise on purpose. A failing seed is named in the error, with the command that repeats it.
"""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from scripts.soaks import seeds
from tests.support.simulation import SeedFailed, simulate
from tests.support.simulation_judge import Promise
from tests.support.simulation_plan import Faults, Plan, plan_of

SEEDS = 2_000
"""Seeds that a full run of the tests plays; ``scripts/soak --seeds`` plays any number."""


@pytest.mark.slow
def test_every_seed_keeps_every_promise(capsys: pytest.CaptureFixture[str]) -> None:
    sound = seeds.run(seeds=SEEDS, first_seed=0)
    said = capsys.readouterr().out
    with capsys.disabled():
        print("\n" + "\n".join(said.splitlines()[-2:]))  # noqa: T201 - the rate is for people
    assert sound, said
    assert f"seeds: {SEEDS:,} seeds" in said


def test_first_seeds_keep_every_promise() -> None:
    assert seeds.play(range(20)).failures == []


@pytest.mark.slow
def test_the_seeds_cover_what_they_are_for() -> None:
    plans = [plan_of(seed) for seed in range(SEEDS)]
    assert {plan.count for plan in plans} == {1, 4, 7}
    assert {plan.faults.partitions for plan in plans} == {"none", "time", "round"}
    assert sum(not plan.faults.has_sync for plan in plans) > SEEDS / 5
    assert sum(plan.has_real_keys for plan in plans) >= 50
    assert sum(plan.leaver is not None for plan in plans) > SEEDS / 5
    sevens = [plan for plan in plans if plan.count == 7]
    assert {len(plan.liars) for plan in sevens} == {len(plan.twins) for plan in sevens} == {0, 2}
    outcomes = [simulate(plan) for plan in plans[:60]]
    assert max(outcome.rounds for outcome in outcomes) >= 3
    assert sum(outcome.restarts for outcome in outcomes) > 100
    assert sum(outcome.evidence for outcome in outcomes) > 100
    assert sum(outcome.tombstones for outcome in outcomes) >= 15
    assert sum(outcome.punished for outcome in outcomes) > 100


def test_one_validator_alone_goes_on_through_crashes() -> None:
    outcome = simulate(Plan(seed=1, count=1, faults=Faults(crash=0.05, until_ms=8_000)))
    assert outcome.restarts > 5
    assert outcome.heights > 20


def test_healthy_network_decides_every_height_in_its_first_round() -> None:
    outcome = simulate(Plan(seed=1, count=7, faults=Faults(until_ms=4_000)))
    assert outcome.rounds == 0
    assert outcome.heights > 25


def test_outcome_of_a_seed_is_always_the_same() -> None:
    assert simulate(plan_of(7)) == simulate(plan_of(7))


TRACE = """
from tests.support.simulation import simulate
from tests.support.simulation_plan import plan_of
print([simulate(plan_of(seed)).digest for seed in range(30)])
"""


@pytest.mark.slow
def test_trace_is_the_same_whatever_the_hash_seed() -> None:
    traces = [
        subprocess.run(
            [sys.executable, "-c", TRACE],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert traces[0] == traces[1]
    assert len(traces[0]) > 30 * 64


def test_more_twins_than_a_third_are_found_to_break_agreement() -> None:
    faults = Faults(partitions="time")
    for seed in range(100):
        plan = Plan(seed=seed, twins=frozenset({0, 1}), faults=faults, deadline_ms=10_000)
        try:
            simulate(plan)
        except SeedFailed as failed:
            if failed.promise is Promise.AGREEMENT:
                return
    pytest.fail("two twins of four never broke agreement")


def test_failed_seed_says_what_repeats_it() -> None:
    plan = replace(plan_of(7), deadline_ms=0, trades=12)
    with pytest.raises(SeedFailed, match="repeat with: scripts/soak --seeds 1 --seed 7"):
        simulate(plan)
