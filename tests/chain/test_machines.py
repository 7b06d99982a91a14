"""The two machines: their tables, their picture, and that every state leads to the end."""

import random
from itertools import product
from pathlib import Path

import pytest

from chain.machines import CLAIM, MARKS, RESERVATION, Life, Step, check_step, redrawn
from chain.policy_records import DisputeRecord
from chain.records import ClaimStatus, ReservationRecord
from tests.support.random_run import RandomRun

README = Path(__file__).parents[2] / "chain" / "README.md"


def ends_of(steps: tuple[Step, ...]) -> set[object]:
    return {step.after for step in steps} - {step.before for step in steps}


def test_readme_shows_what_the_tables_draw() -> None:
    text = README.read_text(encoding="utf-8")
    assert all(text.count(mark) == 1 for mark in MARKS)
    assert redrawn(text) == text, "run scripts/draw_machines"


def test_tables_speak_of_every_state() -> None:
    assert {one for step in CLAIM for one in (step.before, step.after)} == set(ClaimStatus)
    assert {one for step in RESERVATION for one in (step.before, step.after)} == set(Life)


def test_what_has_ended_stays_ended() -> None:
    assert ends_of(RESERVATION) == {Life.GONE}
    assert ends_of(CLAIM) == {ClaimStatus.PAID, ClaimStatus.SPLIT, ClaimStatus.REFUNDED}


@pytest.mark.parametrize(
    "state",
    [Life.OPEN, ClaimStatus.PENDING, ClaimStatus.DISPUTED],
    ids=lambda state: state.name.lower(),
)
def test_something_comes_by_itself(state: Life | ClaimStatus) -> None:
    causes = [
        cause for step in (*RESERVATION, *CLAIM) if step.before is state for cause in step.causes
    ]
    assert any(cause.isupper() for cause in causes)


@pytest.mark.parametrize(
    ("before", "after"), [*product(Life, Life), *product(ClaimStatus, ClaimStatus)]
)
def test_no_other_step_is_taken(before: Life | ClaimStatus, after: Life | ClaimStatus) -> None:
    known = any((step.before, step.after) == (before, after) for step in (*RESERVATION, *CLAIM))
    if known or before is after in (Life.OPEN, Life.CLOSING):
        check_step(before, after)
    else:
        with pytest.raises(AssertionError, match="no way from"):
            check_step(before, after)


@pytest.mark.parametrize("seed", range(5))
def test_every_state_leads_to_the_end_without_anybody(seed: int) -> None:
    """Whatever a random life leaves behind ends in empty blocks, within the stated bound."""
    run = RandomRun(seed)
    for _ in range(random.Random(seed).randrange(15, 60)):
        run.make_block()
    chain = run.chain
    records = chain.ledger.records.values()
    open_ones = [one for one in records if isinstance(one, ReservationRecord)]
    assert open_ones
    disputes = [one.due_height for one in records if isinstance(one, DisputeRecord)]
    claims = [claim.due_height for one in open_ones for claim in one.claims]
    bound = max(*(one.expires_at for one in open_ones), *disputes, *claims)
    chain.blocks_until(bound)
    left = [one for one in records if isinstance(one, ReservationRecord | DisputeRecord)]
    assert not left
    assert not chain.ledger.due.keys
