"""What is taken in, what is dropped in silence, and what is the sender's fault."""

from dataclasses import replace

import pytest

from chain.certificate import VoteKind
from chain.consensus import intake
from chain.consensus.events import JudgeBlock, TimerKind
from chain.consensus.evidence import evidence_of
from chain.consensus.height_state import PROPOSAL_ROUNDS_AHEAD, ROUNDS_KEPT
from chain.consensus.intake import VerifiedSignatures
from chain.consensus.messages import CertificateMessage, Message, RoundCertificate
from chain.crypto import check_signature
from chain.errors import ChainError, InvalidCertificate, InvalidSignature, MalformedMessage
from chain.primitives import PublicKey, Signature
from tests.support.consensus import GENESIS_HASH, keys_in_order
from tests.support.subject import (
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
)

BAD = Signature(bytes(64))


@pytest.fixture
def subject() -> Subject:
    return Subject().start()


def a_round_certificate(round_: int, *indices: int, kind: VoteKind = PREVOTE) -> RoundCertificate:
    votes = tuple(a_vote(kind, round_, NIL, index) for index in indices)
    return RoundCertificate(4, round_, votes)


def forged_certificate() -> CertificateMessage:
    certificate = a_commit(0, "A").certificate
    return CertificateMessage(replace(certificate, signatures=certificate.signatures[:2]))


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (replace(a_vote(PREVOTE, 0, "A", 2), signature=BAD), InvalidSignature),
        (replace(a_vote(PREVOTE, 0, "A", 2), index=3), InvalidSignature),
        (replace(a_vote(PREVOTE, 0, "A", 2), index=4), MalformedMessage),
        (replace(a_proposal(0, "A"), signature=BAD), InvalidSignature),
        (replace(a_proposal(0, "A"), index=2), MalformedMessage),
        (
            RoundCertificate(4, 1, (replace(a_vote(PREVOTE, 1, "A", 2), signature=BAD),)),
            InvalidSignature,
        ),
        (forged_certificate(), InvalidCertificate),
        (
            CertificateMessage(replace(a_polka(0, "A").certificate, kind=PRECOMMIT)),
            InvalidCertificate,
        ),
    ],
)
def test_forgery_is_the_senders_fault_and_changes_nothing(
    subject: Subject, message: Message, error: type[ChainError]
) -> None:
    with pytest.raises(error):
        subject.receive(message)
    assert Subject().start().effects == subject.effects
    subject.fire(TimerKind.REBROADCAST)
    assert subject.said() == []


def test_one_forged_vote_spoils_a_round_certificate(subject: Subject) -> None:
    good = a_round_certificate(1, 0, 2)
    bad = replace(a_vote(PREVOTE, 1, NIL, 3), signature=BAD)
    with pytest.raises(InvalidSignature):
        subject.receive(replace(good, votes=(*good.votes, bad)))
    assert subject.round == 0
    subject.receive(good)
    assert subject.round == 1


def test_votes_of_far_rounds_are_dropped(subject: Subject) -> None:
    subject.votes(PREVOTE, ROUNDS_KEPT + 1, NIL, 0, 2)
    assert subject.round == 0
    subject.votes(PREVOTE, ROUNDS_KEPT, NIL, 0, 2)
    assert subject.round == ROUNDS_KEPT


def test_round_certificate_brings_a_validator_forward_however_far(subject: Subject) -> None:
    subject.receive(a_round_certificate(10_000, 0))
    assert subject.round == 0
    subject.receive(a_round_certificate(10_000, 0, 2))
    assert subject.round == 10_000


def test_round_certificate_of_long_ago_is_dropped(subject: Subject) -> None:
    subject.receive(a_round_certificate(100, 0, 2))
    subject.receive(a_round_certificate(100 - ROUNDS_KEPT - 1, 0, 2, 3, kind=PRECOMMIT))
    subject.votes(PRECOMMIT, 100 - ROUNDS_KEPT - 1, "A", 0, 2, 3)
    assert subject.of(JudgeBlock) == []


def test_certificate_of_long_ago_still_counts(subject: Subject) -> None:
    subject.receive(a_round_certificate(100, 0, 2), a_commit(3, "A"))
    subject.judge("A")
    assert subject.decided == ["A"]


def accused(subject: Subject) -> list[int]:
    """Return the indices of the validators that there is evidence against."""
    keys = [key.public_key for key in keys_in_order()]
    return [keys.index(each.public_key) for each in subject.evidence]


def test_contradicting_votes_are_reported_once(subject: Subject) -> None:
    subject.votes(PREVOTE, 0, "A", 2)
    subject.votes(PREVOTE, 0, "B", 2, 2)
    subject.votes(PREVOTE, 0, "C", 2)
    (evidence,) = subject.evidence
    votes = (a_vote(PREVOTE, 0, "A", 2), a_vote(PREVOTE, 0, "B", 2))
    assert evidence == evidence_of(*votes, public_key=keys_in_order()[2].public_key)


def test_certificate_against_a_vote_is_reported(subject: Subject) -> None:
    subject.votes(PREVOTE, 0, NIL, 2)
    subject.receive(a_polka(0, "A", (0, 2, 3)))
    assert accused(subject) == [2]
    subject.receive(a_polka(0, "A", (0, 2, 3)))
    assert len(subject.evidence) == 1


