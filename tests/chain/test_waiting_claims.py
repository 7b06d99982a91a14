"""Claims and batches that wait: found by receipt, tried once a block, gone with their documents."""

from typing import Any

import pytest

from chain import waiting_claims
from chain.claim_batch import ClaimBatch
from chain.errors import ReceiptAlreadyClaimed, ReceiptMismatch, UnknownReservation
from chain.mempool import Mempool
from chain.primitives import Hash
from chain.receipt import Receipt
from chain.transaction import Transaction
from tests.support.builders import (
    GENESIS_HASH,
    a_batch,
    a_claim,
    a_genesis,
    a_receipt,
    a_release,
    a_reserve,
    an_accepted_claim,
)
from tests.support.chain import Chain, Waiting


def reserved(chain: Chain, count: int, **terms: Any) -> list[Hash]:  # noqa: ANN401 - by name
    """Reserve for the miner ``count`` times, in one block."""
    reserves = [
        a_reserve(
            nonce=chain.nonce("client") + number,
            **{"job_id": f"session-{number}", "jobs_max": 5, "cap": 500, **terms},
        )
        for number in range(count)
    ]
    chain.block(*reserves)
    return [one.id(GENESIS_HASH) for one in reserves]


def a_document(chain: Chain, reservation_id: Hash, name: str, price: int = 100) -> Receipt:
    return chain.keep(
        a_receipt(reservation_id=reservation_id, receipt_id=name, job_id=name, price=price)
    )


def add(chain: Chain, pool: Mempool, transaction: Transaction, *receipts: Receipt) -> None:
    pool.add_claims(chain.verify(transaction), receipts)


def a_waiting_batch(places: int, **terms: Any) -> tuple[Chain, Mempool, list[Receipt]]:  # noqa: ANN401
    """Return a pool in which a batch waits, with one claim of each of some reservations."""
    chain = Chain()
    ids = reserved(chain, places, **terms)
    pool = Mempool(chain.ledger)
    receipts = [a_document(chain, one, f"job-{number}") for number, one in enumerate(ids)]
    add(chain, pool, a_batch(*receipts), *receipts)
    return chain, pool, receipts


def is_empty(pool: Mempool) -> bool:
    return not (len(pool) or pool.receipts or pool._bytes or list(pool.candidates()))


def test_batch_waits_once_with_all_its_documents() -> None:
    _, pool, receipts = a_waiting_batch(3)
    (waiting,) = pool.candidates()
    assert isinstance(waiting.transaction, ClaimBatch)
    assert set(pool.receipts) == {one.sidecar_id for one in receipts}
    assert pool._bytes == len(waiting.data) + sum(len(one.document) for one in receipts)


def test_batch_is_proposed_with_its_documents_in_order_and_then_gone() -> None:
    chain, pool, receipts = a_waiting_batch(3)
    proposed = chain.propose(*(one.transaction for one in pool.candidates()))
    assert list(proposed.block.receipts) == [one.document for one in receipts]
    executed = chain.decide(chain.follow(proposed.block))
    assert [one.receipt_hash for one in executed.claim_outcomes] == [one.hash for one in receipts]
    pool.settle(executed.state.changes)
    assert is_empty(pool)
    assert chain.balance("miner") == 300


def test_documents_follow_the_order_of_the_claims() -> None:
    chain, pool, receipts = a_waiting_batch(2)
    with pytest.raises(ReceiptMismatch):
        add(chain, pool, a_batch(*receipts), *reversed(receipts))


def test_batch_with_one_impossible_claim_does_not_wait() -> None:
    chain = Chain()
    (reservation_id,) = reserved(chain, 1)
    pool = Mempool(chain.ledger)
    good = a_document(chain, reservation_id, "good")
    bad = a_document(chain, Hash(bytes(32)), "bad")
    with pytest.raises(UnknownReservation):
        add(chain, pool, a_batch(good, bad), good, bad)
    assert is_empty(pool)


def test_receipt_waits_in_one_transaction_only() -> None:
    chain, pool, receipts = a_waiting_batch(2)
    for again in (a_claim(receipts[1]), an_accepted_claim(receipts[1]), a_batch(receipts[1])):
        with pytest.raises(ReceiptAlreadyClaimed):
            add(chain, pool, again, receipts[1])
    assert len(pool) == 1


def test_batch_does_not_replace_a_single_claim() -> None:
    chain = Chain()
    (reservation_id,) = reserved(chain, 1, dispute_window=5)
    pool = Mempool(chain.ledger)
    receipt = a_document(chain, reservation_id, "one")
    add(chain, pool, a_claim(receipt), receipt)
    with pytest.raises(ReceiptAlreadyClaimed):
        add(chain, pool, a_batch(receipt), receipt)


def test_batch_goes_whole_when_one_of_its_reservations_closes() -> None:
    chain, pool, receipts = a_waiting_batch(3)
    first = Hash(bytes.fromhex(receipts[0].reservation_id))
    executed = chain.block(a_release(first, by="miner"))
    pool.settle(executed.state.changes)
    assert is_empty(pool)


def test_batch_goes_with_the_first_of_its_reservations_to_expire() -> None:
    chain = Chain()
    (long_one,) = reserved(chain, 1, expires_at=50)
    short = a_reserve(job_id="short", nonce=1, expires_at=6)
    chain.block(short)
    pool = Mempool(chain.ledger)
    receipts = [
        a_document(chain, long_one, "a"),
        a_document(chain, short.id(GENESIS_HASH), "short"),
    ]
    add(chain, pool, a_batch(*receipts), *receipts)
    while chain.height < 4:
        pool.settle(chain.block().state.changes)
    assert len(pool) == 1
    pool.settle(chain.block().state.changes)
    assert is_empty(pool)


def test_block_tries_a_batch_once_however_many_of_its_reservations_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chain, pool, receipts = a_waiting_batch(4)
    others = [
        a_document(chain, Hash(bytes.fromhex(one.reservation_id)), f"other-{number}")
        for number, one in enumerate(receipts)
    ]
    executed = chain.block(a_batch(*others))
    tried = []
    original = waiting_claims.apply_transaction
    monkeypatch.setattr(
        waiting_claims,
        "apply_transaction",
        lambda execution, verified: (tried.append(verified), original(execution, verified)),
    )
    pool.settle(executed.state.changes)
    assert len(tried) == len(pool) == 1


def test_proposer_leaves_out_a_batch_whose_documents_are_not_all_there() -> None:
    chain, pool, receipts = a_waiting_batch(2)
    batch = next(iter(pool.candidates()))
    del chain.receipts[receipts[0].sidecar_id]
    assert not chain.propose(batch.transaction).outcomes
    assert Waiting([batch], receipts).find_receipt(receipts[0].sidecar_id) == receipts[0]


def test_dispute_windows_of_a_batch_are_those_of_its_reservations() -> None:
    chain = Chain(a_genesis())
    ids = [*reserved(chain, 1, dispute_window=0), *reserved(chain, 1, dispute_window=3, job_id="w")]
    receipts = [a_document(chain, one, f"job-{number}") for number, one in enumerate(ids)]
    executed = chain.block(a_batch(*receipts))
    assert [(one.paid, one.pending) for one in executed.claim_outcomes] == [(100, 0), (0, 100)]
    chain.blocks_until(chain.height + 3)
    assert chain.balance("miner") == 200
