"""When the machine does not sign: while it listens, at heights that are over, beside a twin."""

from dataclasses import replace

import pytest

from chain.consensus.events import (
    Broadcast,
    KeyElsewhere,
    PeerConnected,
    Persist,
    Proven,
    Restore,
    SendTo,
    StartHeight,
    Timer,
    TimerFired,
    TimerKind,
)
from chain.consensus.machine import Machine
from chain.consensus.messages import RoundCertificate
from chain.consensus.sign_state import OWN_ROUNDS_KEPT
from chain.errors import InvalidSignature
from tests.support.consensus import GENESIS_HASH, a_validator_set
from tests.support.subject import (
    HEIGHT,
    NIL,
    PRECOMMIT,
    PREVOTE,
    Subject,
    a_commit,
    a_polka,
    a_proposal,
    a_vote,
    block,
    content_of,
    word_of,
)

LISTENED = TimerFired(Timer(TimerKind.LISTEN, 0, 0))


def listening(subject: Subject, *, height: int = HEIGHT, wait_ms: int = 0) -> Subject:
    """Start a height in silence."""
    validators = a_validator_set(4)
    subject.give(StartHeight(height, validators, 1_000, 1_000 + wait_ms, listens=True))
    return subject


def signed(subject: Subject) -> bool:
    return bool(subject.of(Persist))


# Listening.


def test_nothing_starts_while_we_listen_and_what_came_is_answered_then() -> None:
    subject = listening(Subject(1))
    assert subject.effects == []
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 2, 3)
    assert not signed(subject)
    subject.give(LISTENED)
    assert subject.said() == ["prevote 0 A", "precommit 0 A"]


def test_proposer_that_listened_proposes_then() -> None:
    subject = listening(Subject(0))
    assert subject.round == -1
    subject.give(LISTENED)
    assert subject.round == 0
    assert "BuildBlock" in [type(each).__name__ for each in subject.effects]


def test_no_round_begins_while_we_listen_whatever_calls_for_one() -> None:
    subject = listening(Subject(1), wait_ms=700)
    subject.fire(TimerKind.START)
    subject.votes(PRECOMMIT, 3, NIL, 0, 2, 3)
    assert subject.round == -1
    assert subject.of(Broadcast) == []
    subject.give(LISTENED)
    assert subject.round == 3


def test_height_may_be_decided_while_we_listen() -> None:
    subject = listening(Subject(1))
    subject.receive(a_commit(0, "A"))
    subject.judge("A")
    assert subject.decided == ["A"]
    assert not signed(subject)


def test_restarted_validator_says_again_what_it_said_and_nothing_new() -> None:
    subject = Subject(1).start()
    subject.propose(0, "A")
    before = subject.said()
    records = [each for each in subject.effects if isinstance(each, Persist)]
    subject.machine = Machine(genesis_hash=GENESIS_HASH, signer=subject.signer)
    subject.effects.clear()
    subject.give(Restore(records[-1].record, {block("A"): content_of("A")}))
    listening(subject)
    assert subject.said() == before == ["prevote 0 A"]
    subject.fire(TimerKind.REBROADCAST)
    assert subject.said() == before
    effects = subject.give(PeerConnected("p"))
    assert [word_of(each.message) for each in effects if isinstance(each, SendTo)] == before
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 2)
    for kind in (TimerKind.PREVOTE, TimerKind.PROPOSE, TimerKind.PRECOMMIT):
        subject.fire(kind)
    assert not signed(subject)
    subject.give(LISTENED)
    assert subject.said() == ["precommit 0 A"]


def test_end_of_listening_says_nothing_twice() -> None:
    subject = Subject(1).start()
    subject.propose(0, "A")
    subject.said()
    assert subject.give(LISTENED) == []


# Heights that are over.


def test_certificate_that_came_before_its_height_is_shown_to_others() -> None:
    subject = Subject(1).start()
    subject.give(Proven(a_commit(0, "B", height=HEIGHT + 1).certificate, a_validator_set(4)))
    subject.receive(a_commit(0, "A"))
    subject.judge("A")
    subject.said()
    subject.start(height=HEIGHT + 1)
    subject.fire(TimerKind.REBROADCAST)
    assert subject.said() == ["commit 0 B"]
    subject.judge("B")
    assert subject.decided == ["A", "B"]


def test_certificate_of_other_validators_than_the_height_has_is_not_counted() -> None:
    subject = Subject(1).start()
    certificate = a_commit(0, "B", height=HEIGHT + 1).certificate
    subject.give(Proven(replace(certificate, validators_hash=block("C")), a_validator_set(4)))
    subject.receive(a_commit(0, "A"))
    subject.judge("A")
    subject.said()
    subject.start(height=HEIGHT + 1)
    subject.fire(TimerKind.REBROADCAST)
    assert subject.said() == []


@pytest.mark.parametrize("ahead", [0, 1, 9])
def test_height_below_a_proven_one_is_followed_in_silence(ahead: int) -> None:
    subject = Subject(1).start()
    certificate = a_commit(0, "B", height=HEIGHT + ahead).certificate
    subject.give(Proven(certificate, a_validator_set(4)))
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 2, 3)
    for kind in (TimerKind.PREVOTE, TimerKind.PRECOMMIT):
        subject.fire(kind)
    assert not signed(subject)
    subject.votes(PRECOMMIT, 0, "A", 0, 2, 3)
    assert subject.decided == ["A"]


