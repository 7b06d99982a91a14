"""Events of a block: one for each thing it did to a reservation, in order."""

from chain.claim import claim_of
from chain.claim_batch import sign_batch
from chain.outcome import OutcomeKind
from chain.store.block_rows import transaction_rows
from chain.store.book import PENDING, SPLIT, Book, row_id
from chain.store.lookup import LookupKind, entries_after
from chain.store.reservation_events import read_events
from chain.store.view_rows import outcomes_of
from tests.support.builders import a_claim, a_transfer, key_of
from tests.support.claim_stories import CLIENT, MINER, ClaimStory
from tests.support.stored_chain import StoredChain


def test_transfers_are_no_events(stored: StoredChain) -> None:
    executed, book = stored.block(a_transfer(1), a_transfer(2, nonce=1)), Book()
    transaction_rows(executed, book)
    assert read_events(executed, book) == []


def test_events_say_what_a_transaction_cost_and_what_its_claim_did(stored: StoredChain) -> None:
    story, book = ClaimStory(stored), Book()
    receipt = story.receipt(200)
    executed = stored.block(
        *(story.reserve, a_claim(receipt), story.dispute(receipt, fee=4)),
        story.resolve(receipt, 60, opened_at=1),
    )
    transaction_rows(executed, book)
    reserved, claimed, disputed, resolved = read_events(executed, book)
    assert (reserved.kind, reserved.amount, reserved.ended) == (OutcomeKind.RESERVED, 1_000, None)
    assert (claimed.row, claimed.payer, claimed.ended) == (row_id(1, 1), None, None)
    assert (disputed.payer, disputed.payer_fee, disputed.fee) == (CLIENT, 4, 0)
    assert (disputed.bond, disputed.bond_winner, disputed.ended) == (20, None, None)
    assert (resolved.bond, resolved.bond_winner, resolved.spent) == (20, CLIENT, 60)
    assert resolved.ended is not None
    assert resolved.status == SPLIT
    assert book.claims == {}
    assert {one.reservation.id for one in (reserved, claimed, disputed, resolved)} == {
        story.reservation_id
    }


def test_claims_of_a_batch_are_events_of_one_transaction(stored: StoredChain) -> None:
    story = ClaimStory(stored)
    stored.block(story.reserve)
    receipts = [story.receipt(100 + n, job_id=f"job-{n}", receipt_id=f"r-{n}") for n in range(3)]
    claims = [claim_of(one, final=False) for one in receipts]
    genesis_hash = stored.chain.genesis.hash
    batch = sign_batch(claims, key=key_of("miner"), genesis_hash=genesis_hash)
    stored.block(a_transfer(5, nonce=1), batch)
    assert stored.reopen().records == stored.chain.ledger.records
    reader = stored.reader()
    (found,) = reader.history_page(MINER, limit=1)
    assert (found.id, found.amount, found.pending) == (batch.id(genesis_hash), 303, 303)
    assert (found.sender, found.recipient, found.nonce) == (None, MINER, None)
    assert found.outcome() == stored.chain.blocks[1].outcomes[1]
    views = [reader.find_receipt(one.hash) for one in receipts]
    for index, view in enumerate(views):
        assert view is not None
        assert (view.index, view.claim_index, view.claim_id) == (index, 1, found.id)
        assert (view.status, view.due_height) == (PENDING, 7)
    with reader.snapshot():
        query = "SELECT claim_outcomes FROM block WHERE height = 2"
        data = reader.connection.exec_driver_sql(query).scalar_one()
        assert outcomes_of(data) == stored.chain.blocks[1].claim_outcomes
        entries = list(entries_after(reader.connection, LookupKind.HISTORY, row_id(2, 0)))
    assert sorted(row for _, row in entries) == [row_id(2, 1)] * 2, "once for each account"
    reader.close()
