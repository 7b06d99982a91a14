"""The rules of the paper one by one, and the scenes in which a wrong rule breaks agreement."""

import pytest

from chain.consensus.events import BlockBuilt, BuildBlock, Decide, JudgeBlock, SetTimer, TimerKind
from chain.consensus.height_state import Step
from chain.errors import StoreError
from tests.support.subject import (
    NIL,
    PRECOMMIT,
    PREVOTE,
    Subject,
    a_commit,
    a_polka,
    a_proposal,
    block,
    content_of,
)


@pytest.fixture
def subject() -> Subject:
    return Subject().start()


def built(letter: str, round_: int) -> BlockBuilt:
    return BlockBuilt(4, round_, block(letter), content_of(letter))


def timers(subject: Subject, kind: TimerKind) -> list[int]:
    """Return the rounds in which a timer was set."""
    return [
        each.timer.round
        for each in subject.effects
        if isinstance(each, SetTimer) and each.timer.kind is kind
    ]


def locked_on_a(*, decided_elsewhere: bool = False) -> Subject:
    """Return a validator that has locked on A in round 0 and moved on to round 1."""
    subject = Subject(2).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 1)
    subject.votes(PRECOMMIT, 0, "A" if decided_elsewhere else NIL, 0)
    subject.votes(PRECOMMIT, 0, NIL, 3)
    subject.fire(TimerKind.PRECOMMIT)
    assert subject.said()[:2] == ["prevote 0 A", "precommit 0 A"]
    assert subject.round == 1
    return subject


# Proposing.


def test_proposer_asks_for_a_block_and_proposes_it() -> None:
    subject = Subject(0).start()
    assert subject.of(BuildBlock) == [BuildBlock(4, 0)]
    subject.give(built("A", 0))
    assert subject.said() == ["proposal 0 A -1", "prevote 0 A"]


def test_others_ask_for_no_block(subject: Subject) -> None:
    assert subject.of(BuildBlock) == []
    subject.give(built("A", 0))
    assert subject.said() == []


def test_block_that_was_built_too_late_is_dropped() -> None:
    subject = Subject(0).start()
    subject.fire(TimerKind.PROPOSE)
    subject.give(built("A", 0))
    assert subject.said() == ["prevote 0 nil"]


def test_proposer_with_a_valid_block_proposes_it_with_its_polka() -> None:
    subject = locked_on_a()
    subject.fire(TimerKind.PROPOSE)
    subject.votes(PRECOMMIT, 1, NIL, 0, 1, 3)
    subject.said()
    subject.fire(TimerKind.PRECOMMIT)
    assert subject.said() == ["round 1", "polka 0 A", "proposal 2 A 0", "prevote 2 A"]
    assert subject.of(BuildBlock) == []


# Line 22.


def test_prevotes_for_a_valid_new_block(subject: Subject) -> None:
    subject.receive(a_proposal(0, "A"))
    assert subject.said() == []
    subject.judge("A")
    assert subject.said() == ["prevote 0 A"]


def test_prevotes_nil_for_an_invalid_block(subject: Subject) -> None:
    subject.receive(a_proposal(0, "A"))
    subject.judge("A", valid=False)
    assert subject.said() == ["prevote 0 nil"]


def test_prevotes_nil_for_a_new_block_from_the_wrong_time(subject: Subject) -> None:
    subject.receive(a_proposal(0, "A"), timely=False)
    assert subject.said() == ["prevote 0 nil"]


def test_waits_while_the_time_of_a_new_block_is_unknown(subject: Subject) -> None:
    subject.receive(a_proposal(0, "A"), timely=None)
    subject.judge("A")
    assert subject.said() == []
    subject.receive(a_proposal(0, "A"), timely=True)
    assert subject.said() == ["prevote 0 A"]


def test_first_answer_about_the_time_stays(subject: Subject) -> None:
    subject.receive(a_proposal(0, "A"), timely=True)
    subject.receive(a_proposal(0, "A"), timely=False)
    subject.judge("A")
    assert subject.said() == ["prevote 0 A"]


def test_never_prevotes_for_a_block_whose_bytes_are_missing(subject: Subject) -> None:
    subject.receive(a_proposal(0, "A"))
    subject.votes(PREVOTE, 0, "A", 0, 2, 3)
    assert subject.said() == []
    subject.fire(TimerKind.PROPOSE)
    assert subject.said() == ["prevote 0 nil"]


