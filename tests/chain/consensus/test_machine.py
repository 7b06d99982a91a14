"""Heights, restarts and the order of effects."""

import pytest

from chain.certificate import check_certificate
from chain.consensus.events import (
    BlockBuilt,
    BlockJudged,
    Broadcast,
    BuildBlock,
    Decide,
    JudgeBlock,
    MessageReceived,
    PeerAhead,
    PeerBehind,
    PeerConnected,
    Persist,
    Restore,
    SetTimer,
    StartHeight,
    Timer,
    TimerFired,
    TimerKind,
)
from chain.consensus.height_state import Step
from chain.consensus.machine import Machine
from chain.consensus.sign_state import SignRecord
from chain.errors import StoreError
from tests.support.consensus import GENESIS_HASH, a_validator_set
from tests.support.subject import (
    NIL,
    PRECOMMIT,
    PREVOTE,
    Subject,
    a_commit,
    a_proposal,
    a_vote,
    block,
    content_of,
)


def decided(index: int | None = 1) -> Subject:
    """Return a machine that has decided A at height 4."""
    subject = Subject(index).start()
    subject.receive(a_commit(0, "A"))
    subject.judge("A")
    return subject


# The order of effects.


def test_record_comes_first_and_once_however_much_is_signed() -> None:
    subject = Subject(0, count=1).start()
    effects = subject.give(BlockBuilt(4, 0, block("A"), content_of("A")))
    kinds = [type(effect) for effect in effects]
    assert kinds == [Persist, Broadcast, Broadcast, Broadcast, Decide]
    persist = effects[0]
    assert isinstance(persist, Persist)
    assert persist.height == 4
    assert persist.block_hashes == (block("A"),)
    assert len(SignRecord.decode(persist.record).messages) == 3


def test_nothing_is_persisted_when_nothing_was_signed() -> None:
    subject = Subject().start()
    subject.votes(PREVOTE, 0, NIL, 0, 2, 3)
    assert subject.of(Persist) == []


def test_block_is_persisted_when_first_named_and_again_when_named_anew() -> None:
    subject = Subject(1).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 2)
    subject.votes(PRECOMMIT, 0, NIL, 0, 2, 3)
    subject.fire(TimerKind.PRECOMMIT)
    persisted = [each.block_hashes for each in subject.effects if isinstance(each, Persist)]
    assert persisted == [(), (block("A"),), ()]


def test_decision_comes_with_a_certificate_that_verifies() -> None:
    (decision,) = decided().of(Decide)
    assert isinstance(decision, Decide)
    check_certificate(
        decision.certificate, validators=a_validator_set(4), genesis_hash=GENESIS_HASH
    )


# Heights.


def test_waits_for_the_earliest_start() -> None:
    subject = Subject(0).start(wait_ms=700)
    timer = Timer(TimerKind.START, 4, -1)
    assert subject.effects == [SetTimer(timer, 700)]
    assert subject.give(TimerFired(timer))[-1] == BuildBlock(4, 0)


def test_knows_nothing_before_its_first_height() -> None:
    machine = Machine(genesis_hash=GENESIS_HASH)
    timer = Timer(TimerKind.PROPOSE, 4, 0)
    for event in (
        MessageReceived("peer", a_vote(PREVOTE, 0, "A", 0)),
        TimerFired(timer),
        BlockBuilt(4, 0, block("A"), b""),
        BlockJudged(block("A"), valid=True),
        PeerConnected("peer"),
        Restore(b"of no use to an observer"),
    ):
        assert machine.handle(event) == []
    assert machine.position == (0, -1, Step.NOT_STARTED)


def test_rests_after_a_decision_until_the_next_height() -> None:
    subject = decided()
    subject.effects.clear()
    subject.votes(PRECOMMIT, 0, "A", 1)
    subject.fire(TimerKind.PROPOSE)
    subject.fire(TimerKind.REBROADCAST)
    subject.give(BlockBuilt(5, 0, block("B"), b""))
    assert subject.effects == []
    subject.start(height=5)
    assert subject.machine.position == (5, 0, Step.PROPOSE)


def test_timers_of_another_round_or_height_do_nothing() -> None:
    subject = Subject().start()
    before = subject.machine.position
    for height, round_ in ((4, 1), (3, 0), (5, 0), (4, -1)):
        assert subject.give(TimerFired(Timer(TimerKind.PROPOSE, height, round_))) == []
    assert subject.give(TimerFired(Timer(TimerKind.PREVOTE, 4, 0))) == []
    assert subject.machine.position == before


