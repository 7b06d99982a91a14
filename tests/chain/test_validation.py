"""Every check that needs no state: one test for each way to fail."""

from dataclasses import fields, replace

import pytest

from chain import validation
from chain.block import Block
from chain.claim import Claim
from chain.crypto import sha256
from chain.errors import (
    ChainError,
    InvalidBlock,
    InvalidPayload,
    InvalidSignature,
    LimitExceeded,
    MalformedMessage,
    ReceiptMismatch,
    WrongChain,
)
from chain.primitives import TRANSACTION_BYTES_MAX, Hash, Signature
from chain.receipt import Receipt
from chain.validation import (
    check_claim_agrees,
    verify_block,
    verify_receipt_document,
    verify_transaction,
)
from tests.support.builders import (
    CHAIN_ID,
    GENESIS_HASH,
    a_claim,
    a_receipt,
    a_reserve,
    a_transfer,
    an_accepted_claim,
    key_of,
)
from tests.support.chain import Chain, forge
from tests.support.evidence import an_evidence
from tests.support.seats import seat_key


def verify(block: Block) -> None:
    verify_block(block, known={}, known_receipts={})


def a_block_with_a_claim() -> Block:
    chain = Chain()
    chain.block(a_reserve())
    chain.keep(a_receipt())
    return chain.propose(a_transfer(nonce=1), a_claim()).block


@pytest.mark.parametrize("transaction", [a_transfer(), a_claim(), an_accepted_claim()])
def test_verified_transaction_knows_its_ids(transaction: object) -> None:
    data = transaction.encode()
    verified = verify_transaction(data, genesis_hash=GENESIS_HASH)
    assert verified.transaction == transaction
    assert verified.data == data
    assert verified.id == transaction.id(GENESIS_HASH)
    assert verified.full_id not in (verified.id, sha256(data))


@pytest.mark.parametrize("transaction", [a_transfer(), a_reserve(), an_accepted_claim()])
def test_any_changed_byte_of_a_transaction_is_noticed(transaction: object) -> None:
    data = transaction.encode()
    for place in range(len(data)):
        for mask in (1, 0x80):
            changed = data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]
            with pytest.raises(ChainError):
                verify_transaction(changed, genesis_hash=GENESIS_HASH)


def test_acceptance_must_be_signed() -> None:
    claim = an_accepted_claim()
    assert claim.acceptance is not None
    forged = replace(claim, acceptance=replace(claim.acceptance, signature=Signature(bytes(64))))
    with pytest.raises(InvalidSignature, match="acceptance"):
        verify_transaction(forged.encode(), genesis_hash=GENESIS_HASH)


def test_acceptance_binds_the_amount() -> None:
    receipt = a_receipt(price=299)
    accepted = an_accepted_claim(receipt)
    dearer = a_claim(replace_price(receipt, 300), receipt_hash=receipt.hash)
    moved = replace(dearer, acceptance=accepted.acceptance)
    with pytest.raises(InvalidSignature, match="acceptance"):
        verify_transaction(moved.encode(), genesis_hash=GENESIS_HASH)


def replace_price(receipt: Receipt, price: int) -> Receipt:
    return Receipt.model_validate(receipt.model_dump() | {"price": price})


def test_whose_key_signed_a_claim_is_the_states_to_say() -> None:
    stranger = key_of("stranger")
    claim = a_claim(signer="stranger", public_key=stranger.public_key)
    assert verify_transaction(claim.encode(), genesis_hash=GENESIS_HASH).transaction == claim


@pytest.mark.parametrize("name", ["job_id", "model", "unit_type"])
def test_reservation_with_something_else_for_a_label_is_not_passed_on(name: str) -> None:
    data = a_reserve(**{name: "a/path"}).encode()
    with pytest.raises(InvalidPayload, match=name):
        verify_transaction(data, genesis_hash=GENESIS_HASH)


def test_transaction_has_a_size() -> None:
    with pytest.raises(LimitExceeded):
        verify_transaction(bytes(TRANSACTION_BYTES_MAX + 1), genesis_hash=GENESIS_HASH)


