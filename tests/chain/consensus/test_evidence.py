"""What proves that a validator contradicted itself, and what does not."""

from dataclasses import replace

import pytest

from chain import codec
from chain.consensus.evidence import Evidence, check_evidence
from chain.consensus.messages import SignedMessage, encode_message
from chain.crypto import SigningKind
from chain.errors import InvalidSignature, MalformedMessage
from chain.primitives import Signature
from tests.support.consensus import GENESIS_HASH, OTHER_GENESIS_HASH, a_validator_set
from tests.support.subject import NIL, PRECOMMIT, PREVOTE, a_polka, a_proposal, a_vote, sign

VOTES = Evidence.pair(a_vote(PREVOTE, 2, "A", 1), a_vote(PREVOTE, 2, "B", 1))
PROPOSALS = Evidence.pair(a_proposal(2, "A"), a_proposal(2, "A", 1))


def check(evidence: Evidence) -> None:
    check_evidence(evidence, validators=a_validator_set(4), genesis_hash=GENESIS_HASH)


@pytest.mark.parametrize("evidence", [VOTES, PROPOSALS])
def test_two_different_messages_of_one_place_are_evidence(evidence: Evidence) -> None:
    check(evidence)
    assert Evidence.decode(evidence.encode()) == evidence


def test_nil_and_a_block_contradict_each_other() -> None:
    check(Evidence.pair(a_vote(PRECOMMIT, 2, NIL, 1), a_vote(PRECOMMIT, 2, "B", 1)))


def test_pair_has_one_form_whatever_the_order_and_no_contents() -> None:
    assert Evidence.pair(VOTES.second, VOTES.first) == VOTES
    assert Evidence.pair(a_proposal(2, "A", 1), a_proposal(2, "A")) == PROPOSALS
    assert len(PROPOSALS.encode()) < 256


def test_offence_is_the_place_and_not_the_pair() -> None:
    assert VOTES.offence == (4, 2, 1, SigningKind.PREVOTE)
    other = Evidence.pair(a_vote(PREVOTE, 2, "A", 1), a_vote(PREVOTE, 2, "C", 1))
    assert other.offence == VOTES.offence


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (a_vote(PREVOTE, 2, "A", 1), a_vote(PREVOTE, 2, "A", 1)),
        (a_vote(PREVOTE, 2, "A", 1), a_vote(PRECOMMIT, 2, "B", 1)),
        (a_vote(PREVOTE, 2, "A", 1), a_vote(PREVOTE, 3, "B", 1)),
        (a_vote(PREVOTE, 2, "A", 1), a_vote(PREVOTE, 2, "B", 2)),
        (a_vote(PREVOTE, 2, "A", 1), a_vote(PREVOTE, 2, "B", 1, height=5)),
        (a_vote(PREVOTE, 2, "A", 2), a_proposal(2, "B")),
    ],
)
def test_messages_that_may_both_be_honest_are_no_evidence(
    first: SignedMessage, second: SignedMessage
) -> None:
    with pytest.raises(MalformedMessage):
        check(Evidence.pair(first, second))


def test_both_signatures_are_checked() -> None:
    for message in (VOTES.first, VOTES.second):
        forged = replace(message, signature=Signature(bytes(64)))
        other = VOTES.second if message is VOTES.first else VOTES.first
        with pytest.raises(InvalidSignature):
            check(Evidence.pair(forged, other))


def test_evidence_of_another_chain_counts_for_nothing() -> None:
    with pytest.raises(InvalidSignature):
        check_evidence(VOTES, validators=a_validator_set(4), genesis_hash=OTHER_GENESIS_HASH)


def test_refuses_a_validator_outside_the_set() -> None:
    votes = [a_vote(PREVOTE, 2, letter, 4, count=5) for letter in "AB"]
    assert all(sign(vote, 5) == vote.signature for vote in votes)
    with pytest.raises(MalformedMessage, match="outside"):
        check(Evidence.pair(*votes))


def test_decoder_refuses_another_order_contents_and_what_nobody_signed() -> None:
    swapped = Evidence(VOTES.second, VOTES.first)
    filled = Evidence(a_proposal(2, "A"), PROPOSALS.second)
    for wrong in (swapped.encode(), filled.encode(), VOTES.encode() + b"\0", b""):
        with pytest.raises(MalformedMessage):
            Evidence.decode(wrong)
    small = encode_message(a_polka(0, "A", (0,)))
    with pytest.raises(MalformedMessage, match="nobody signed"):
        Evidence.decode(codec.bytes32(small) * 2)
