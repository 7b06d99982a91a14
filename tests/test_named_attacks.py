"""Attacks on payment, each by its name; none of them moves a base unit."""

from dataclasses import replace
from itertools import permutations

import pytest

from chain.claim import ClaimTransaction
from chain.crypto import SigningKind, signing_bytes
from chain.errors import (
    ChainError,
    ClaimNotAllowed,
    InvalidBlock,
    InvalidSignature,
    ReceiptAlreadyClaimed,
    ReceiptMismatch,
    UnknownReservation,
    WrongNonce,
    WrongSender,
)
from chain.genesis import Genesis
from chain.payloads import Accept, Dispute, Release
from chain.policy_payloads import Revoke
from chain.primitives import ZERO_ADDRESS, Hash
from chain.receipt import Receipt
from chain.records import Table
from chain.refusals import GrantForbids
from chain.transaction import SignedTransaction, Transaction
from tests.support.builders import (
    FREE,
    GENESIS_HASH,
    a_claim,
    a_genesis,
    a_receipt,
    a_reserve,
    a_signed,
    a_transfer,
    an_accepted_claim,
    key_of,
)
from tests.support.chain import Chain, forge, rebuilt
from tests.support.policy import a_grant, an_offer

PEOPLE = {"client": 1_000_000, "miner": 1_000, "stranger": 1_000_000}


def a_chain(reserve: SignedTransaction, genesis: Genesis | None = None) -> Chain:
    """Return a chain whose first block holds a reservation."""
    chain = Chain(genesis or a_genesis(PEOPLE))
    chain.block(reserve)
    return chain


def a_receipt_of(chain: Chain, reserve: SignedTransaction, **fields: object) -> Receipt:
    return chain.keep(a_receipt(reservation_id=reserve.id(GENESIS_HASH), **fields))


def forged(chain: Chain, document: bytes, claim: Transaction) -> None:
    """Follow a block that a dishonest proposer made of a claim and any document."""
    block = chain.propose().block
    chain.follow(forge(block, transactions=(claim.encode(),), receipts=[document]))


WINDOWED = a_reserve(dispute_window=10)


def test_altered_acceptance() -> None:
    chain = a_chain(WINDOWED)
    receipt = a_receipt_of(chain, WINDOWED)
    accepted = an_accepted_claim(receipt)
    assert accepted.acceptance is not None
    stranger = key_of("stranger")
    other = an_accepted_claim(a_receipt_of(chain, WINDOWED, receipt_id="other"))
    body = receipt.hash + receipt.hash
    junk = stranger.sign(signing_bytes(SigningKind.ACCEPTANCE, GENESIS_HASH, body))
    for acceptance in (
        replace(accepted.acceptance, public_key=stranger.public_key),
        replace(accepted.acceptance, signature=junk),
        other.acceptance,
    ):
        with pytest.raises(InvalidSignature):
            chain.block(replace(accepted, acceptance=acceptance))
    with pytest.raises(ClaimNotAllowed):
        chain.block(an_accepted_claim(receipt, by="stranger"))
    assert chain.balance("miner") == 1_000


def test_stripped_acceptance() -> None:
    chain = a_chain(WINDOWED)
    accepted = an_accepted_claim(a_receipt_of(chain, WINDOWED))
    stripped = replace(accepted, acceptance=None)
    assert stripped.id(GENESIS_HASH) == accepted.id(GENESIS_HASH)
    chain.block(stripped)
    with pytest.raises(ReceiptAlreadyClaimed):
        chain.block(accepted)
    chain.blocks_until(12)
    assert chain.balance("miner") == 1_300


def test_stripped_acceptance_where_any_provider_may_claim() -> None:
    reserve = a_reserve(dispute_window=10, provider=ZERO_ADDRESS)
    chain = a_chain(reserve)
    accepted = an_accepted_claim(a_receipt_of(chain, reserve))
    with pytest.raises(ClaimNotAllowed):
        chain.block(replace(accepted, acceptance=None))
    chain.block(accepted)
    assert chain.balance("miner") == 1_300


