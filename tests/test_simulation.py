"""Whole networks in virtual time: every seed must agree, accuse nobody wrongly, and go on.

A simulation proves nothing unless it finds the bugs it is for, so below each promise is broken on
purpose and the break must be found. A failing seed is named in the error: run it again with
``simulate(plan_of(seed))``.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from chain.certificate import VoteKind
from chain.consensus.height_votes import HeightVotes
from chain.consensus.messages import Vote
from chain.consensus.voice import Voice
from chain.validators import ValidatorSet
from tests.support.simulation import Outcome, Promise, Violation, simulate
from tests.support.simulation_node import Node
from tests.support.simulation_plan import Plan, plan_of

SEEDS = 200
CHUNK = 20

Patch = Callable[[pytest.MonkeyPatch], None]


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_every_seed_keeps_every_promise(first: int) -> None:
    outcomes = [simulate(plan_of(seed)) for seed in range(first, first + CHUNK)]
    assert all(outcome.heights > 0 for outcome in outcomes)


def test_the_seeds_cover_what_they_are_for() -> None:
    outcomes = [simulate(plan_of(seed)) for seed in range(40)]
    assert max(outcome.rounds for outcome in outcomes) >= 3
    assert sum(outcome.restarts for outcome in outcomes) > 50
    assert sum(outcome.evidence for outcome in outcomes) > 50
    plans = [plan_of(seed) for seed in range(SEEDS)]
    assert {plan.count for plan in plans} == {1, 4, 7}
    assert {plan.partitions for plan in plans} == {"none", "time", "round"}


@pytest.mark.parametrize("seed", range(4))
def test_real_keys_keep_every_promise_too(seed: int) -> None:
    plan = replace(plan_of(seed), count=4, twins=frozenset({1}), liars=frozenset())
    real = simulate(replace(plan, has_real_keys=True, faults_end_ms=3_000))
    assert real.heights > 0


def test_one_validator_alone_goes_on_through_crashes() -> None:
    outcome = simulate(Plan(seed=1, count=1, crash=0.05, deadline_ms=20_000))
    assert outcome.restarts > 2
    assert outcome.heights > 20


def test_healthy_network_decides_every_height_in_its_first_round() -> None:
    outcome = simulate(Plan(seed=1, count=7, deadline_ms=20_000))
    assert outcome.rounds == 0
    assert outcome.heights > 40


TRACE = """
from tests.support.simulation import simulate
from tests.support.simulation_plan import plan_of
print([simulate(plan_of(seed)).digest for seed in range(12)])
"""


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
    assert len(traces[0]) > 12 * 64


# What the simulation must find.


def finds(promise: Promise, plans: Iterable[Plan]) -> bool:
    """Tell whether a run breaks the promise, and not only others."""
    for plan in plans:
        try:
            simulate(plan)
        except Violation as violation:
            if violation.promise is promise:
                return True
    return False


def lose_the_sign_record(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Node, "restore_sign_record", lambda _: None)


def repeat_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Voice, "current_messages", lambda _: [])


def forget_own_votes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Voice, "reload_own_messages", lambda _: None)


def lower_the_quorum(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ValidatorSet, "quorum", property(lambda self: 2 * len(self) // 3))


def lower_the_quorum_to_twice_the_faults(patch: pytest.MonkeyPatch) -> None:
    quorum = property(lambda self: max(1, 2 * ((len(self) - 1) // 3)))
    patch.setattr(ValidatorSet, "quorum", quorum)


def count_across_rounds(patch: pytest.MonkeyPatch) -> None:
    def key(_: HeightVotes, kind: VoteKind, round_: int) -> tuple[VoteKind, int]:
        return kind, round_ * 0

    patch.setattr(HeightVotes, "_key", key)


def let_the_first_vote_win(patch: pytest.MonkeyPatch) -> None:
    add = HeightVotes.add

    def add_first(self: HeightVotes, vote: Vote) -> Vote | None:
        has_voted = vote.index in self._tally(vote.kind, vote.round).by_voter
        return None if has_voted else add(self, vote)

    patch.setattr(HeightVotes, "add", add_first)


@pytest.mark.parametrize(
    ("break_it", "promise", "seeds"),
    [
        (lose_the_sign_record, Promise.ONE_SIGNATURE, 20),
        (repeat_nothing, Promise.PROGRESS, 20),
        (forget_own_votes, Promise.PROGRESS, 200),
        (lower_the_quorum, Promise.AGREEMENT, 100),
        (lower_the_quorum_to_twice_the_faults, Promise.AGREEMENT, 100),
        (count_across_rounds, Promise.NO_FALSE_EVIDENCE, 20),
        (let_the_first_vote_win, Promise.PROGRESS, 100),
    ],
)
def test_broken_rule_is_found(
    break_it: Patch, promise: Promise, seeds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it(monkeypatch)
    plans = [replace(plan_of(seed), deadline_ms=60_000) for seed in range(seeds)]
    assert finds(promise, plans)


def test_more_liars_than_a_third_are_found_to_break_agreement() -> None:
    plans = (
        Plan(seed=seed, twins=frozenset({0, 1}), partitions="time", deadline_ms=20_000)
        for seed in range(100)
    )
    assert finds(Promise.AGREEMENT, plans)


def test_outcome_of_a_seed_is_always_the_same() -> None:
    first: Outcome = simulate(plan_of(7))
    assert simulate(plan_of(7)) == first