def test_messages_of_the_next_height_are_kept() -> None:
    subject = Subject()
    subject.start()
    subject.receive(a_proposal(0, "B", height=5))
    for index in (0, 2, 3):
        subject.receive(a_vote(PREVOTE, 0, "B", index, height=5))
    subject.receive(a_commit(0, "A"))
    subject.judge("A")
    subject.effects.clear()
    subject.start(height=5)
    subject.judge("B")
    assert subject.said() == ["prevote 0 B", "precommit 0 B"]


def test_early_messages_are_dropped_when_the_next_set_is_another() -> None:
    subject = Subject().start()
    subject.receive(a_proposal(0, "B", height=5))
    subject.receive(a_commit(0, "A"))
    subject.judge("A")
    subject.effects.clear()
    subject.give(StartHeight(5, a_validator_set(5), 0, 0))
    assert subject.of(JudgeBlock) == []


def test_early_messages_are_checked_with_the_set_that_was_announced() -> None:
    subject = Subject()
    subject.give(StartHeight(4, a_validator_set(4), 0, 0, next_validators=a_validator_set(5)))
    subject.receive(a_proposal(0, "B", height=5, count=5))
    subject.receive(a_commit(0, "A"))
    subject.judge("A")
    subject.give(StartHeight(5, a_validator_set(5), 0, 0))
    asked = [each.block_hash for each in subject.of(JudgeBlock) if isinstance(each, JudgeBlock)]
    assert asked == [block("A"), block("B")]


def test_signs_nothing_more_once_the_next_height_is_decided_elsewhere() -> None:
    subject = Subject().start()
    subject.receive(a_commit(0, "B", height=5))
    subject.fire(TimerKind.PROPOSE)
    assert subject.said() == []
    assert subject.of(PeerAhead) == [PeerAhead("peer", 5)]


def test_peers_of_other_heights_are_named() -> None:
    subject = Subject().start()
    subject.receive(
        a_vote(PREVOTE, 0, "A", 0, height=3),
        a_commit(0, "A", height=3),
        a_vote(PREVOTE, 0, "A", 0, height=5),
        a_vote(PREVOTE, 0, "A", 0, height=9),
    )
    assert subject.of(PeerAhead, PeerBehind) == [
        PeerBehind("peer", 3),
        PeerAhead("peer", 5),
        PeerAhead("peer", 9),
    ]


def test_peer_one_height_ahead_of_a_decision_is_nothing_to_ask_about() -> None:
    subject = decided()
    subject.receive(a_vote(PREVOTE, 0, "A", 0, height=5))
    assert subject.of(PeerAhead) == []


def test_judgement_that_nobody_asked_for_is_dropped() -> None:
    subject = Subject().start()
    subject.judge("A", valid=False)
    subject.propose(0, "A")
    assert subject.said() == ["prevote 0 A"]


def test_heights_only_rise() -> None:
    with pytest.raises(AssertionError, match="rise"):
        Subject().start().start()


# Restarts.


def test_goes_on_where_it_was_and_says_again_what_it_said() -> None:
    subject = Subject(1).start()
    subject.propose(0, "A")
    subject.restart()
    assert subject.machine.position == (4, 0, Step.PREVOTE)
    assert subject.said() == ["prevote 0 A"]
    subject.votes(PREVOTE, 0, "A", 0, 2)
    subject.propose(0, "A")
    assert subject.said() == ["precommit 0 A"]


def test_own_votes_count_after_a_restart() -> None:
    subject = Subject(1).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 2)
    subject.restart()
    subject.votes(PRECOMMIT, 0, "A", 0, 2)
    subject.judge("A")
    assert subject.decided == ["A"]


def test_lock_holds_after_a_restart() -> None:
    subject = Subject(2).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 1)
    subject.restart()
    subject.votes(PRECOMMIT, 1, NIL, 0, 3)
    subject.propose(1, "B")
    assert subject.said()[-1] == "prevote 1 nil"


def test_valid_block_is_proposed_from_the_log_after_a_restart() -> None:
    subject = Subject(1).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 2)
    subject.restart(contents={block("A"): content_of("A")})
    subject.said()
    subject.votes(PRECOMMIT, 0, NIL, 0, 2, 3)
    subject.fire(TimerKind.PRECOMMIT)
    assert subject.said() == ["round 0", "polka 0 A", "proposal 1 A 0"]
    assert subject.of(Persist) != []
    subject.judge("A")
    assert subject.said() == ["prevote 1 A"]


