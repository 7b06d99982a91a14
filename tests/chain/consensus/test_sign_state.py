"""The guard that keeps a key from contradicting itself, and its record."""

from dataclasses import replace

import pytest

from chain.certificate import ROUND_MAX, VoteKind
from chain.consensus.messages import NO_ROUND, UNSIGNED, Proposal, SignedMessage, Vote
from chain.consensus.sign_state import (
    OWN_ROUNDS_KEPT,
    KeySigner,
    Lock,
    SignRecord,
    SignState,
)
from chain.crypto import SigningKind
from chain.errors import MalformedMessage
from chain.primitives import PublicKey, Signature
from tests.support.consensus import GENESIS_HASH, keys_in_order
from tests.support.subject import PRECOMMIT, PREVOTE, a_polka, a_proposal, a_vote, block

KEY = keys_in_order()[1]


class CountingSigner:
    """A signer that counts how often its key was used."""

    def __init__(self) -> None:
        self._inner = KeySigner(KEY, GENESIS_HASH)
        self.count = 0

    @property
    def public_key(self) -> PublicKey:
        return self._inner.public_key

    def sign(self, kind: SigningKind, body: bytes) -> Signature:
        self.count += 1
        return self._inner.sign(kind, body)


def vote(kind: VoteKind, round_: int, letter: str, *, height: int = 4) -> Vote:
    return Vote(kind, height, round_, block(letter), 1, UNSIGNED)


def proposal(round_: int, letter: str) -> Proposal:
    return Proposal(4, round_, NO_ROUND, block(letter), 1, UNSIGNED, b"content")


def a_state(record: SignRecord | None = None) -> SignState:
    return SignState(KeySigner(KEY, GENESIS_HASH), record)


def record_of(state: SignState, *, locked: Lock | None = None) -> SignRecord:
    polkas = (a_polka(locked.round, "A").certificate,) if locked else ()
    return state.take_record(locked=locked, valid=locked, polkas=polkas)


def test_signature_is_the_validators() -> None:
    signed = a_state().sign(vote(PREVOTE, 0, "A"))
    assert signed == a_vote(PREVOTE, 0, "A", 1)


def test_positions_rise_within_a_round_over_rounds_and_over_heights() -> None:
    state = a_state()
    rising: list[SignedMessage] = [
        proposal(0, "A"),
        vote(PREVOTE, 0, "A"),
        vote(PRECOMMIT, 0, "A"),
        vote(PREVOTE, 1, "B"),
        vote(PREVOTE, 3, "B"),
        vote(PREVOTE, 0, "A", height=5),
    ]
    assert all(state.sign(message) is not None for message in rising)


@pytest.mark.parametrize(
    "lower",
    [
        proposal(2, "A"),
        vote(PREVOTE, 2, "A"),
        vote(PREVOTE, 2, "B"),
        vote(PRECOMMIT, 1, "A"),
        vote(PRECOMMIT, 9, "A", height=3),
    ],
)
def test_lower_position_is_refused_without_using_the_key(lower: SignedMessage) -> None:
    signer = CountingSigner()
    state = SignState(signer)
    state.sign(vote(PRECOMMIT, 2, "A"))
    assert state.sign(lower) is None
    assert signer.count == 1


def test_same_position_gives_the_same_bytes_whatever_is_asked() -> None:
    signer = CountingSigner()
    state = SignState(signer)
    first = state.sign(vote(PREVOTE, 2, "A"))
    assert state.sign(vote(PREVOTE, 2, "A")) == first
    assert state.sign(vote(PREVOTE, 2, "B")) == first
    assert signer.count == 1


def test_guard_outlives_a_restart() -> None:
    state = a_state()
    first = state.sign(vote(PRECOMMIT, 2, "A"))
    again = a_state(SignRecord.decode(record_of(state).encode()))
    assert again.sign(vote(PREVOTE, 2, "B")) is None
    assert again.sign(vote(PRECOMMIT, 2, "B")) == first
    assert again.sign(vote(PREVOTE, 3, "B")) is not None


def test_change_is_noted_until_the_record_is_taken() -> None:
    state = a_state()
    assert not state.is_changed
    state.sign(vote(PREVOTE, 0, "A"))
    assert state.is_changed
    record_of(state)
    assert not state.is_changed
    state.sign(vote(PREVOTE, 0, "B"))
    assert not state.is_changed


def test_messages_are_those_of_the_height_and_without_contents() -> None:
    state = a_state()
    signed = [state.sign(proposal(1, "A")), state.sign(vote(PREVOTE, 1, "A"))]
    assert state.messages(4) == tuple(signed)
    assert isinstance(signed[0], Proposal)
    assert signed[0].content == b""
    assert state.messages(5) == ()
    state.sign(vote(PREVOTE, 0, "A", height=5))
    assert state.messages(4) == ()


