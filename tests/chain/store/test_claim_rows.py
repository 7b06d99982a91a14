"""Each way that a claim may end, and what is kept of it: status, dispute, payout, statistics."""

import pytest

from chain.payout import payouts_root
from chain.primitives import ZERO_HASH, Hash
from chain.store.market_queries import MarketReader
from chain.store.queries import ChainReader
from chain.store.views import ReceiptView
from tests.support.builders import a_claim
from tests.support.claim_stories import CLIENT, MINER, REASON, ClaimStory
from tests.support.market_run import MarketRun
from tests.support.stored_chain import StoredChain

Market = tuple[MarketRun, ChainReader]


def found_receipt(stored: StoredChain, receipt_hash: Hash) -> ReceiptView:
    reader = stored.reader()
    found = reader.find_receipt(receipt_hash)
    reader.close()
    assert found is not None
    assert stored.reopen().records == stored.chain.ledger.records
    return found


def standing(receipt: ReceiptView) -> tuple[str, int, int, int | None]:
    return receipt.status, receipt.spent, receipt.due_height, receipt.settled_height


def test_claim_waits_and_matures(stored: StoredChain) -> None:
    receipt = ClaimStory(stored).claimed()
    assert standing(found_receipt(stored, receipt.hash)) == ("pending", 0, 7, None)
    stored.blocks_until(7)
    assert standing(found_receipt(stored, receipt.hash)) == ("paid", 200, 0, 7)


def test_accepted_claim_is_paid_by_the_transaction(stored: StoredChain) -> None:
    story = ClaimStory(stored)
    receipt = story.claimed()
    stored.block(story.accept(receipt, fee=9))
    found = found_receipt(stored, receipt.hash)
    assert standing(found) == ("paid", 200, 0, 3)
    assert found.paid == 200


@pytest.mark.parametrize(
    ("amount", "status", "winner"),
    [(0, "refunded", CLIENT), (50, "split", CLIENT), (200, "paid", MINER)],
)
def test_resolved_dispute_splits_the_claim(
    stored: StoredChain, asking: MarketReader, amount: int, status: str, winner: bytes
) -> None:
    story = ClaimStory(stored)
    receipt = story.claimed()
    opening = story.dispute(receipt)
    stored.block(opening)
    assert standing(found_receipt(stored, receipt.hash)) == ("disputed", 0, 0, None)
    dispute = asking.find_dispute(receipt.hash)
    assert dispute is not None
    assert (dispute.opened_at, dispute.bond, dispute.due_height) == (3, 20, 103)
    assert dispute.opened_id == opening.id(stored.chain.genesis.hash)
    assert dispute.reason_hash == REASON
    assert (dispute.ended_height, dispute.decision_id, dispute.bond_winner) == (None, None, None)
    decision = story.resolve(receipt, amount, opened_at=3)
    stored.block(decision)
    assert standing(found_receipt(stored, receipt.hash)) == (status, amount, 0, 4)
    dispute = asking.find_dispute(receipt.hash)
    assert dispute is not None
    assert (dispute.due_height, dispute.ended_height, dispute.bond_winner) == (0, 4, winner)
    assert dispute.decision_id == decision.id(stored.chain.genesis.hash)


def test_undecided_dispute_falls_to_the_split_of_genesis(
    stored: StoredChain, asking: MarketReader
) -> None:
    story = ClaimStory(stored)
    receipt = story.claimed()
    stored.block(story.dispute(receipt))
    stored.blocks_until(103)
    assert standing(found_receipt(stored, receipt.hash)) == ("split", 100, 0, 103)
    dispute = asking.find_dispute(receipt.hash)
    assert dispute is not None
    assert (dispute.ended_height, dispute.decision_id, dispute.bond_winner) == (103, None, CLIENT)


def test_everything_may_happen_in_one_block(stored: StoredChain, asking: MarketReader) -> None:
    story = ClaimStory(stored)
    receipt, other = story.receipt(200), story.receipt(300, job_id="job-2", receipt_id="receipt-2")
    stored.block(
        story.reserve,
        a_claim(receipt),
        a_claim(other, final=True),
        story.dispute(receipt, fee=9),
        story.accept(other, fee=9),
        story.resolve(receipt, 60, opened_at=1),
    )
    assert standing(found_receipt(stored, receipt.hash)) == ("split", 60, 0, 1)
    assert standing(found_receipt(stored, other.hash)) == ("paid", 300, 0, 1)
    dispute = asking.find_dispute(receipt.hash)
    assert dispute is not None
    assert (dispute.bond, dispute.due_height, dispute.ended_height) == (20, 0, 1)
    assert asking.find_dispute(other.hash) is None


def test_ended_reservation_spent_what_its_claims_were_paid(stored: StoredChain) -> None:
    story = ClaimStory(stored)
    receipt = story.claimed(final=True)
    stored.block(story.dispute(receipt))
    stored.block(story.resolve(receipt, 60, opened_at=3))
    reader = stored.reader()
    found = reader.find_reservation(story.reservation_id)
    reader.close()
    assert found is not None
    assert (found.status, found.spent, found.ended_height) == ("ended", 60, 4)


def test_payouts_give_the_roots_of_the_headers(market: Market) -> None:
    run, reader = market
    asking = MarketReader(reader)
    ends = [executed for executed in run.chain.blocks if executed.payouts is not None]
    periods = asking.payout_periods(limit=500)
    assert [one.period for one in periods] == list(reversed(range(len(ends))))
    assert sum(one.rows for one in periods) > 20
    for executed, one in zip(ends, reversed(periods), strict=True):
        views = asking.payouts_of_period(one.period)
        rows = tuple(view.payout for view in views)
        assert rows == executed.payouts
        assert one.height == executed.block.header.height
        assert one.root == executed.block.header.payouts_root
        assert one.root == (payouts_root(rows) if rows else ZERO_HASH)
        assert (one.rows, one.amount) == (len(rows), sum(row.amount for row in rows))
