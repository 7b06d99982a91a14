"""What a validator says, and what it says again so that nobody misses it."""

import pytest

from chain.consensus.events import Broadcast, PeerConnected, SendTo, TimerKind
from chain.consensus.machine import Machine
from chain.consensus.messages import Proposal
from chain.consensus.sign_state import KeySigner
from tests.support.consensus import GENESIS_HASH, a_key
from tests.support.subject import (
    NIL,
    PRECOMMIT,
    PREVOTE,
    Subject,
    a_commit,
    a_proposal,
    content_of,
    word_of,
)


@pytest.fixture
def locked() -> Subject:
    """Return a validator that entered round 1, locked on its proposal, and waits."""
    subject = Subject(2).start()
    subject.votes(PRECOMMIT, 0, NIL, 0, 1, 3)
    subject.fire(TimerKind.PRECOMMIT)
    subject.propose(1, "A")
    subject.votes(PREVOTE, 1, "A", 0, 1)
    subject.said()
    return subject


REPEATED = ["round 0", "polka 1 A", "proposal 1 A -1", "prevote 1 A", "precommit 1 A"]


def test_repeats_its_messages_its_reason_and_the_polka_of_its_valid_block(locked: Subject) -> None:
    locked.fire(TimerKind.REBROADCAST)
    assert locked.said() == REPEATED


def test_peer_that_connects_gets_the_same_at_once(locked: Subject) -> None:
    effects = locked.give(PeerConnected("newcomer"))
    assert [each.peer for each in effects if isinstance(each, SendTo)] == ["newcomer"] * 5
    assert [word_of(each.message) for each in effects if isinstance(each, SendTo)] == REPEATED


def test_repeats_votes_of_all_its_rounds_and_the_proposal_of_this_one() -> None:
    subject = Subject(1).start()
    subject.fire(TimerKind.PROPOSE)
    subject.votes(PRECOMMIT, 0, NIL, 0, 2, 3)
    subject.fire(TimerKind.PRECOMMIT)
    subject.fire(TimerKind.PROPOSE)
    subject.said()
    subject.fire(TimerKind.REBROADCAST)
    assert subject.said() == ["round 0", "prevote 0 nil", "prevote 1 nil"]


def test_proposal_goes_out_with_its_content_again_and_again(locked: Subject) -> None:
    locked.fire(TimerKind.REBROADCAST)
    sent = [each.message for each in locked.effects if isinstance(each, Broadcast)]
    proposals = [each for each in sent if isinstance(each, Proposal)]
    assert [each.content for each in proposals] == [content_of("A")]


def test_own_proposal_is_repeated_once() -> None:
    subject = Subject(0).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 1, 2)
    subject.said()
    subject.fire(TimerKind.REBROADCAST)
    assert [word for word in subject.said() if word.startswith("proposal")] == []


def test_certificate_of_a_block_that_is_still_missing_is_passed_on() -> None:
    subject = Subject().start()
    subject.receive(a_commit(0, "A"))
    effects = subject.give(PeerConnected("newcomer"))
    assert [word_of(each.message) for each in effects if isinstance(each, SendTo)] == ["commit 0 A"]


def test_observer_follows_and_says_nothing() -> None:
    subject = Subject(None).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 1, 2)
    subject.fire(TimerKind.REBROADCAST)
    subject.give(PeerConnected("newcomer"))
    subject.votes(PRECOMMIT, 0, "A", 0, 1, 2)
    assert subject.decided == ["A"]
    assert subject.of(Broadcast, SendTo) == []


def test_key_outside_the_set_follows_and_says_nothing() -> None:
    subject = Subject(None)
    stranger = KeySigner(a_key(9), GENESIS_HASH)
    subject.machine = Machine(genesis_hash=GENESIS_HASH, signer=stranger)
    subject.start()
    subject.fire(TimerKind.PROPOSE)
    subject.fire(TimerKind.REBROADCAST)
    subject.receive(a_commit(0, "A"))
    subject.judge("A")
    assert subject.decided == ["A"]
    assert subject.of(Broadcast, SendTo) == []


def test_node_that_is_catching_up_follows_and_signs_nothing() -> None:
    subject = Subject(0).start(may_sign=False)
    subject.fire(TimerKind.PROPOSE)
    subject.receive(a_proposal(0, "A"))
    assert subject.said() == []
