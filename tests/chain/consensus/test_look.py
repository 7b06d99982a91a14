from chain.consensus.height_state import Step
from chain.primitives import ZERO_HASH
from tests.support.subject import NIL, PRECOMMIT, PREVOTE, Subject, block


def test_nothing_is_seen_before_the_first_height() -> None:
    assert Subject(None).machine.look() is None


def test_look_shows_the_votes_of_this_round() -> None:
    subject = Subject(None).start()
    subject.votes(PREVOTE, 0, "A", 0, 2)
    subject.votes(PREVOTE, 0, NIL, 3)
    subject.votes(PRECOMMIT, 0, "A", 2)
    look = subject.machine.look()
    assert look is not None
    assert (look.height, look.round, look.step) == subject.machine.position
    assert look.prevotes == {0: block("A"), 2: block("A"), 3: ZERO_HASH}
    assert look.precommits == {2: block("A")}
    assert look.proposer == look.validators.proposer_index(height=look.height, round_=0)


def test_height_that_waits_for_its_first_round_has_no_votes() -> None:
    subject = Subject(None).start(wait_ms=500)
    subject.votes(PREVOTE, 0, "A", 0)
    look = subject.machine.look()
    assert look is not None
    assert (look.round, look.step, look.proposer) == (-1, Step.NOT_STARTED, None)
    assert look.prevotes == look.precommits == {}