def test_messages_of_far_rounds_are_dropped() -> None:
    state = a_state()
    for round_ in range(OWN_ROUNDS_KEPT + 20):
        state.sign(vote(PREVOTE, round_, "A"))
        state.sign(vote(PRECOMMIT, round_, "A"))
    assert len(state.messages(4)) == 2 * (OWN_ROUNDS_KEPT + 1)
    record = record_of(state)
    assert SignRecord.decode(record.encode()) == record


def test_record_reads_back_with_and_without_locks() -> None:
    state = a_state()
    state.sign(proposal(1, "A"))
    state.sign(vote(PREVOTE, 1, "A"))
    for locked in (None, Lock(1, block("A"))):
        record = record_of(state, locked=locked)
        assert SignRecord.decode(record.encode()) == record


def test_record_is_found_at_its_height_only() -> None:
    state = a_state()
    state.sign(vote(PREVOTE, 1, "A"))
    record = record_of(state)
    again = a_state(record)
    assert again.find_record(4) == record
    assert again.find_record(5) is None
    assert a_state().find_record(4) is None


def test_record_names_the_blocks_that_must_outlive_a_crash() -> None:
    state = a_state()
    state.sign(proposal(1, "B"))
    state.sign(proposal(3, "A"))
    assert record_of(state, locked=Lock(2, block("A"))).block_hashes == (block("A"),)
    state.sign(proposal(5, "C"))
    record = record_of(state, locked=Lock(2, block("A")))
    assert record.block_hashes == (block("C"), block("A"))


def a_record() -> SignRecord:
    state = a_state()
    state.sign(vote(PREVOTE, 1, "A"))
    return record_of(state)


def test_decoder_refuses_a_record_that_contradicts_itself() -> None:
    foreign = replace(a_record(), messages=(a_vote(PREVOTE, 0, "A", 1, height=9),))
    unproven = replace(a_record(), locked=Lock(1, block("A")))
    unsigned = replace(a_record(), kind=SigningKind.CLAIM)
    empty = replace(a_record(), messages=())
    older = replace(a_record(), round=2)
    for wrong in (foreign, unproven, unsigned, empty, older):
        with pytest.raises(MalformedMessage):
            SignRecord.decode(wrong.encode())
    with pytest.raises(MalformedMessage):
        SignRecord.decode(a_record().encode() + b"\0")


def test_decoder_refuses_a_message_nobody_signed() -> None:
    state = a_state()
    state.sign(proposal(0, "A"))
    record = replace(record_of(state), messages=(a_polka(0, "A"),))  # type: ignore[arg-type]  # on purpose
    with pytest.raises(MalformedMessage, match="not of its height"):
        SignRecord.decode(record.encode())


def test_floor_reads_back_and_forbids_its_whole_height() -> None:
    floor = SignRecord.decode(SignRecord.floor(4).encode())
    assert floor == SignRecord.floor(4)
    state = a_state(floor)
    last = vote(PRECOMMIT, ROUND_MAX, "A")
    for lower in (vote(PREVOTE, 0, "A"), vote(PRECOMMIT, 9, "A"), last, proposal(7, "A")):
        assert state.sign(lower) is None
    assert not state.is_changed
    assert state.find_record(4) is None
    assert state.sign(vote(PREVOTE, 0, "A", height=5)) is not None
    assert record_of(state).messages == state.messages(5)


def test_decoder_refuses_a_floor_with_anything_in_it_and_messages_out_of_order() -> None:
    lock = Lock(1, block("A"))
    proven = {"locked": lock, "polkas": (a_polka(1, "A").certificate,)}
    for wrong in (
        replace(SignRecord.floor(4), round=3),
        replace(SignRecord.floor(4), kind=SigningKind.PREVOTE),
        replace(SignRecord.floor(4), **proven),
        replace(a_record(), messages=a_record().messages * 2),
    ):
        with pytest.raises(MalformedMessage, match="do not lead to its position"):
            SignRecord.decode(wrong.encode())


def test_signed_proposal_of_a_round_verifies() -> None:
    signed = SignState(KeySigner(keys_in_order()[0], GENESIS_HASH)).sign(
        replace(a_proposal(0, "A"), signature=UNSIGNED)
    )
    assert signed == a_proposal(0, "A").without_content()


def test_signer_that_is_away_changes_nothing() -> None:
    class AwaySigner(CountingSigner):
        is_away = False

        def sign(self, kind: SigningKind, body: bytes) -> Signature | None:  # type: ignore[override]
            return None if self.is_away else super().sign(kind, body)

    signer = AwaySigner()
    state = SignState(signer)
    first = state.sign(vote(PREVOTE, 0, "A"))
    record_of(state)
    signer.is_away = True
    assert state.sign(vote(PREVOTE, 1, "A")) is None
    assert state.sign(vote(PREVOTE, 0, "A", height=5)) is None
    assert not state.is_changed
    assert state.messages(4) == (first,)
    signer.is_away = False
    assert state.sign(vote(PREVOTE, 1, "A")) is not None
