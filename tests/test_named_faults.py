"""Faults of another node of this name, one test each: here they cannot happen in the ledger."""

from dataclasses import fields, replace

import pytest

from chain.block import Header
from chain.certificate import Certificate
from chain.claim import ClaimTransaction
from chain.crypto import sha256
from chain.errors import (
    ChainError,
    ClaimNotAllowed,
    InsufficientBalance,
    InvalidBlock,
    InvalidCertificate,
    InvalidSignature,
    UnknownReservation,
    WrongNonce,
    WrongSender,
)
from chain.merkle import merkle_root
from chain.payloads import Transfer
from chain.primitives import SIGNATURE_BYTES, Signature
from chain.transaction import SignedTransaction, Transaction
from tests.support.builders import (
    GENESIS_HASH,
    PRICED,
    a_claim,
    a_genesis,
    a_receipt,
    a_release,
    a_reserve,
    a_transfer,
    key_of,
    payee_of,
)
from tests.support.chain import Chain, check_invariants, forge

GROUP_ORDER = 2**252 + 27_742_317_777_372_353_535_851_937_790_883_648_493
"""L of RFC 8032, section 5.1: adding it to a signature's scalar gives the twin."""


def high_twin(signature: Signature) -> Signature:
    scalar = int.from_bytes(signature[32:], "little") + GROUP_ORDER
    return Signature(signature[:32] + scalar.to_bytes(32, "little"))


def forged_block(chain: Chain, *transactions: Transaction) -> None:
    """Hand a follower a block that holds these, whatever a proposer would leave out."""
    data = tuple(one.encode() for one in transactions)
    chain.follow(forge(chain.propose().block, transactions=data))


def a_paid_receipt() -> tuple[Chain, ClaimTransaction]:
    """Return a chain whose miner was paid 300 for a receipt, and the claim that did it."""
    chain = Chain(a_genesis({"client": 1_000, "miner": 0, "stranger": 0}))
    chain.block(a_reserve(jobs_max=2, cap=600))
    reservation = a_reserve(jobs_max=2, cap=600).id(GENESIS_HASH)
    claim = a_claim(chain.keep(a_receipt(reservation_id=reservation)))
    chain.block(claim)
    return chain, claim


def test_three_transfers_with_one_nonce_do_not_overdraw() -> None:
    chain = Chain(a_genesis({"client": 100, "miner": 0, "stranger": 0}))
    transfers = [a_transfer(60, to=to, memo=to) for to in ("miner", "stranger", "miner")]
    proposed = chain.propose(*transfers)
    assert len(proposed.outcomes) == 1
    with pytest.raises(InvalidBlock):
        forged_block(chain, *transfers)
    chain.decide(chain.follow(proposed.block))
    assert chain.balance("client") == 40
    assert chain.balance("miner") + chain.balance("stranger") == 60
    for transfer in transfers:
        with pytest.raises(WrongNonce):
            chain.try_transaction(transfer)


def test_transfers_that_overdraw_together_are_left_out() -> None:
    chain = Chain(a_genesis({"client": 100, "miner": 0}))
    transfers = [a_transfer(60, nonce=nonce) for nonce in range(3)]
    assert len(chain.propose(*transfers).outcomes) == 1
    with pytest.raises(InvalidBlock):
        forged_block(chain, *transfers)
    with pytest.raises(InsufficientBalance):
        chain.block(*transfers)


def test_high_twin_of_a_signature_does_not_verify() -> None:
    chain = Chain()
    transfer = a_transfer()
    twin = replace(transfer, signature=high_twin(transfer.signature))
    assert twin.id(GENESIS_HASH) == transfer.id(GENESIS_HASH)
    with pytest.raises(InvalidSignature):
        chain.verify(twin)
    with pytest.raises(InvalidSignature):
        forged_block(chain, twin)


def test_high_twin_of_a_claim_does_not_pay_twice() -> None:
    chain, claim = a_paid_receipt()
    twin = replace(claim, signature=high_twin(claim.signature))
    with pytest.raises(InvalidSignature):
        chain.block(twin)
    assert chain.balance("miner") == 300


def test_unsigned_transaction_moves_nothing() -> None:
    chain = Chain()
    for signature in (bytes(SIGNATURE_BYTES), b"\xff" * SIGNATURE_BYTES, sha256(b"x") * 2):
        unsigned = replace(a_transfer(), signature=Signature(signature))
        with pytest.raises(InvalidSignature):
            forged_block(chain, unsigned)
        with pytest.raises(InvalidSignature):
            forged_block(chain, replace(a_claim(), signature=Signature(signature)))
    assert chain.balance("client") == 1_000_000


