"""The byte form of consensus messages, and what signing one binds."""

from dataclasses import replace

import pytest

from chain import codec
from chain.certificate import VoteKind
from chain.consensus.messages import (
    CONTENT_BYTES_MAX,
    MESSAGE_BYTES_MAX,
    ROUND_VOTES_MAX,
    Message,
    Proposal,
    RoundCertificate,
    Vote,
    check_message_signature,
    decode_message,
    encode_message,
)
from chain.crypto import SigningKind
from chain.errors import InvalidSignature, MalformedMessage
from chain.primitives import VALIDATORS_MAX, ZERO_HASH, Signature
from tests.support.consensus import GENESIS_HASH, OTHER_GENESIS_HASH, keys_in_order
from tests.support.subject import (
    NIL,
    PRECOMMIT,
    PREVOTE,
    a_commit,
    a_polka,
    a_proposal,
    a_vote,
    block,
)

A_ROUND_CERTIFICATE = RoundCertificate(
    4, 1, tuple(a_vote(kind, 1, "A", index) for kind in VoteKind for index in (0, 2))
)


@pytest.mark.parametrize(
    "message",
    [
        a_vote(PREVOTE, 0, "A", 1),
        a_vote(PRECOMMIT, 2**31 - 1, NIL, 3),
        a_proposal(0, "A"),
        a_proposal(3, "B", 2),
        a_proposal(3, "B", 0).without_content(),
        A_ROUND_CERTIFICATE,
        a_polka(2, "A"),
        a_commit(0, "A"),
    ],
)
def test_encoding_reads_back(message: Message) -> None:
    assert decode_message(encode_message(message)) == message


@pytest.mark.parametrize("message", [a_vote(PREVOTE, 0, "A", 1), A_ROUND_CERTIFICATE])
def test_decoder_refuses_bytes_that_end_early_or_are_left_over(message: Message) -> None:
    data = encode_message(message)
    for wrong in (b"", data[:1], data[:-1], data + b"\0"):
        with pytest.raises(MalformedMessage):
            decode_message(wrong)


def test_decoder_refuses_an_unknown_kind() -> None:
    for kind in (0, 5, 255):
        with pytest.raises(MalformedMessage, match="no kind"):
            decode_message(codec.u8(kind) + encode_message(a_vote(PREVOTE, 0, "A", 1))[1:])


@pytest.mark.parametrize(
    "wrong",
    [
        replace(a_vote(PREVOTE, 0, "A", 1), height=0),
        replace(a_vote(PREVOTE, 0, "A", 1), height=2**43),
        replace(a_vote(PREVOTE, 0, "A", 1), round=2**31),
        replace(a_vote(PREVOTE, 0, "A", 1), index=VALIDATORS_MAX),
        replace(a_proposal(1, "A"), pol_round=1),
        replace(a_proposal(1, "A"), pol_round=2),
        replace(a_proposal(1, "A"), block_hash=ZERO_HASH),
        RoundCertificate(4, 1, ()),
        RoundCertificate(4, 1, (a_vote(PREVOTE, 2, "A", 1),)),
        RoundCertificate(4, 1, (a_vote(PREVOTE, 1, "A", 1, height=5),)),
        RoundCertificate(4, 1, (a_vote(PREVOTE, 1, "A", 1),) * (ROUND_VOTES_MAX + 1)),
    ],
)
def test_decoder_refuses_a_field_out_of_its_range(wrong: Message) -> None:
    with pytest.raises(MalformedMessage):
        decode_message(encode_message(wrong))


def test_decoder_takes_the_largest_content_and_refuses_more() -> None:
    largest = replace(a_proposal(0, "A"), content=bytes(CONTENT_BYTES_MAX))
    data = encode_message(largest)
    assert len(data) <= MESSAGE_BYTES_MAX
    assert decode_message(data) == largest
    with pytest.raises(MalformedMessage, match="above"):
        decode_message(encode_message(replace(largest, content=bytes(CONTENT_BYTES_MAX + 1))))


def check(message: Vote | Proposal) -> None:
    public_key = keys_in_order()[message.index].public_key
    check_message_signature(message, public_key=public_key, genesis_hash=GENESIS_HASH)


def test_signatures_verify() -> None:
    check(a_vote(PREVOTE, 0, "A", 1))
    check(a_proposal(3, "A", 1))


@pytest.mark.parametrize(
    "changed",
    [
        replace(a_vote(PREVOTE, 0, "A", 1), kind=PRECOMMIT),
        replace(a_vote(PREVOTE, 0, "A", 1), height=5),
        replace(a_vote(PREVOTE, 0, "A", 1), round=1),
        replace(a_vote(PREVOTE, 0, "A", 1), block_hash=ZERO_HASH),
        replace(a_vote(PREVOTE, 0, "A", 1), index=2),
        replace(a_vote(PREVOTE, 0, "A", 1), signature=Signature(bytes(64))),
        replace(a_proposal(3, "A", 1), height=8),
        replace(a_proposal(3, "A", 1), round=7),
        replace(a_proposal(3, "A", 1), pol_round=0),
        replace(a_proposal(3, "A", 1), block_hash=block("B")),
    ],
)
def test_signature_binds_every_field(changed: Vote | Proposal) -> None:
    with pytest.raises(InvalidSignature):
        check(changed)


def test_signature_is_of_no_use_on_another_chain() -> None:
    vote = a_vote(PREVOTE, 0, "A", 1)
    public_key = keys_in_order()[1].public_key
    with pytest.raises(InvalidSignature):
        check_message_signature(vote, public_key=public_key, genesis_hash=OTHER_GENESIS_HASH)


def test_content_is_bound_by_the_block_hash_and_not_signed() -> None:
    proposal = a_proposal(0, "A")
    check(replace(proposal, content=b"other"))
    assert proposal.without_content().content == b""
    assert proposal.without_content().without_content() == proposal.without_content()


def test_kinds_and_nil() -> None:
    assert a_vote(PREVOTE, 0, NIL, 1).is_nil
    assert not a_vote(PREVOTE, 0, "A", 1).is_nil
    assert a_proposal(0, "A").signing_kind is SigningKind.PROPOSAL
    assert (a_polka(2, "A").height, a_polka(2, "A").round) == (4, 2)
