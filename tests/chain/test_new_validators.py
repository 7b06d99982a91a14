"""A change of the validators: what the new key signs, and the one byte form."""

from dataclasses import replace

import pytest

from chain.approval import ApprovedTransaction, approve
from chain.codec import u16, u64
from chain.crypto import SigningKind, signing_bytes
from chain.errors import InvalidSignature, MalformedMessage
from chain.new_validators import AcceptedValidator, NewValidators, check_validator_acceptance
from chain.primitives import VALIDATORS_MAX, Hash, PublicKey, Signature
from chain.transaction import decode_transaction
from chain.validation import verify_transaction
from tests.support.builders import GENESIS_HASH, key_of, validator_keys
from tests.support.seats import a_validator, an_acceptance, new_validators, seat_key

CHANGE = new_validators(1, join=[7, 8], leave=[0, 1])


def approved(change: NewValidators) -> ApprovedTransaction:
    return approve(change, keys=validator_keys(4), genesis_hash=GENESIS_HASH)


@pytest.mark.parametrize(
    "change",
    [CHANGE, new_validators(2, join=[7]), new_validators(3, leave=[1]), NewValidators(version=4)],
)
def test_reads_back(change: NewValidators) -> None:
    assert decode_transaction(approved(change).encode()) == approved(change)


def test_new_key_signs_itself_and_the_height_under_its_own_tag() -> None:
    accepted, validator = an_acceptance(7, until=300), a_validator(7)
    message = signing_bytes(
        SigningKind.VALIDATOR_ACCEPTANCE, GENESIS_HASH, validator.encode() + u64(300)
    )
    assert accepted.signature == seat_key(7).sign(message)
    check_validator_acceptance(accepted, genesis_hash=GENESIS_HASH)


@pytest.mark.parametrize(
    "other",
    [
        replace(an_acceptance(7, until=300), until=301),
        replace(an_acceptance(7, until=300), signature=Signature(bytes(64))),
        replace(an_acceptance(7, until=300), validator=replace(a_validator(7), name="mallory")),
        replace(
            an_acceptance(7, until=300),
            validator=replace(a_validator(7), payee=key_of("mallory").address),
        ),
        replace(
            an_acceptance(7, until=300),
            validator=replace(a_validator(7), public_key=seat_key(8).public_key),
        ),
    ],
)
def test_acceptance_binds_every_field(other: AcceptedValidator) -> None:
    with pytest.raises(InvalidSignature, match="acceptance"):
        check_validator_acceptance(other, genesis_hash=GENESIS_HASH)
    data = approved(NewValidators(version=1, added=(other,))).encode()
    with pytest.raises(InvalidSignature, match="acceptance"):
        verify_transaction(data, genesis_hash=GENESIS_HASH)


def test_acceptance_of_another_chain_is_none() -> None:
    with pytest.raises(InvalidSignature):
        check_validator_acceptance(an_acceptance(7, until=300), genesis_hash=Hash(bytes(32)))


def test_keys_rise_on_both_sides() -> None:
    for wrong in (
        replace(CHANGE, added=CHANGE.added[::-1]),
        replace(CHANGE, added=(CHANGE.added[0],) * 2),
        replace(CHANGE, removed=CHANGE.removed[::-1]),
        replace(CHANGE, removed=(CHANGE.removed[0],) * 2),
    ):
        with pytest.raises(MalformedMessage, match="do not rise"):
            decode_transaction(approved(wrong).encode())


def test_counts_have_a_limit() -> None:
    keys = tuple(PublicKey(u16(number) * 16) for number in range(VALIDATORS_MAX + 1))
    with pytest.raises(MalformedMessage, match="above"):
        decode_transaction(approved(replace(CHANGE, removed=keys)).encode())
    decode_transaction(approved(replace(CHANGE, removed=keys[1:])).encode())


def test_approval_binds_who_joins_and_leaves_and_the_version() -> None:
    for other in (
        replace(CHANGE, version=2),
        replace(CHANGE, added=CHANGE.added[:1]),
        replace(CHANGE, removed=CHANGE.removed[:1]),
    ):
        moved = replace(approved(other), approvals=approved(CHANGE).approvals)
        with pytest.raises(InvalidSignature, match="approval"):
            verify_transaction(moved.encode(), genesis_hash=GENESIS_HASH)
        verify_transaction(approved(other).encode(), genesis_hash=GENESIS_HASH)