def test_transaction_signed_by_another_key_moves_nothing() -> None:
    chain = Chain()
    foreign = replace(a_transfer(by="stranger"), sender=key_of("client").address)
    with pytest.raises(InvalidSignature):
        chain.verify(foreign)
    signature = key_of("stranger").sign(foreign.signing_bytes(GENESIS_HASH))
    signed = replace(foreign, signature=signature)
    with pytest.raises(WrongSender):
        chain.try_transaction(signed)
    with pytest.raises(InvalidBlock):
        forged_block(chain, signed)


def test_transaction_of_another_chain_moves_nothing() -> None:
    with pytest.raises(InvalidSignature):
        Chain().verify(a_transfer(genesis_hash=sha256(b"another chain")))


def certified(chain: Chain, certificate: Certificate | None) -> None:
    """Hand a follower the next block with ``certificate`` as its parent's."""
    block = chain.propose().block
    last_commit_hash = bytes(32) if certificate is None else certificate.hash
    block = replace(block, last_commit=certificate)
    chain.follow(forge(block, last_commit_hash=last_commit_hash))


def test_block_without_a_certificate_of_its_parent_is_refused() -> None:
    chain = Chain(a_genesis(validators=4))
    chain.block(a_transfer())
    certified(chain, chain.last_commit)
    with pytest.raises(InvalidBlock):
        certified(chain, None)


def test_block_with_too_few_or_foreign_signatures_is_refused() -> None:
    chain = Chain(a_genesis(validators=4))
    first = chain.block()
    certificate = chain.last_commit
    assert certificate is not None
    outsider = key_of("outsider").sign(b"anything")
    two = certificate.signatures[:2]
    for signatures in (two, (*two, (2, outsider)), (*two, (2, two[0][1])), (*two, (9, outsider))):
        with pytest.raises(InvalidCertificate):
            certified(chain, replace(certificate, signatures=signatures))
    for changes in ({"height": 2}, {"block_hash": sha256(b"x")}, {"validators_hash": first.hash}):
        with pytest.raises(InvalidBlock):
            certified(chain, replace(certificate, **changes))


def test_block_of_an_outsider_is_refused() -> None:
    chain = Chain(a_genesis(validators=4))
    chain.block()
    block = forge(chain.propose().block, proposer=key_of("stranger").public_key)
    with pytest.raises(InvalidBlock, match="not a validator"):
        chain.follow(block)


@pytest.mark.parametrize("field", [field.name for field in fields(Header)])
def test_header_that_differs_in_any_field_is_another_block_or_refused(field: str) -> None:
    chain = Chain(a_genesis(validators=4))
    chain.block()
    block = chain.propose(a_transfer()).block
    stated = getattr(block.header, field)
    changes: dict[type, object] = {int: 0 if field == "time_ms" else 7, str: "other"}
    wrong = changes.get(type(stated), sha256(b"wrong"))
    header = replace(block.header, **{field: wrong})
    with pytest.raises(ChainError):
        chain.follow(replace(block, header=header))


def every_kind_of_work(chain: Chain) -> list[Transaction]:
    """Play every kind of transaction and of due work; return the transactions."""
    fee = {"fee": 3_000}
    windowed = a_reserve(nonce=1, job_id="w", dispute_window=3, cap=50_000, **fee)
    expiring = a_reserve(nonce=2, job_id="e", expires_at=6, cap=50_000, **fee)
    released = a_reserve(nonce=3, job_id="r", cap=50_000, **fee)
    now = a_reserve(nonce=4, job_id="n", cap=50_000, **fee)
    prices = {"price": 40_000, "units": 1_000_000_000}
    at_once = chain.keep(a_receipt(job_id="n", reservation_id=now.id(GENESIS_HASH), **prices))
    later = chain.keep(a_receipt(job_id="w", reservation_id=windowed.id(GENESIS_HASH), **prices))
    release = a_release(released.id(GENESIS_HASH), by="miner", **fee)
    first = [a_transfer(nonce=0, **fee), a_transfer(9, by="stranger", to="newcomer", **fee)]
    first += [windowed, expiring, released, now]
    second = [a_claim(at_once, final=True), a_claim(later), release]
    chain.block(*first)
    chain.block(*second)
    chain.blocks_until(50)
    return [*first, *second]


