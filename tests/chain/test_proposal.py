"""Making a block from what waits, and the compact form it travels in."""

from dataclasses import replace

import pytest

from chain import proposal
from chain.claim import accept_claim
from chain.errors import ClaimNotAllowed, MalformedMessage, ReceiptMismatch
from chain.mempool import Mempool
from chain.primitives import BLOCK_EVIDENCE_MAX, Hash
from chain.proposal import CompactBlock, build_block, compact_block, fill_block, missing_parts
from chain.validation import VerifiedBlock, verify_block
from tests.support.builders import (
    GENESIS_HASH,
    a_claim,
    a_genesis,
    a_receipt,
    a_reserve,
    a_transfer,
    key_of,
)
from tests.support.chain import Chain, Waiting, forge
from tests.support.evidence import an_evidence
from tests.support.seats import numbers_of


def a_paying_chain() -> Chain:
    """Return a chain whose next block holds a transfer and a claim with its document."""
    chain = Chain()
    chain.block(a_reserve())
    chain.keep(a_receipt())
    return chain


def a_block(chain: Chain) -> VerifiedBlock:
    return chain.propose(a_transfer(nonce=1), a_claim()).verified


def test_what_cannot_be_applied_is_left_out() -> None:
    chain = a_paying_chain()
    executed = chain.propose(a_transfer(nonce=9), a_transfer(nonce=1), a_claim(), a_claim())
    assert [one.data for one in executed.verified.transactions] == [
        *(a_transfer(nonce=1).encode(), a_claim().encode())
    ]
    chain.decide(chain.follow(executed.block))
    assert chain.balance("miner") == 400


def test_evidence_that_counts_is_taken_up_to_the_limit_of_a_block() -> None:
    chain = Chain(a_genesis(validators=12))
    pieces = [an_evidence(number) for number in range(12)]
    useless = [an_evidence(99), an_evidence(0, round_=1), an_evidence(1, height=2)]
    executed = chain.propose(evidence=[pieces[0], *useless, *pieces[1:]])
    assert executed.verified.evidence == tuple(pieces[:BLOCK_EVIDENCE_MAX])
    chain.decide(chain.follow(executed.block))
    assert numbers_of(chain.ledger.next_validators) == [8, 9, 10, 11]


def test_claim_without_its_document_waits() -> None:
    chain = a_paying_chain()
    chain.receipts.clear()
    assert not chain.propose(a_claim()).outcomes


def test_time_is_after_the_parents_whatever_the_clock_says() -> None:
    chain = a_paying_chain()
    executed = build_block(
        chain.ledger,
        Waiting([], []),
        proposer=chain.proposer().public_key,
        time_ms=5,
        last_commit=chain.last_commit,
    )
    assert executed.block.header.time_ms == chain.ledger.tip_time_ms + 1
    chain.follow(executed.block)


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("BLOCK_TRANSACTIONS_MAX", 1),
        ("BLOCK_TRANSACTION_BYTES_MAX", len(a_transfer().encode())),
        ("BLOCK_CLAIMS_MAX", 0),
        ("BLOCK_SIDECAR_BYTES_MAX", len(a_receipt().document) - 1),
    ],
)
def test_block_keeps_to_its_limits(limit: str, value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = a_paying_chain()
    monkeypatch.setattr(proposal, limit, value)
    assert len(chain.propose(a_transfer(nonce=1), a_claim()).outcomes) == 1


def test_compact_block_is_filled_from_what_is_at_hand() -> None:
    chain = a_paying_chain()
    verified = a_block(chain)
    compact = CompactBlock.decode(compact_block(verified).encode())
    transactions = {one.full_id: one for one in verified.transactions}
    receipts = {one.sidecar_id: one for one in verified.receipts}
    assert missing_parts(compact, transactions, receipts) == ([], [])
    assert fill_block(compact, transactions, receipts) == verified.block
    assert missing_parts(compact, {}, {}) == (list(transactions), list(receipts))


def test_block_of_known_parts_is_the_block_of_its_bytes() -> None:
    chain = a_paying_chain()
    verified = a_block(chain)
    known = verify_block(
        verified.block,
        known={one.full_id: one for one in verified.transactions},
        known_receipts={one.sidecar_id: one for one in verified.receipts},
    )
    fresh = verify_block(verified.block, known={}, known_receipts={})
    assert known == fresh == verified


def test_variant_of_a_document_is_not_taken_for_the_known_one() -> None:
    chain = a_paying_chain()
    verified = a_block(chain)
    receipt = verified.receipts[0]
    spaced = receipt.document.replace(b'":', b'": ')
    block = forge(verified.block, receipts=[spaced])
    with pytest.raises(ReceiptMismatch):
        verify_block(block, known={}, known_receipts={receipt.sidecar_id: receipt})


def test_compact_block_names_a_bounded_number_of_parts() -> None:
    compact = compact_block(a_block(a_paying_chain()))
    many = replace(compact, receipts=(Hash(bytes(32)),) * 1_025)
    with pytest.raises(MalformedMessage):
        CompactBlock.decode(many.encode())


def test_acceptance_of_a_stranger_does_not_displace_a_waiting_claim() -> None:
    """It could never be applied, and the miner's own claim would have gone for it."""
    chain = a_paying_chain()
    mempool = Mempool(chain.ledger)
    receipt, claim = a_receipt(), a_claim()
    mempool.add_claims(chain.verify(claim), [receipt])
    foreign = accept_claim(claim, key=key_of("stranger"), genesis_hash=GENESIS_HASH)
    with pytest.raises(ClaimNotAllowed):
        mempool.add_claims(chain.verify(foreign), [receipt])
    assert [one.transaction for one in mempool.candidates()] == [claim]
    accepted = accept_claim(claim, key=key_of("client"), genesis_hash=GENESIS_HASH)
    mempool.add_claims(chain.verify(accepted), [receipt])
    assert [one.transaction for one in mempool.candidates()] == [accepted]