def test_claim_signed_again_as_final_by_a_stranger() -> None:
    reserve = a_reserve(jobs_max=3)
    chain = a_chain(reserve)
    receipt = a_receipt_of(chain, reserve, price=100)
    claim = a_claim(receipt)
    final = replace(claim, claim=replace(claim.claim, final=True))
    stranger = key_of("stranger").public_key
    for attempt in (
        final,
        a_claim(receipt, final=True, signer="stranger"),
    ):
        with pytest.raises(InvalidSignature):
            chain.block(attempt)
    theirs = a_claim(receipt, final=True, signer="stranger", public_key=stranger)
    with pytest.raises(ClaimNotAllowed, match="provider key"):
        chain.block(theirs)
    with pytest.raises(ReceiptMismatch, match="public_key"):
        forged(chain, receipt.document, theirs)
    chain.block(claim)
    record = chain.find_reservation(reserve.id(GENESIS_HASH))
    assert record is not None
    assert record.left == 200


def test_stranger_claims_a_reservation_that_is_open_to_any_provider() -> None:
    reserve = a_reserve(dispute_window=10, provider=ZERO_ADDRESS)
    chain = a_chain(reserve)
    mine = an_accepted_claim(a_receipt_of(chain, reserve))
    receipt = a_receipt_of(chain, reserve, provider="stranger")
    theirs = a_claim(receipt, signer="stranger")
    attempts = [
        theirs,
        an_accepted_claim(receipt, signer="stranger", by="stranger"),
        an_accepted_claim(receipt, signer="stranger", by="miner"),
        replace(theirs, acceptance=mine.acceptance),
    ]
    for attempt in attempts:
        with pytest.raises((ClaimNotAllowed, InvalidSignature)):
            chain.block(attempt)
    stolen_hash = a_claim(receipt, signer="stranger", receipt_hash=mine.claim.receipt_hash)
    with pytest.raises(ReceiptMismatch, match="receipt_hash"):
        forged(chain, receipt.document, replace(stolen_hash, acceptance=mine.acceptance))
    assert chain.balance("stranger") == 1_000_000


def test_claim_replayed_after_its_reservation_ended() -> None:
    reserve = a_reserve()
    chain = a_chain(reserve)
    receipt = a_receipt_of(chain, reserve, price=100)
    claim = a_claim(receipt, final=True)
    chain.block(claim)
    again = a_reserve(nonce=1, job_id="job-2")
    chain.block(again)
    for attempt in (claim, a_claim(receipt)):
        with pytest.raises(UnknownReservation):
            chain.block(attempt)
        with pytest.raises(InvalidBlock):
            forged(chain, receipt.document, attempt)
    moved = a_claim(receipt, reservation_id=again.id(GENESIS_HASH), job_id="job-2")
    with pytest.raises(ReceiptMismatch, match="reservation_id"):
        forged(chain, receipt.document, moved)
    assert chain.balance("miner") == 1_100


def test_old_transaction_after_revoke_and_a_new_grant() -> None:
    chain = Chain(a_genesis(PEOPLE))
    chain.block(a_signed(a_grant()))
    used = a_reserve(by="gate", account="client")
    unused = a_reserve(by="gate", account="client", nonce=1, job_id="job-2")
    chain.block(used)
    chain.block(a_signed(Revoke(public_key=key_of("gate").public_key), nonce=1))
    for old in (used, unused):
        with pytest.raises(WrongSender):
            chain.block(old)
    chain.block(a_signed(a_grant(), nonce=2))
    with pytest.raises(WrongNonce):
        chain.block(used)
    chain.block(a_reserve(by="gate", account="client", nonce=1, job_id="job-3"))
    with pytest.raises(WrongNonce):
        chain.block(unused)
    assert chain.balance("client") == 999_400


def test_leaked_receipt_key_spends_no_fees() -> None:
    parameters = replace(FREE, fee_release=10, fee_accept=10, fee_dispute=10, fee_grant=10)
    reserve = a_reserve(dispute_window=9)
    chain = a_chain(reserve, a_genesis(PEOPLE, parameters=parameters))
    chain.block(a_signed(a_grant("box", scopes=4), by="miner", fee=10))
    before = chain.balance("miner")
    reservation, receipt = reserve.id(GENESIS_HASH), Hash(bytes(32))
    for payload in (
        Release(reservation),
        Accept(reservation, receipt, 300),
        Dispute(reservation, receipt, receipt),
        Revoke(public_key=key_of("box").public_key),
        a_grant("more"),
        an_offer(),
    ):
        for fee in (0, 10):
            with pytest.raises(GrantForbids):
                chain.block(a_signed(payload, by="box", account="miner", fee=fee))
    with pytest.raises(GrantForbids):
        chain.block(a_signed(a_transfer(1, to="box").payload, by="box", account="miner"))
    assert chain.balance("miner") == before
    assert chain.nonce("box", "miner") == 0