def test_nothing_mints_outside_a_block_and_no_fee_leaves_the_supply() -> None:
    balances = {"client": 1_000_000, "miner": 10_000, "stranger": 10_000}
    chain = Chain(a_genesis(balances, parameters=PRICED, treasury=500, validators=4))
    transactions = every_kind_of_work(chain)
    signed = [one for one in transactions if isinstance(one, SignedTransaction)]
    outcomes = [one for block in chain.blocks for one in (*block.outcomes, *block.due_outcomes)]
    fees = sum(outcome.fee for outcome in outcomes)
    assert {outcome.kind.name for outcome in outcomes} == {
        *("TRANSFERRED", "RESERVED", "CLAIMED", "RELEASED", "EXPIRED", "MATURED")
    }
    assert fees > sum(one.fee for one in signed)
    earned = sum(chain.balance(payee_of(validator)) for validator in chain.validators)
    assert earned == sum(outcome.fee // 2 for outcome in outcomes)
    assert earned + chain.treasury - 500 == fees
    assert chain.ledger.total() == chain.ledger.supply == sum(balances.values()) + 500
    assert not chain.ledger.due.keys


def test_proposer_cannot_write_itself_money() -> None:
    chain = Chain()
    block = chain.propose(a_transfer()).block
    other = Chain(a_genesis({"client": 2_000_000, "miner": 0, "stranger": 1}))
    richer = other.propose(a_transfer()).block.header.state_root
    with pytest.raises(InvalidBlock, match="state_root"):
        chain.follow(forge(block, state_root=richer))


def test_claim_with_a_strangers_signature_pays_nothing() -> None:
    chain = Chain()
    chain.block(a_reserve())
    receipt = chain.keep(a_receipt())
    stranger = key_of("stranger")
    with pytest.raises(InvalidSignature):
        chain.block(a_claim(receipt, signer="stranger"))
    unheard = chain.keep(a_receipt(signer="stranger"))
    with pytest.raises(ClaimNotAllowed, match="provider key"):
        chain.block(a_claim(unheard, signer="stranger"))
    own = a_claim(
        receipt, signer="stranger", public_key=stranger.public_key, provider=stranger.address
    )
    with pytest.raises(ChainError):
        chain.block(own)
    assert chain.balance("miner") == 0
    assert chain.balance("stranger") == 1_000_000


def test_receipt_pays_once_whatever_carries_it() -> None:
    chain, claim = a_paid_receipt()
    with pytest.raises(ChainError):
        chain.block(claim)
    with pytest.raises(ChainError):
        chain.block(a_claim(next(iter(chain.receipts.values())), final=True))
    with pytest.raises(InvalidBlock):
        chain.follow(
            forge(
                chain.propose().block,
                transactions=(claim.encode(),),
                receipts=[receipt.document for receipt in chain.receipts.values()],
            )
        )
    assert chain.balance("miner") == 300


def test_receipt_without_a_reservation_pays_nothing() -> None:
    chain = Chain()
    receipt = chain.keep(a_receipt(reservation_id=sha256(b"no reservation")))
    with pytest.raises(UnknownReservation):
        chain.block(a_claim(receipt))
    assert chain.ledger.total() == chain.ledger.supply


def test_follower_accepts_a_block_of_several_transactions_by_executing_it_again() -> None:
    chain = Chain(a_genesis(parameters=PRICED, validators=4))
    transfers = [a_transfer(nonce=nonce, fee=500) for nonce in range(5)]
    others = [a_transfer(7, by="stranger", to="client", nonce=n, fee=500) for n in range(5)]
    proposed = chain.propose(*transfers, *others)
    followed = chain.follow(proposed.block)
    assert len(followed.outcomes) == 10
    assert followed.update.root == proposed.update.root == proposed.block.header.state_root
    assert followed.outcomes == proposed.outcomes
    assert chain.ledger.height == 0
    chain.decide(followed)
    check_invariants(chain.ledger)


def test_order_of_a_blocks_transactions_is_part_of_the_block() -> None:
    chain = Chain()
    first, second = a_transfer(nonce=0), a_transfer(nonce=1, memo="second")
    block = chain.propose(first, second).block
    with pytest.raises(InvalidBlock):
        forged_block(chain, second, first)
    swapped = replace(block, transactions=block.transactions[::-1])
    assert merkle_root(swapped.transactions) != block.header.transactions_root
    with pytest.raises(InvalidBlock, match="transactions_root"):
        chain.follow(swapped)


def test_transaction_moves_money_once_in_one_block_and_in_two() -> None:
    chain = Chain()
    transfer = a_transfer()
    assert isinstance(transfer.payload, Transfer)
    with pytest.raises(InvalidBlock):
        forged_block(chain, transfer, transfer)
    chain.block(transfer)
    with pytest.raises(InvalidBlock):
        forged_block(chain, transfer)
    assert chain.balance("miner") == 100
