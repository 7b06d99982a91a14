"""A validator that contradicted itself: out two heights later, and never again."""

import pytest

from chain.errors import InvalidBlock
from chain.primitives import EVIDENCE_HEIGHTS_MAX
from chain.punishment import can_be_punished, find_fault, punish
from chain.records import former_key, tombstone_key
from chain.state import State
from chain.validator_records import FormerRecord, TombstoneRecord
from tests.support.builders import a_genesis
from tests.support.chain import Chain
from tests.support.evidence import an_evidence
from tests.support.scenario import Scenario, play_scenarios
from tests.support.seats import a_change, coming, numbers_of, seat_key


@play_scenarios("""
scenario: a validator that contradicts itself is out two heights later
  validators 4
  account  client 1000
  caught   2 height 1
  voting   0,1,2,3    coming 0,1,3    tombs 2
  blocks   1
  voting   0,1,3

scenario: a key is punished once, whatever it did
  validators 4
  account  client 1000
  caught   2 height 1
  caught   2 height 1 -> InvalidBlock
  caught   2 height 2 -> InvalidBlock
  caught   2 height 1 round 1 -> InvalidBlock
  caught   3 height 1
  coming   0,1    tombs 2,3

scenario: what has not come, and who was no validator
  validators 4
  account  client 1000
  caught   2 height 2 -> InvalidBlock
  caught   7 height 1 -> InvalidBlock
  blocks   1
  caught   2 height 3 -> InvalidBlock
  caught   2 height 2

scenario: the last validator keeps its seat and may be replaced
  validators 1
  account  client 1000
  caught   0 height 1
  coming   0    tombs 0
  seats    join 1 leave 0
  coming   1
  former   0 no
  seats    join 0 -> ApprovalRefused

scenario: who was punished never joins again
  validators 4
  account  client 1000
  caught   2 height 1
  seats    join 2 -> ApprovalRefused
  seats    join 4
  coming   0,1,3,4
  seats    join 2 -> ApprovalRefused

scenario: who has left is punished too
  validators 4
  account  client 1000
  seats    leave 2
  former   2 yes
  blocks   5
  caught   2 height 3
  former   2 no    tombs 2    coming 0,1,3
  seats    join 2 -> ApprovalRefused

scenario: who comes back has not left
  validators 4
  account  client 1000
  seats    leave 2
  seats    join 2
  former   2 no
  seats    leave 2
  former   2 yes

scenario: evidence does not undo what was approved
  validators 4
  account  client 1000
  caught   2 height 1
  seats    join 4 version 1
  caught   3 height 2
  seats    join 5 version 2
  coming   0,1,4,5
""")
def test_punishment(scenario: Scenario) -> None:
    scenario.run()


def test_evidence_and_a_change_share_a_block() -> None:
    chain = Chain(a_genesis(validators=4))
    change = a_change(chain.ledger, chain.validators, join=[4], leave=[1])
    chain.block(change, evidence=[an_evidence(2)])
    assert numbers_of(chain.ledger.next_validators) == [0, 3, 4]
    assert coming(chain.ledger).version == 1


def test_tombstone_says_what_was_done_and_stays() -> None:
    chain = Chain(a_genesis(validators=4))
    chain.blocks_until(4)
    chain.block(evidence=[an_evidence(2, height=3, round_=9)])
    record = chain.ledger.records[tombstone_key(seat_key(2).public_key)]
    kind = an_evidence(2).kind
    assert record == TombstoneRecord(committed_at=5, height=3, round=9, kind=kind)
    assert former_key(seat_key(2).public_key) not in chain.ledger.records


@pytest.mark.parametrize(
    ("age", "counts"), [(0, True), (EVIDENCE_HEIGHTS_MAX, True), (EVIDENCE_HEIGHTS_MAX + 1, False)]
)
def test_evidence_counts_for_a_while(age: int, counts: bool) -> None:  # noqa: FBT001 - a column
    chain = Chain(a_genesis(validators=4))
    chain.skip_to(199_999)
    fault = find_fault(State(chain.ledger), an_evidence(2, height=200_000 - age))
    assert (fault is None) is counts
    assert fault is None or "more than 100000 ago" in fault


def test_former_validator_can_be_punished_for_as_long_as_its_last_vote() -> None:
    """Block 3 lets it go, so it votes up to height 4."""
    chain = Chain(a_genesis(validators=4))
    chain.blocks_until(2)
    chain.block(a_change(chain.ledger, chain.validators, leave=[2]))
    key = seat_key(2).public_key
    last = 4 + EVIDENCE_HEIGHTS_MAX
    assert chain.ledger.records[former_key(key)] == FormerRecord(until=last)
    chain.skip_to(last - 1)
    state = State(chain.ledger)
    assert find_fault(state, an_evidence(2, height=4)) is None
    assert can_be_punished(state, key)
    chain.skip_to(last)
    after = State(chain.ledger)
    assert not can_be_punished(after, key)
    fault = find_fault(after, an_evidence(2, height=5))
    assert fault == "its key is no validator's and was none lately"


def test_former_validator_is_forgotten_through_the_queue() -> None:
    chain = Chain(a_genesis(validators=4))
    chain.block(a_change(chain.ledger, chain.validators, leave=[2]))
    until = 2 + EVIDENCE_HEIGHTS_MAX
    assert len(chain.ledger.forget) == 1
    chain.blocks_until(3)
    chain.skip_to(until - 1)
    chain.block()
    assert len(chain.ledger.forget) == 1
    chain.block()
    assert len(chain.ledger.forget) == 0
    assert former_key(seat_key(2).public_key) not in chain.ledger.records


def test_punished_former_validator_leaves_nothing_to_forget() -> None:
    chain = Chain(a_genesis(validators=4))
    chain.block(a_change(chain.ledger, chain.validators, leave=[2]))
    chain.block(evidence=[an_evidence(2)])
    assert len(chain.ledger.forget) == 0


def test_refusal_says_why() -> None:
    chain = Chain(a_genesis(validators=4))
    state = State(chain.ledger)
    punish(state, an_evidence(2))
    for evidence, reason in (
        (an_evidence(2), "its key was punished already"),
        (an_evidence(3, height=2), "it is of height 2, which has not come"),
        (an_evidence(9), "its key is no validator's and was none lately"),
    ):
        with pytest.raises(InvalidBlock, match=reason):
            punish(state, evidence)


def test_all_at_once_leave_the_last_one() -> None:
    chain = Chain(a_genesis(validators=4))
    chain.block(evidence=[an_evidence(number) for number in (3, 1, 0, 2)])
    assert numbers_of(chain.ledger.next_validators) == [2]
    chain.blocks_until(4)