def test_document_must_be_canonical() -> None:
    document = a_receipt().document
    for data in (document + b" ", document.replace(b'"units":1.5', b'"units":1.50')):
        assert data != document
        with pytest.raises(ReceiptMismatch, match="canonical form"):
            verify_receipt_document(data, chain_id=CHAIN_ID, genesis_hash=GENESIS_HASH)


def test_whose_key_signed_a_document_is_the_states_to_say() -> None:
    receipt = a_receipt(signer="stranger")
    verified = verify_receipt_document(
        receipt.document, chain_id=CHAIN_ID, genesis_hash=GENESIS_HASH
    )
    assert verified == receipt


def test_document_must_be_of_this_chain() -> None:
    with pytest.raises(WrongChain):
        verify_receipt_document(a_receipt().document, chain_id="x", genesis_hash=GENESIS_HASH)


OTHER: dict[type, object] = {bytes: b"\x07" * 20, str: "other", int: 7, bool: True}


@pytest.mark.parametrize("name", [field.name for field in fields(Claim) if field.name != "final"])
def test_claim_must_agree_with_its_document_in_every_field(name: str) -> None:
    receipt = a_receipt()
    claim = a_claim(receipt)
    check_claim_agrees(claim.claim, receipt)
    wrong = OTHER[type(getattr(claim.claim, name))]
    with pytest.raises(ReceiptMismatch) as refusal:
        check_claim_agrees(replace(claim.claim, **{name: wrong}), receipt)
    assert refusal.value.field == name


def test_block_with_a_claim_that_disagrees_is_invalid() -> None:
    block = a_block_with_a_claim()
    dearer = a_claim(amount=301)
    with pytest.raises(ReceiptMismatch, match="amount"):
        verify(forge(block, transactions=(block.transactions[0], dearer.encode())))


def test_block_needs_one_document_for_each_claim() -> None:
    block = a_block_with_a_claim()
    verify(block)
    for receipts in ((), block.receipts * 2):
        with pytest.raises(InvalidBlock, match="receipts"):
            verify(forge(block, receipts=receipts))


def test_block_with_another_variant_of_a_document_is_invalid() -> None:
    block = a_block_with_a_claim()
    receipt = a_receipt()
    envelope = receipt.signature.model_dump() | {"key_id": "key-2"}
    variant = Receipt.model_validate(receipt.model_dump() | {"signature": envelope})
    with pytest.raises(ReceiptMismatch, match="sidecar_id"):
        verify(forge(block, receipts=[variant.document]))


def test_evidence_in_a_block_is_signed_by_the_key_it_names() -> None:
    block, evidence = a_block_with_a_claim(), an_evidence(0)
    good = replace(block, evidence=(evidence.encode(),))
    checked = verify_block(forge(good), known={}, known_receipts={})
    assert checked.evidence == (evidence,)
    forged = replace(evidence, public_key=seat_key(1).public_key)
    with pytest.raises(InvalidSignature, match="evidence"):
        verify(forge(replace(block, evidence=(forged.encode(),))))
    with pytest.raises(MalformedMessage):
        verify(forge(replace(block, evidence=(b"evidence",))))


@pytest.mark.parametrize(
    "name", ["transactions_root", "receipts_root", "last_commit_hash", "evidence_hash"]
)
def test_roots_are_those_of_the_parts(name: str) -> None:
    block = a_block_with_a_claim()
    with pytest.raises(InvalidBlock, match=name):
        verify(forge(block, **{name: Hash(b"x" * 32)}))


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("BLOCK_TRANSACTIONS_MAX", 1),
        ("BLOCK_CLAIMS_MAX", 0),
        ("BLOCK_EVIDENCE_MAX", -1),
        ("BLOCK_TRANSACTION_BYTES_MAX", 100),
        ("BLOCK_SIDECAR_BYTES_MAX", 100),
    ],
)
def test_block_has_limits(limit: str, value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    block = a_block_with_a_claim()
    monkeypatch.setattr(validation, limit, value)
    with pytest.raises(LimitExceeded) as refusal:
        verify(block)
    assert refusal.value.limit == value


def test_block_of_garbage_is_refused() -> None:
    block = a_block_with_a_claim()
    with pytest.raises(MalformedMessage):
        verify(forge(block, transactions=(b"",)))
    with pytest.raises(MalformedMessage):
        verify(forge(block, receipts=[b"{"]))
