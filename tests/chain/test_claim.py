"""The claim: what it says of its document, what is signed, and what is no part of its id."""

from dataclasses import fields, replace

import pytest

from chain.claim import Claim, acceptance_bytes, claim_of
from chain.codec import u64
from chain.crypto import check_signature
from chain.primitives import ZERO_HASH
from tests.support.builders import (
    GENESIS_HASH,
    PRICED,
    a_claim,
    a_receipt,
    a_reserve,
    an_accepted_claim,
    key_of,
)

OTHER: dict[type, object] = {str: "other", int: 7, bool: True}


def test_claim_asks_for_the_whole_price_of_its_receipt() -> None:
    receipt = a_receipt(price=123, units=456)
    claim = claim_of(receipt, final=True)
    assert (claim.amount, claim.units_micro, claim.final) == (123, 456, True)
    assert claim.reservation_id == a_reserve().id(GENESIS_HASH)
    assert (claim.receipt_hash, claim.sidecar_id) == (receipt.hash, receipt.sidecar_id)
    assert (claim.provider, claim.client) == (key_of("miner").address, key_of("client").address)
    assert claim.public_key == key_of("miner").public_key
    assert (claim.job_id, claim.model, claim.unit_type) == ("job-1", "llama3.2", "gpu_seconds")
    assert claim.fields_root == ZERO_HASH


def test_claim_carries_the_root_of_private_fields() -> None:
    claim = claim_of(a_receipt(fields_root="ab" * 32), final=False)
    assert claim.fields_root == bytes.fromhex("ab" * 32)


@pytest.mark.parametrize("name", [field.name for field in fields(Claim)])
def test_every_field_is_signed_and_part_of_the_id(name: str) -> None:
    transaction = a_claim()
    value = getattr(transaction.claim, name)
    other = OTHER[type(value)] if type(value) in OTHER else bytes(len(value) - 1) + b"\x01"
    changed = replace(transaction, claim=replace(transaction.claim, **{name: other}))
    assert changed.signing_bytes(GENESIS_HASH) != transaction.signing_bytes(GENESIS_HASH)
    assert changed.id(GENESIS_HASH) != transaction.id(GENESIS_HASH)


def test_acceptance_is_no_part_of_id_and_fee() -> None:
    plain, accepted = a_claim(), an_accepted_claim()
    assert accepted.id(GENESIS_HASH) == plain.id(GENESIS_HASH)
    assert accepted.priced_bytes == plain.priced_bytes == len(plain.encode())
    assert len(accepted.encode()) == len(plain.encode()) + 96
    fees = {PRICED.minimum_fee(one.kind, size_bytes=one.priced_bytes) for one in (plain, accepted)}
    assert len(fees) == 1


def test_acceptance_binds_reservation_receipt_and_amount() -> None:
    accepted = an_accepted_claim()
    message = acceptance_bytes(accepted.claim, genesis_hash=GENESIS_HASH)
    claim = accepted.claim
    assert message.endswith(claim.reservation_id + claim.receipt_hash + u64(claim.amount))
    assert accepted.acceptance is not None
    check_signature(
        public_key=key_of("client").public_key,
        message=message,
        signature=accepted.acceptance.signature,
        what="acceptance",
    )