def test_valid_block_that_the_log_lost_is_asked_for_and_not_replaced() -> None:
    subject = Subject(1).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 2)
    subject.restart()
    subject.votes(PRECOMMIT, 0, NIL, 0, 2, 3)
    subject.fire(TimerKind.PRECOMMIT)
    assert subject.of(BuildBlock) == []
    asked = [each.block_hash for each in subject.of(JudgeBlock) if isinstance(each, JudgeBlock)]
    assert asked == [block("A")]


def test_block_that_the_log_lost_is_persisted_once_it_is_here_again() -> None:
    subject = Subject(1).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 2)
    subject.restart()
    subject.votes(PRECOMMIT, 0, NIL, 0, 2, 3)
    subject.fire(TimerKind.PRECOMMIT)
    subject.fire(TimerKind.PROPOSE)
    subject.judge("A")
    subject.fire(TimerKind.PREVOTE)
    subject.votes(PREVOTE, 1, NIL, 0, 2, 3)
    persisted = [each.block_hashes for each in subject.effects if isinstance(each, Persist)]
    assert persisted == [(), (block("A"),)]


def test_proposer_asks_about_its_own_block_after_a_restart() -> None:
    subject = Subject(0).start()
    proposal = a_proposal(0, "A")
    subject.give(BlockBuilt(4, 0, block("A"), content_of("A")))
    subject.restart(contents={block("A"): content_of("A")})
    assert subject.of(JudgeBlock) == [JudgeBlock(4, block("A"), proposal, None, (0,))]
    assert subject.of(BuildBlock) == []


def test_proposer_that_had_only_proposed_waits_for_the_judgement_again() -> None:
    subject = Subject(1).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 2)
    contents = {block("A"): content_of("A")}
    subject.restart(contents=contents)
    subject.votes(PRECOMMIT, 0, NIL, 0, 2, 3)
    subject.fire(TimerKind.PRECOMMIT)
    subject.restart(contents=contents)
    assert subject.machine.position == (4, 1, Step.PROPOSE)
    assert subject.said() == ["polka 0 A", "prevote 0 A", "precommit 0 A", "proposal 1 A 0"]
    subject.judge("A")
    assert subject.said() == ["prevote 1 A"]


def test_single_validator_decides_the_same_block_after_a_crash_before_storing_it() -> None:
    subject = Subject(0, count=1).start()
    subject.give(BlockBuilt(4, 0, block("A"), content_of("A")))
    assert subject.decided == ["A"]
    subject.restart(contents={block("A"): content_of("A")})
    subject.judge("A")
    assert subject.decided == ["A"]


def test_record_of_an_earlier_height_only_guards() -> None:
    subject = Subject(1).start()
    subject.propose(0, "A")
    (persist,) = subject.of(Persist)
    assert isinstance(persist, Persist)
    fresh = Subject(1)
    fresh.give(Restore(persist.record))
    fresh.start(height=5)
    assert fresh.machine.position == (5, 0, Step.PROPOSE)
    fresh.fire(TimerKind.PROPOSE)
    assert fresh.said() == ["prevote 0 nil"]
    assert len(fresh.of(Persist)) == 1


def test_height_below_the_record_is_followed_without_signing() -> None:
    subject = Subject(1).start()
    subject.propose(0, "A")
    (persist,) = subject.of(Persist)
    assert isinstance(persist, Persist)
    fresh = Subject(1)
    fresh.give(Restore(persist.record))
    fresh.start(height=3)
    fresh.fire(TimerKind.PROPOSE)
    assert fresh.said() == []
    assert fresh.machine.position == (3, 0, Step.PREVOTE)
    fresh.receive(a_commit(0, "B", height=3))
    fresh.judge("B")
    assert fresh.decided == ["B"]


def test_height_of_a_floor_is_followed_in_silence_and_the_next_is_signed() -> None:
    subject = Subject(1)
    subject.give(Restore(SignRecord.floor(4).encode()))
    subject.start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 2, 3)
    assert subject.machine.position == (4, 0, Step.PRECOMMIT)
    subject.votes(PRECOMMIT, 0, "A", 0, 2, 3)
    assert (subject.decided, subject.said(), subject.of(Persist)) == (["A"], [], [])
    subject.start(height=5)
    subject.fire(TimerKind.PROPOSE)
    assert subject.said() == ["prevote 0 nil"]
    assert len(subject.of(Persist)) == 1


def test_record_that_cannot_be_read_stops_the_node() -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        Subject(1).give(Restore(b"damaged"))