def test_heights_that_begin_below_a_proven_one_are_silent_too_and_the_next_is_not() -> None:
    subject = Subject(1).start()
    certificate = a_commit(0, "B", height=HEIGHT + 1).certificate
    subject.give(Proven(certificate, a_validator_set(4)))
    subject.start(height=HEIGHT + 1)
    subject.fire(TimerKind.PROPOSE)
    assert not signed(subject)
    subject.start(height=HEIGHT + 2)
    subject.fire(TimerKind.PROPOSE)
    assert signed(subject)


def test_proof_of_an_earlier_height_silences_nobody() -> None:
    subject = Subject(1).start()
    certificate = a_commit(0, "B", height=HEIGHT - 1).certificate
    subject.give(Proven(certificate, a_validator_set(4)))
    subject.propose(0, "A")
    assert subject.said() == ["prevote 0 A"]


def test_nothing_is_signed_once_a_certificate_of_the_height_is_known() -> None:
    for message in (a_commit(0, "A"), a_commit(5, "A")):
        subject = Subject(1).start()
        subject.receive(message)
        subject.propose(0, "A")
        subject.fire(TimerKind.PROPOSE)
        assert not signed(subject)


# The same key elsewhere.


def elsewhere(subject: Subject) -> list[str]:
    return [word_of(each.message) for each in subject.effects if isinstance(each, KeyElsewhere)]


def test_own_message_above_the_last_one_is_not_ours() -> None:
    for message, word in (
        (a_vote(PREVOTE, 0, "A", 1), "prevote 0 A"),
        (a_vote(PRECOMMIT, 7, NIL, 1), "precommit 7 nil"),
        (a_vote(PREVOTE, 0, NIL, 1, height=HEIGHT + 1), "prevote 0 nil"),
        (a_polka(0, "A", (0, 1, 2)), "prevote 0 A"),
        (a_commit(0, "A", (1, 2, 3)), "precommit 0 A"),
        (RoundCertificate(HEIGHT, 2, (a_vote(PREVOTE, 2, NIL, 1),)), "prevote 2 nil"),
    ):
        subject = Subject(1).start()
        subject.receive(message)
        assert elsewhere(subject) == [word]


def test_own_proposal_that_we_did_not_make_is_not_ours() -> None:
    subject = Subject(0).start()
    subject.receive(a_proposal(0, "B"))
    assert elsewhere(subject) == ["proposal 0 B -1"]


def test_twin_is_heard_while_we_listen() -> None:
    subject = listening(Subject(1))
    subject.receive(a_vote(PREVOTE, 0, "A", 1))
    assert elsewhere(subject) == ["prevote 0 A"]


def test_other_vote_at_a_place_where_we_voted_is_not_ours() -> None:
    subject = Subject(1).start()
    subject.propose(0, "A")
    subject.receive(a_vote(PREVOTE, 0, "A", 1), a_polka(0, "A", (0, 1, 2)))
    assert elsewhere(subject) == []
    subject.receive(a_vote(PREVOTE, 0, "B", 1))
    assert elsewhere(subject) == ["prevote 0 B"]


def test_own_votes_of_this_height_and_earlier_ones_come_back_without_harm() -> None:
    subject = Subject(1).start()
    subject.fire(TimerKind.PROPOSE)
    subject.votes(PREVOTE, 0, NIL, 0, 2, 3)
    subject.votes(PRECOMMIT, 0, NIL, 0, 2, 3)
    subject.fire(TimerKind.PRECOMMIT)
    subject.votes(PREVOTE, 0, NIL, 1)
    subject.votes(PRECOMMIT, 0, NIL, 1)
    subject.give(Proven(a_commit(9, "B", (0, 1, 2), height=1).certificate, a_validator_set(4)))
    assert elsewhere(subject) == []


def test_own_votes_that_the_record_has_dropped_come_back_without_harm() -> None:
    subject = Subject(1).start()
    subject.fire(TimerKind.PROPOSE)
    far = OWN_ROUNDS_KEPT + 3
    subject.receive(
        RoundCertificate(HEIGHT, far, tuple(a_vote(PREVOTE, far, NIL, i) for i in (0, 2, 3)))
    )
    subject.fire(TimerKind.PROPOSE)
    subject.restart()
    assert subject.round == far
    subject.receive(
        a_vote(PREVOTE, 0, "A", 1),
        a_commit(0, "A", (0, 1, 2)),
    )
    assert elsewhere(subject) == []


def test_forged_message_under_our_key_is_its_bringers_fault_alone() -> None:
    subject = Subject(1).start()
    forged = replace(a_vote(PREVOTE, 0, "A", 1), signature=a_vote(PREVOTE, 0, "A", 2).signature)
    with pytest.raises(InvalidSignature):
        subject.receive(forged)
    assert elsewhere(subject) == []


def test_observer_has_no_key_to_watch() -> None:
    subject = Subject(None).start()
    subject.receive(a_vote(PREVOTE, 0, "A", 1), a_commit(0, "A", (0, 1, 2)))
    assert elsewhere(subject) == []