def test_locked_validator_prevotes_nil_for_another_new_block() -> None:
    subject = locked_on_a()
    subject.propose(1, "B")
    assert subject.said()[-1] == "prevote 1 nil"


def test_locked_validator_prevotes_for_its_block_when_it_is_proposed_as_new() -> None:
    subject = locked_on_a()
    subject.propose(1, "A")
    assert subject.said()[-1] == "prevote 1 A"


# Line 28.


def test_prevotes_for_a_block_with_a_polka_of_a_later_round_than_its_lock() -> None:
    subject = locked_on_a()
    subject.fire(TimerKind.PROPOSE)
    subject.votes(PRECOMMIT, 1, NIL, 0, 1, 3)
    subject.fire(TimerKind.PRECOMMIT)
    subject.votes(PRECOMMIT, 2, NIL, 0, 1, 3)
    subject.fire(TimerKind.PRECOMMIT)
    subject.receive(a_polka(1, "B", (0, 1, 3)))
    subject.propose(3, "B", 1)
    assert subject.said()[-1] == "prevote 3 B"


def test_waits_for_the_polka_that_a_proposal_names() -> None:
    subject = Subject(2).start()
    subject.votes(PREVOTE, 1, NIL, 0, 3)
    subject.propose(1, "A", 0)
    assert subject.said() == ["round 1"]
    subject.receive(a_polka(0, "A", (0, 1, 3)))
    assert subject.said() == ["prevote 1 A"]


def test_polka_of_an_earlier_round_than_the_lock_frees_nobody() -> None:
    subject = Subject(2).start()
    subject.votes(PREVOTE, 1, NIL, 0, 3)
    subject.propose(1, "A")
    subject.votes(PREVOTE, 1, "A", 0, 1)
    assert subject.said()[-1] == "precommit 1 A"
    subject.votes(PRECOMMIT, 3, NIL, 0, 1)
    subject.receive(a_polka(0, "B", (0, 1, 3)))
    subject.propose(3, "B", 0)
    assert subject.said()[-1] == "prevote 3 nil"


def test_prevotes_nil_for_an_invalid_block_even_with_a_polka() -> None:
    subject = Subject(2).start()
    subject.votes(PRECOMMIT, 1, NIL, 0, 3)
    subject.receive(a_polka(0, "A", (0, 1, 3)), a_proposal(1, "A", 0))
    subject.judge("A", valid=False)
    assert subject.said()[-1] == "prevote 1 nil"


def test_time_of_a_block_with_a_polka_is_not_asked_for() -> None:
    subject = Subject(2).start()
    subject.votes(PREVOTE, 1, NIL, 0, 3)
    subject.receive(a_polka(0, "A", (0, 1, 3)))
    subject.receive(a_proposal(1, "A", 0), timely=False)
    subject.judge("A")
    assert subject.said()[-1] == "prevote 1 A"


# Lines 34, 36 and 44.


def test_quorum_of_different_prevotes_starts_one_wait(subject: Subject) -> None:
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, NIL, 0)
    assert timers(subject, TimerKind.PREVOTE) == []
    subject.votes(PREVOTE, 0, "B", 2)
    subject.votes(PREVOTE, 0, NIL, 3)
    assert timers(subject, TimerKind.PREVOTE) == [0]
    subject.fire(TimerKind.PREVOTE)
    assert subject.said() == ["prevote 0 A", "precommit 0 nil"]


def test_polka_for_a_proposed_block_locks_and_precommits(subject: Subject) -> None:
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0)
    assert subject.said() == ["prevote 0 A"]
    subject.votes(PREVOTE, 0, "A", 2)
    assert subject.said() == ["precommit 0 A"]


def test_polka_without_its_proposal_locks_nobody(subject: Subject) -> None:
    subject.fire(TimerKind.PROPOSE)
    subject.votes(PREVOTE, 0, "A", 0, 2, 3)
    subject.judge("A")
    assert subject.said() == ["prevote 0 nil"]
    subject.receive(a_proposal(0, "A"))
    assert subject.said() == ["precommit 0 A"]