def test_round_certificate_against_a_vote_is_reported(subject: Subject) -> None:
    subject.votes(PREVOTE, 1, "A", 2)
    subject.receive(a_round_certificate(1, 0, 2))
    assert accused(subject) == [2]


def test_contradicting_proposals_are_reported_and_a_third_is_dropped(subject: Subject) -> None:
    subject.receive(*(a_proposal(0, letter) for letter in "ABC"))
    (evidence,) = subject.evidence
    proposals = [a_proposal(0, letter) for letter in "AB"]
    key = keys_in_order()[proposals[0].index].public_key
    assert evidence == evidence_of(*proposals, public_key=key)
    asked = [each.block_hash for each in subject.of(JudgeBlock) if isinstance(each, JudgeBlock)]
    assert asked == [block("A"), block("B")]


def test_third_proposal_is_kept_once_a_quorum_names_it(subject: Subject) -> None:
    subject.receive(a_proposal(0, "A"), a_proposal(0, "B"))
    subject.fire(TimerKind.PROPOSE)
    subject.votes(PREVOTE, 0, "C", 0, 2, 3)
    subject.receive(a_proposal(0, "C"))
    subject.judge("C")
    assert subject.said()[-1] == "precommit 0 C"


def test_proposals_of_far_rounds_are_dropped_and_judged_in_their_round(subject: Subject) -> None:
    near, far = PROPOSAL_ROUNDS_AHEAD, PROPOSAL_ROUNDS_AHEAD + 1
    subject.receive(a_proposal(near, "A"), a_proposal(far, "B"))
    assert subject.of(JudgeBlock) == []
    subject.receive(a_round_certificate(near, 0, 2, kind=PRECOMMIT))
    (asked,) = subject.of(JudgeBlock)
    assert isinstance(asked, JudgeBlock)
    assert asked.proposal == a_proposal(near, "A")
    subject.receive(a_round_certificate(far, 0, 2, kind=PRECOMMIT))
    assert len(subject.of(JudgeBlock)) == 1


def test_other_content_for_an_open_block_is_handed_on(subject: Subject) -> None:
    forged = replace(a_proposal(0, "A"), content=b"forged")
    subject.receive(forged, a_proposal(0, "A"), a_proposal(0, "A").without_content(), forged)
    asked = [each.proposal for each in subject.of(JudgeBlock) if isinstance(each, JudgeBlock)]
    assert asked == [forged, a_proposal(0, "A")]
    subject.judge("A")
    subject.receive(replace(a_proposal(0, "A"), content=b"forged again"))
    assert len(subject.of(JudgeBlock)) == 2
    assert content_of("A") == a_proposal(0, "A").content


def test_block_asked_for_by_hash_is_asked_for_again_with_its_proposal(subject: Subject) -> None:
    subject.votes(PREVOTE, 0, "A", 0, 2, 3)
    subject.receive(a_proposal(0, "A"))
    asked = [each.proposal for each in subject.of(JudgeBlock) if isinstance(each, JudgeBlock)]
    assert asked == [None, a_proposal(0, "A")]


class CountingCheck:
    """A real signature check that counts its work."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(
        self, *, public_key: PublicKey, message: bytes, signature: Signature, what: str
    ) -> None:
        self.count += 1
        check_signature(public_key=public_key, message=message, signature=signature, what=what)


def test_signature_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "VERIFIED_MAX", 2)
    counting = CountingCheck()
    check = VerifiedSignatures(counting)
    votes = [a_vote(PREVOTE, 0, "A", index) for index in range(3)]
    for vote in (votes[0], votes[0], votes[1], votes[0]):
        intake.check_message_signature(
            vote,
            public_key=keys_in_order()[vote.index].public_key,
            genesis_hash=GENESIS_HASH,
            check=check,
        )
    assert counting.count == 2
    for vote in (votes[2], votes[0]):
        intake.check_message_signature(
            vote,
            public_key=keys_in_order()[vote.index].public_key,
            genesis_hash=GENESIS_HASH,
            check=check,
        )
    assert counting.count == 4


def test_forgery_is_not_remembered_as_checked() -> None:
    counting = CountingCheck()
    check = VerifiedSignatures(counting)
    forged = replace(a_vote(PREVOTE, 0, "A", 0), signature=BAD)
    for _ in range(2):
        with pytest.raises(InvalidSignature):
            intake.check_message_signature(
                forged,
                public_key=keys_in_order()[0].public_key,
                genesis_hash=GENESIS_HASH,
                check=check,
            )
    assert counting.count == 2


def test_proposals_of_a_block_that_a_quorum_names_are_few() -> None:
    subject = Subject(1).start()
    subject.propose(0, "A")
    subject.votes(PREVOTE, 0, "A", 0, 2)
    state = subject.machine._state
    assert state is not None
    for round_ in range(400):
        for pol_round in range(-1, min(round_, 4)):
            subject.receive(a_proposal(round_, "A", pol_round))
    assert sum(len(state.blocks.proposals(round_)) for round_ in range(400)) <= 6
