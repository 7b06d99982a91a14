"""Every rule of consensus is broken on purpose, and something must notice.

Random runs of whole nodes notice most; some defects need a scene of their own, as no run in
thousands meets their conditions. What kills a defect must pass without it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from tests.support import mutants, scenes
from tests.support.mutants import Patch
from tests.support.simulation import SeedFailed, simulate
from tests.support.simulation_judge import Promise
from tests.support.simulation_plan import Faults, Plan, plan_of

DEADLINE_MS = 60_000
"""A network that is stuck is given up sooner than one that is merely slow."""


def any_plan(seed: int) -> Plan:
    """Return a plan as every run has them, with fast keys."""
    return replace(plan_of(seed), deadline_ms=DEADLINE_MS, has_real_keys=False)


def one_liar(seed: int) -> Plan:
    """Return a healthy network of four of which one lies."""
    liars = frozenset({seed % 4})
    return Plan(seed=seed, liars=liars, faults=Faults(until_ms=2_500), deadline_ms=DEADLINE_MS)


def crashes(seed: int) -> Plan:
    """Return a network of four whose nodes die often and find no finished blocks."""
    faults = Faults(crash=0.03, delay_max_ms=100, has_sync=False, until_ms=2_500)
    return Plan(seed=seed, faults=faults, deadline_ms=DEADLINE_MS)


@dataclass(frozen=True, slots=True)
class Runs:
    """Kills by the first seed of these that breaks this promise."""

    plans: Callable[[int], Plan]
    promise: Promise
    seeds: int = 400

    def kill(self) -> int | None:
        """Return the seed that notices, if one does."""
        for seed in range(self.seeds):
            try:
                simulate(self.plans(seed))
            except SeedFailed as failed:
                if failed.promise is self.promise:
                    return seed
        return None


Scene = Callable[[], None]

MUTANTS: dict[Patch, Runs | Scene] = {
    mutants.ignore_locks: scenes.nil_prevotes_after_a_decision,
    mutants.free_locks_by_nil: scenes.nil_prevotes_after_a_decision,
    mutants.believe_in_polkas: scenes.polka_that_nobody_saw,
    mutants.forget_locks_at_restart: scenes.restart_with_a_lock,
    mutants.lower_the_quorum: Runs(any_plan, Promise.AGREEMENT),
    mutants.lower_the_quorum_to_twice_the_faults: Runs(any_plan, Promise.AGREEMENT),
    mutants.count_across_rounds: Runs(any_plan, Promise.SOUND),
    mutants.count_across_blocks: Runs(one_liar, Promise.HONEST_UNPUNISHED),
    mutants.let_the_first_vote_win: Runs(any_plan, Promise.PROGRESS),
    mutants.lose_the_sign_record: Runs(crashes, Promise.ONE_SIGNATURE),
    mutants.persist_after_sending: Runs(crashes, Promise.ONE_SIGNATURE),
    mutants.forget_own_votes: scenes.own_vote_that_makes_a_quorum,
    mutants.repeat_nothing: Runs(any_plan, Promise.PROGRESS),
    mutants.repeat_the_last_round_only: scenes.precommit_that_got_lost,
    mutants.never_skip_rounds: scenes.others_in_a_later_round,
    mutants.decide_unseen: Runs(any_plan, Promise.SOUND),
    mutants.accept_any_signature: Runs(one_liar, Promise.SOUND),
    mutants.remember_before_checking: scenes.forgery_that_comes_twice,
    mutants.accept_any_certificate: Runs(one_liar, Promise.SOUND),
    mutants.accept_any_time: Runs(one_liar, Promise.TURN),
    mutants.accept_blocks_out_of_turn: Runs(one_liar, Promise.TURN),
    mutants.accept_proposals_out_of_turn: Runs(one_liar, Promise.SOUND),
    mutants.accept_any_evidence: Runs(one_liar, Promise.NO_FALSE_EVIDENCE),
    mutants.keep_evidence_to_oneself: Runs(any_plan, Promise.PROGRESS),
    mutants.sign_while_syncing: scenes.validator_that_is_catching_up,
    mutants.sign_without_listening: scenes.second_node_with_a_key,
    mutants.take_own_key_elsewhere_for_own: scenes.second_node_with_a_key,
}
"""Each defect and what kills it."""


def killer_of(patch: Patch) -> str:
    """Return what kills a defect, in words; fail if nothing does, or if it kills sound code."""
    killer = MUTANTS[patch]
    with pytest.MonkeyPatch.context() as broken:
        patch(broken)
        if isinstance(killer, Runs):
            seed = killer.kill()
            assert seed is not None, f"no seed of {killer} notices {patch.__name__}"
        else:
            seed = None
            with pytest.raises(AssertionError):
                killer()
    if isinstance(killer, Runs):
        assert seed is not None
        simulate(killer.plans(seed))
        return f"seed {seed} of {killer.plans.__name__}"
    killer()
    return f"scene {killer.__name__}"


@pytest.mark.slow
def test_every_mutant_is_killed_and_the_sound_code_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    killers = {patch.__name__: killer_of(patch) for patch in MUTANTS}
    assert len(killers) == len(MUTANTS) >= 27
    with capsys.disabled():
        print(f"\nmutants killed {len(killers)} of {len(MUTANTS)}")  # noqa: T201 - for people
        for name, killer in killers.items():
            print(f"  {name}: {killer}")  # noqa: T201 - for people


def test_every_patch_is_in_the_table() -> None:
    patches = {
        value
        for value in vars(mutants).values()
        if callable(value) and getattr(value, "__module__", "") == mutants.__name__
    }
    assert patches == set(MUTANTS)