def test_late_polka_after_precommitting_nil_is_remembered_and_proposed_later() -> None:
    subject = Subject(1).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, NIL, 2, 3)
    subject.votes(PREVOTE, 0, "A", 0)
    subject.fire(TimerKind.PREVOTE)
    subject.votes(PREVOTE, 0, "A", 2)
    assert subject.said() == ["prevote 0 A", "precommit 0 nil"]
    subject.votes(PRECOMMIT, 0, NIL, 2, 3)
    subject.fire(TimerKind.PRECOMMIT)
    assert subject.said() == ["round 0", "polka 0 A", "proposal 1 A 0", "prevote 1 A"]


def test_late_lock_is_announced_with_its_proposal() -> None:
    subject = Subject(1).start()
    subject.votes(PREVOTE, 2, NIL, 0, 3)
    subject.propose(2, "A")
    subject.votes(PREVOTE, 2, "A", 0, 2)
    assert subject.said() == [
        "round 2",
        "prevote 2 A",
        "precommit 2 A",
        "proposal 2 A -1",
        "polka 2 A",
    ]


def test_quorum_of_nil_prevotes_gives_a_nil_precommit(subject: Subject) -> None:
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, NIL, 0, 2, 3)
    assert subject.said() == ["prevote 0 A", "precommit 0 nil"]


# Lines 47, 49 and 55.


def test_quorum_of_precommits_starts_one_wait_and_then_the_next_round(subject: Subject) -> None:
    subject.votes(PRECOMMIT, 0, NIL, 0, 2)
    subject.votes(PRECOMMIT, 0, "A", 3)
    assert timers(subject, TimerKind.PRECOMMIT) == [0]
    subject.fire(TimerKind.PRECOMMIT)
    assert subject.round == 1
    assert subject.said() == ["round 0"]


def test_decides_on_precommits_of_a_quorum(subject: Subject) -> None:
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 2)
    subject.votes(PRECOMMIT, 0, "A", 0, 2)
    (decision,) = subject.of(Decide)
    assert isinstance(decision, Decide)
    assert [index for index, _ in decision.certificate.signatures] == [0, 1, 2]
    assert subject.machine.position == (4, 0, Step.DECIDED)


def test_decides_on_precommits_of_an_earlier_round() -> None:
    subject = locked_on_a(decided_elsewhere=True)
    subject.votes(PRECOMMIT, 0, "A", 1)
    assert subject.decided == ["A"]


def test_decides_on_a_block_it_never_saw_a_proposal_for(subject: Subject) -> None:
    subject.receive(a_commit(0, "A"))
    assert subject.of(JudgeBlock) == [JudgeBlock(4, block("A"), None, "peer", (0, 2, 3))]
    assert subject.decided == []
    subject.judge("A")
    assert subject.decided == ["A"]


def test_decides_while_it_waits_for_the_start_of_the_height() -> None:
    subject = Subject().start(wait_ms=500)
    subject.receive(a_commit(0, "A"))
    subject.judge("A")
    assert subject.decided == ["A"]


def test_stops_when_the_validators_decide_what_it_finds_invalid(subject: Subject) -> None:
    subject.receive(a_proposal(0, "A"))
    subject.judge("A", valid=False)
    with pytest.raises(StoreError, match="finds invalid"):
        subject.receive(a_commit(0, "A"))


def test_signs_nothing_once_a_quorum_has_precommitted(subject: Subject) -> None:
    subject.receive(a_commit(0, "A"))
    subject.fire(TimerKind.PROPOSE)
    subject.fire(TimerKind.REBROADCAST)
    assert subject.said() == ["commit 0 A"]


def test_joins_a_later_round_when_one_of_those_there_is_honest(subject: Subject) -> None:
    subject.votes(PREVOTE, 5, NIL, 0)
    subject.votes(PRECOMMIT, 5, NIL, 0)
    assert subject.round == 0
    subject.votes(PRECOMMIT, 5, "A", 3)
    assert subject.round == 5
    assert subject.said() == ["round 5"]


def test_starts_early_when_others_have_started() -> None:
    subject = Subject().start(wait_ms=500)
    assert subject.round == -1
    subject.votes(PREVOTE, 0, NIL, 0, 2)
    assert subject.round == 0
    subject.fire(TimerKind.START, -1)
    assert subject.round == 0


def test_single_validator_decides_at_once() -> None:
    subject = Subject(0, count=1).start()
    subject.give(built("A", 0))
    assert subject.said() == ["proposal 0 A -1", "prevote 0 A", "precommit 0 A"]
    assert subject.decided == ["A"]
