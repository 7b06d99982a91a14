"""Evidence from two messages of the machine, and its form on the consensus lane."""

import pytest

from chain.consensus.evidence import (
    WIRE_KIND,
    decode_evidence_message,
    encode_evidence_message,
    evidence_of,
    is_evidence_message,
)
from chain.consensus.messages import SignedMessage, decode_message, encode_message
from chain.errors import MalformedMessage
from chain.evidence import check_evidence
from tests.support.consensus import GENESIS_HASH, keys_in_order
from tests.support.evidence import an_evidence
from tests.support.subject import NIL, PRECOMMIT, PREVOTE, a_proposal, a_vote


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (a_vote(PREVOTE, 2, "A", 1), a_vote(PREVOTE, 2, "B", 1)),
        (a_vote(PRECOMMIT, 2, NIL, 1), a_vote(PRECOMMIT, 2, "B", 1)),
        (a_proposal(2, "A"), a_proposal(2, "B")),
        (a_proposal(2, "A"), a_proposal(2, "A", 1)),
    ],
)
def test_two_messages_of_one_place_are_evidence(one: SignedMessage, other: SignedMessage) -> None:
    key = keys_in_order()[one.index].public_key
    evidence = evidence_of(one, other, public_key=key)
    check_evidence(evidence, genesis_hash=GENESIS_HASH)
    assert evidence_of(other, one, public_key=key) == evidence
    assert (evidence.height, evidence.round) == (one.height, one.round)
    assert evidence.kind is one.signing_kind
    bodies = [evidence.body(each) for each in (evidence.first, evidence.second)]
    assert sorted(bodies) == sorted(each.body() for each in (one, other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (a_vote(PREVOTE, 2, "A", 1), a_vote(PREVOTE, 2, "A", 1)),
        (a_vote(PREVOTE, 2, "A", 1), a_vote(PRECOMMIT, 2, "B", 1)),
        (a_vote(PREVOTE, 2, "A", 1), a_vote(PREVOTE, 3, "B", 1)),
        (a_vote(PREVOTE, 2, "A", 1), a_vote(PREVOTE, 2, "B", 1, height=5)),
        (a_vote(PREVOTE, 2, "A", 2), a_proposal(2, "B")),
    ],
)
def test_messages_that_may_both_be_honest_are_our_own_mistake(
    one: SignedMessage, other: SignedMessage
) -> None:
    with pytest.raises(AssertionError):
        evidence_of(one, other, public_key=keys_in_order()[1].public_key)


def test_message_of_evidence_is_none_of_the_machines() -> None:
    evidence = an_evidence(2)
    data = encode_evidence_message(evidence)
    assert is_evidence_message(data)
    assert decode_evidence_message(data) == evidence
    with pytest.raises(MalformedMessage, match=f"{WIRE_KIND} is no kind"):
        decode_message(data)
    vote = encode_message(a_vote(PREVOTE, 2, "A", 1))
    assert not is_evidence_message(vote)
    for wrong in (vote, b"", data[:-1], data + b"\0"):
        with pytest.raises(MalformedMessage):
            decode_evidence_message(wrong)
