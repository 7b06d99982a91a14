"""Batches of claims: one signature, all or none."""

from dataclasses import replace

import pytest

from chain.claim_batch import ClaimBatch, sign_batch
from chain.codec import u16
from chain.crypto import SigningKind, signing_bytes
from chain.errors import (
    ChainError,
    ClaimNotAllowed,
    InvalidSignature,
    MalformedMessage,
    ReceiptAlreadyClaimed,
)
from chain.merkle import merkle_root
from chain.outcome import OutcomeKind
from chain.primitives import BATCH_CLAIMS_MAX, TRANSACTION_BYTES_MAX, ZERO_ADDRESS, Signature
from chain.transaction import decode_transaction
from tests.support.builders import GENESIS_HASH, a_claim, a_receipt, a_reserve, key_of
from tests.support.chain import Chain

SESSION = a_reserve(jobs_max=9, cap=900)


def a_batch(chain: Chain, *prices: int, signer: str = "miner", **fields: object) -> ClaimBatch:
    """Return a batch of one claim for each price, on jobs 0, 1, 2 and so on."""
    receipts = [
        chain.keep(
            a_receipt(
                **{
                    "reservation_id": SESSION.id(GENESIS_HASH),
                    "receipt_id": f"r-{number}",
                    "job_id": f"job-{number}",
                    "price": price,
                    **fields,
                }
            )
        )
        for number, price in enumerate(prices)
    ]
    claims = [a_claim(receipt).claim for receipt in receipts]
    return sign_batch(claims, key=key_of(signer), genesis_hash=GENESIS_HASH)


def test_pays_every_claim() -> None:
    chain = Chain()
    chain.block(SESSION)
    executed = chain.block(a_batch(chain, 10, 20, 30))
    assert chain.balance("miner") == 60
    outcome = executed.outcomes[0]
    assert (outcome.kind, outcome.paid) == (OutcomeKind.BATCH_CLAIMED, 60)
    assert [one.paid for one in executed.claim_outcomes] == [10, 20, 30]


@pytest.mark.parametrize("prices", [(10, 20, 871), (901,), (10, 0)])
def test_pays_all_or_none(prices: tuple[int, ...]) -> None:
    chain = Chain()
    chain.block(SESSION)
    with pytest.raises(ChainError):
        chain.block(a_batch(chain, *prices))
    assert chain.balance("miner") == 0
    assert not chain.block().claim_outcomes


def test_claim_pays_once_within_a_batch_and_beside_it() -> None:
    chain = Chain()
    chain.block(SESSION)
    batch = a_batch(chain, 10, 20)
    twice = sign_batch([batch.claims[0]] * 2, key=key_of("miner"), genesis_hash=GENESIS_HASH)
    with pytest.raises(ReceiptAlreadyClaimed):
        chain.try_transaction(twice)
    single = sign_batch(batch.claims[:1], key=key_of("miner"), genesis_hash=GENESIS_HASH)
    chain.block(single)
    with pytest.raises(ReceiptAlreadyClaimed):
        chain.try_transaction(batch)
    assert chain.balance("miner") == 10


def test_reservation_for_any_provider_takes_no_batch() -> None:
    chain = Chain()
    reserve = a_reserve(provider=ZERO_ADDRESS, dispute_window=5)
    chain.block(reserve)
    batch = a_batch(chain, 10, reservation_id=reserve.id(GENESIS_HASH), job_id="job-1")
    with pytest.raises(ClaimNotAllowed, match="acceptance"):
        chain.block(batch)


def test_strangers_batch_pays_nothing() -> None:
    chain = Chain()
    chain.block(SESSION)
    with pytest.raises(InvalidSignature):
        chain.block(a_batch(chain, 10, signer="stranger"))
    batch = a_batch(chain, 10, 20)
    with pytest.raises(InvalidSignature):
        chain.block(replace(batch, claims=batch.claims[::-1]))
    theirs = [replace(one, public_key=key_of("stranger").public_key) for one in batch.claims]
    stolen = sign_batch(theirs, key=key_of("stranger"), genesis_hash=GENESIS_HASH)
    with pytest.raises(ClaimNotAllowed, match="provider key"):
        chain.block(stolen)


def test_signature_is_over_the_root_of_the_claims() -> None:
    batch = a_batch(Chain(), 10, 20)
    root = merkle_root([claim.encode() for claim in batch.claims])
    message = signing_bytes(SigningKind.CLAIM, GENESIS_HASH, b"\x01\x0c" + root)
    assert batch.signature == key_of("miner").sign(message)
    assert replace(batch, signature=Signature(bytes(64))).id(GENESIS_HASH) == batch.id(GENESIS_HASH)


def test_batch_is_of_one_key_and_has_a_size() -> None:
    batch = a_batch(Chain(), 10, 20)
    other = replace(batch.claims[1], public_key=key_of("stranger").public_key)
    empty = b"\x01\x0c" + u16(0) + bytes(64)
    many = replace(batch, claims=batch.claims[:1] * (BATCH_CLAIMS_MAX + 1))
    mixed = replace(batch, claims=(batch.claims[0], other))
    for data in (empty, many.encode(), mixed.encode()):
        with pytest.raises(MalformedMessage):
            decode_transaction(data)


def test_widest_batch_fits_a_transaction() -> None:
    labels = {"job_id": "j" * 64, "model": "m" * 64, "unit_type": "u" * 64}
    widest = replace(a_claim().claim, **labels)
    batch = ClaimBatch(claims=(widest,) * BATCH_CLAIMS_MAX, signature=Signature(bytes(64)))
    assert len(batch.encode()) <= TRANSACTION_BYTES_MAX