def test_document_variant_with_a_junk_signature() -> None:
    reserve = a_reserve()
    chain = a_chain(reserve)
    receipt = a_receipt_of(chain, reserve)
    claim = a_claim(receipt)
    junk = {"sig": "A" * 86}
    signature = receipt.signature.model_dump()
    unsigned = receipt.model_dump()
    for changes in (
        {"signature": signature | junk},
        {"client_signature": signature | junk},
    ):
        variant = Receipt.model_validate(unsigned | changes)
        assert variant.hash == receipt.hash
        assert variant.sidecar_id != receipt.sidecar_id
        with pytest.raises(InvalidSignature):
            forged(chain, variant.document, claim)
    renamed = Receipt.model_validate(unsigned | {"signature": signature | {"key_id": "key-2"}})
    with pytest.raises(ReceiptMismatch, match="sidecar_id"):
        forged(chain, renamed.document, claim)
    chain.block(claim)
    assert chain.balance("miner") == 1_300


def test_receipt_priced_by_another_unit_type() -> None:
    reserve = a_reserve(unit_type="gpu_seconds")
    chain = a_chain(reserve)
    receipt = a_receipt_of(chain, reserve, unit_type="tokens", units=10**9)
    with pytest.raises(ClaimNotAllowed, match="unit_type"):
        chain.block(a_claim(receipt))
    renamed = a_claim(receipt, unit_type="gpu_seconds")
    with pytest.raises(ReceiptMismatch, match="unit_type"):
        forged(chain, receipt.document, renamed)
    assert chain.balance("miner") == 1_000


def competing(receipt: Receipt) -> list[ClaimTransaction]:
    """Return every form in which a receipt may be claimed; different people carry each."""
    return [
        a_claim(receipt),
        a_claim(receipt, final=True),
        an_accepted_claim(receipt),
        an_accepted_claim(receipt, final=True),
    ]


@pytest.mark.parametrize("window", [0, 3])
@pytest.mark.parametrize(
    "order", list(permutations(range(4))), ids=lambda it: "".join(map(str, it))
)
def test_receipt_is_paid_exactly_once(order: tuple[int, ...], window: int) -> None:
    """In every order of competing claims, with a restart after each block."""
    reserve = a_reserve(dispute_window=window, jobs_max=3, cap=900, expires_at=12)
    chain = a_chain(reserve)
    receipt = a_receipt_of(chain, reserve)
    claims = competing(receipt)
    for index in order:
        for attempt in (claims[index], claims[index]):
            chain.ledger = rebuilt(chain.ledger)
            try:
                chain.block(attempt)
            except ChainError:
                continue
    proposed = chain.propose(*(claims[index] for index in order))
    assert not proposed.outcomes
    chain.blocks_until(16)
    chain.ledger = rebuilt(chain.ledger)
    assert chain.balance("miner") == 1_300
    assert chain.balance("client") == 999_700
    assert sum(len(one.payouts or ()) for one in chain.blocks) + _rows(chain) == 1


@pytest.mark.parametrize(
    "order", list(permutations(range(4))), ids=lambda it: "".join(map(str, it))
)
def test_receipt_is_paid_exactly_once_in_one_block(order: tuple[int, ...]) -> None:
    reserve = a_reserve(jobs_max=3, cap=900)
    chain = a_chain(reserve)
    receipt = a_receipt_of(chain, reserve)
    claims = competing(receipt)
    proposed = chain.propose(*(claims[index] for index in order))
    assert len(proposed.outcomes) == 1
    chain.decide(chain.follow(proposed.block))
    both = tuple(claims[index].encode() for index in order[:2])
    other = a_chain(reserve)
    block = forge(
        other.propose().block, transactions=both, receipts=[receipt.document, receipt.document]
    )
    with pytest.raises(InvalidBlock, match="cannot be applied"):
        other.follow(block)
    assert chain.balance("miner") == 1_300


def _rows(chain: Chain) -> int:
    return sum(key[0] == Table.PAYOUT for key in chain.ledger.records)
