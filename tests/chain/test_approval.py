"""Approved transactions: what is signed, and what is no part of the id."""

from dataclasses import replace

import pytest

from chain.approval import ApprovedTransaction, NewParameters, Resolution, approve
from chain.crypto import SigningKind, signing_bytes
from chain.errors import InvalidSignature, MalformedMessage
from chain.primitives import VALIDATORS_MAX, Hash
from chain.transaction import decode_transaction
from chain.validation import verify_transaction
from tests.support.builders import FREE, GENESIS_HASH, key_of, validator_keys

KEYS = validator_keys(4)
RESOLUTION = Resolution(
    reservation_id=GENESIS_HASH, receipt_hash=GENESIS_HASH, opened_at=7, provider_amount=9
)


def resolve(**changes: object) -> ApprovedTransaction:
    return approve(replace(RESOLUTION, **changes), keys=KEYS, genesis_hash=GENESIS_HASH)


@pytest.mark.parametrize("decision", [RESOLUTION, NewParameters(FREE)])
def test_reads_back(decision: Resolution | NewParameters) -> None:
    approved = approve(decision, keys=KEYS, genesis_hash=GENESIS_HASH)
    assert decode_transaction(approved.encode()) == approved
    assert approved.kind == decision.kind


def test_approvals_sign_kind_and_body_under_their_own_tag() -> None:
    body = b"\x01\x07" + RESOLUTION.encode()
    message = signing_bytes(SigningKind.APPROVAL, GENESIS_HASH, body)
    assert resolve().signing_bytes(GENESIS_HASH) == message
    assert resolve().approvals[0].signature == KEYS[0].sign(message)


@pytest.mark.parametrize(
    "changes",
    [
        {"reservation_id": Hash(bytes(32))},
        {"receipt_hash": Hash(bytes(32))},
        {"opened_at": 8},
        {"provider_amount": 10},
    ],
)
def test_approval_binds_every_field(changes: dict[str, object]) -> None:
    moved = replace(resolve(**changes), approvals=resolve().approvals)
    with pytest.raises(InvalidSignature, match="approval"):
        verify_transaction(moved.encode(), genesis_hash=GENESIS_HASH)
    verify_transaction(resolve(**changes).encode(), genesis_hash=GENESIS_HASH)


def test_approval_of_another_chain_is_none() -> None:
    with pytest.raises(InvalidSignature):
        verify_transaction(resolve().encode(), genesis_hash=Hash(bytes(32)))


def test_approvals_are_at_most_as_many_as_validators() -> None:
    keys = [key_of(f"v{n}") for n in range(VALIDATORS_MAX + 1)]
    crowd = approve(RESOLUTION, keys=keys, genesis_hash=GENESIS_HASH)
    with pytest.raises(MalformedMessage):
        decode_transaction(crowd.encode())
