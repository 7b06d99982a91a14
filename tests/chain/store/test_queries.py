"""Every question that a reader answers, on a chain where everything happened once."""

from collections.abc import Iterator

import pytest
from sqlalchemy import event

from chain.errors import StoreError
from chain.kind import Kind
from chain.primitives import ZERO_HASH
from chain.store.audit_queries import recount_supply
from chain.store.queries import ChainReader
from chain.store.views import ReceiptFilter
from tests.support.builders import a_transfer, key_of
from tests.support.stored_chain import StoredChain, Story

CLIENT, MINER = key_of("client").address, key_of("miner").address


@pytest.fixture
def reader(stored: StoredChain, story: Story) -> Iterator[ChainReader]:
    reader = stored.reader()
    yield reader
    reader.close()


def test_tip_is_genesis_before_the_first_block(stored: StoredChain) -> None:
    reader = stored.reader()
    assert (reader.tip().height, reader.tip().hash) == (0, stored.chain.genesis.hash)
    assert reader.tip().header is None
    reader.close()


def test_blocks_are_found_by_height_and_by_hash(stored: StoredChain, reader: ChainReader) -> None:
    executed = stored.chain.blocks[2]
    block = reader.find_block(3)
    assert block is not None
    assert block.header == executed.block.header
    assert (block.transaction_count, block.receipt_count) == (1, 1)
    assert reader.find_block_by_hash(executed.hash) == block
    assert reader.find_block(7) is None
    assert reader.find_block_by_hash(ZERO_HASH) is None
    assert [one.height for one in reader.blocks_page(before=4, limit=2)] == [3, 2]


def test_due_outcomes_are_in_their_block(stored: StoredChain, reader: ChainReader) -> None:
    stored.blocks_until(9)
    block = reader.find_block(9)
    assert block is not None
    assert block.due_outcomes == stored.chain.blocks[8].due_outcomes
    assert len(block.due_outcomes) == 1


def test_transactions_of_a_block_come_in_order(stored: StoredChain, reader: ChainReader) -> None:
    transfers = [a_transfer(1 + nonce, nonce=nonce, by="stranger") for nonce in range(3)]
    stored.block(*transfers)
    found = reader.transactions_of_block(7)
    assert [one.decode() for one in found] == transfers
    assert [one.index for one in found] == [0, 1, 2]
    assert reader.transactions_of_block(7, from_index=1, limit=1) == found[1:2]


def test_transaction_is_found_with_its_outcome(
    stored: StoredChain, story: Story, reader: ChainReader
) -> None:
    genesis_hash = stored.chain.genesis.hash
    transfer = reader.find_transaction(story.transfer.id(genesis_hash))
    assert transfer is not None
    assert transfer.decode() == story.transfer
    assert (transfer.height, transfer.index, transfer.kind) == (1, 0, Kind.TRANSFER)
    assert (transfer.sender, transfer.recipient) == (CLIENT, key_of("newcomer").address)
    assert (transfer.amount, transfer.paid, transfer.nonce) == (40, 40, 0)
    assert reader.find_transaction(ZERO_HASH) is None
    for executed in stored.chain.blocks:
        for verified, outcome in zip(
            executed.verified.transactions, executed.outcomes, strict=True
        ):
            found = reader.find_transaction(verified.id)
            assert found is not None
            assert found.outcome() == outcome


def test_receipt_is_found_by_hash_and_by_the_miners_id(
    stored: StoredChain, story: Story, reader: ChainReader
) -> None:
    receipt = reader.find_receipt(story.receipt.hash)
    assert receipt is not None
    assert receipt.document == story.receipt.document
    assert (receipt.height, receipt.status, receipt.settled_height) == (3, "paid", 3)
    assert receipt.reservation_id == story.reservation_id
    assert receipt.claim_id == story.claim.id(stored.chain.genesis.hash)
    assert (receipt.client, receipt.provider) == (CLIENT, MINER)
    newest, oldest = reader.receipts_by_id("receipt-1")
    assert (newest.job_id, oldest.job_id) == ("job-3", "job-1")
    assert reader.receipts_by_id("receipt-1", limit=1) == (newest,)
    assert reader.receipts_by_id("nothing") == reader.receipts_by_id("\u00e9") == ()
    assert reader.find_receipt(ZERO_HASH) is None


def test_pending_receipt_is_paid_when_its_window_ends(
    stored: StoredChain, story: Story, reader: ChainReader
) -> None:
    pending = reader.find_receipt(story.third.hash)
    assert pending is not None
    assert (pending.status, pending.due_height, pending.settled_height) == ("pending", 9, None)
    stored.blocks_until(9)
    paid = reader.find_receipt(story.third.hash)
    assert paid is not None
    assert (paid.status, paid.due_height, paid.settled_height) == ("paid", 0, 9)


def test_receipts_page_filters_by_people(story: Story, reader: ChainReader) -> None:
    assert len(reader.receipts_page(ReceiptFilter(client=CLIENT)).receipts) == 3
    assert len(reader.receipts_page(ReceiptFilter(provider=MINER)).receipts) == 3
    for filtered in (ReceiptFilter(client=MINER), ReceiptFilter(client=key_of("nobody").address)):
        page = reader.receipts_page(filtered)
        assert (page.receipts, page.before) == ((), None)


def test_account_shows_what_it_has_and_what_is_reserved(
    stored: StoredChain, reader: ChainReader
) -> None:
    client = reader.find_account(CLIENT)
    assert client is not None
    assert client.balance == stored.chain.balance("client")
    assert (client.reserved, client.pending) == (1_000 - 300, 300)
    assert client.nonces == ((key_of("client").public_key, 3),)
    assert reader.nonce(CLIENT, key_of("client").public_key) == 3
    assert reader.nonce(MINER, key_of("miner").public_key) == 0
    assert reader.nonce(key_of("nobody").address, key_of("nobody").public_key) == 0
    assert reader.find_account(key_of("nobody").address) is None


def test_history_holds_every_side_of_a_transaction(reader: ChainReader) -> None:
    assert [one.height for one in reader.history_page(CLIENT)] == [6, 5, 4, 3, 2, 1]
    assert [one.height for one in reader.history_page(MINER)] == [6, 5, 4, 3, 2]
    first = reader.history_page(CLIENT, limit=2)
    rest = reader.history_page(CLIENT, before=first[-1].row, limit=3)
    assert [one.height for one in (*first, *rest)] == [6, 5, 4, 3, 2]
    assert [one.height for one in reader.history_page(key_of("newcomer").address)] == [1]
    assert reader.history_page(key_of("nobody").address) == ()


def test_reservation_is_found_with_its_claims(
    stored: StoredChain, story: Story, reader: ChainReader
) -> None:
    ended = reader.find_reservation(story.reservation_id)
    assert ended is not None
    assert (ended.status, ended.ended_height, ended.spent) == ("ended", 3, 250)
    session = reader.find_reservation(story.session_id)
    assert session is not None
    assert (session.status, session.pending, session.spent) == ("open", 300, 0)
    assert [claim.job_id for claim in session.claims] == ["job-2", "job-3"]
    assert session.provider == MINER
    assert reader.find_reservation(story.transfer.id(stored.chain.genesis.hash)) is None
    stored.blocks_until(50)
    session = reader.find_reservation(story.session_id)
    assert session is not None
    assert (session.status, session.ended_height, session.spent) == ("ended", 50, 300)


def test_validators_and_certificates_of_any_height(
    stored: StoredChain, reader: ChainReader
) -> None:
    assert reader.validators() == reader.validators(3) == stored.chain.genesis.validators
    assert reader.find_certificate(6) == stored.chain.last_commit
    assert reader.find_certificate(7) is None


def test_all_money_adds_up_to_the_supply(reader: ChainReader) -> None:
    audit = recount_supply(reader.connection)
    assert (audit.height, audit.supply, audit.difference) == (6, 2_000_000, 0)
    assert (audit.reserved, audit.pending) == (700, 300)


def test_limits_are_kept_to_the_largest_page(reader: ChainReader) -> None:
    assert len(reader.blocks_page(limit=10**9)) == 7
    assert len(reader.blocks_page(limit=0)) == 1


def test_snapshot_stays_while_the_writer_goes_on(stored: StoredChain, reader: ChainReader) -> None:
    with reader.snapshot():
        assert reader.tip().height == 6
        before = reader.find_account(MINER)
        stored.blocks_until(12)
        assert reader.tip().height == 6
        assert reader.find_account(MINER) == before
        assert recount_supply(reader.connection).difference == 0
    assert reader.tip().height == 12


def test_no_question_goes_through_a_table(stored: StoredChain, story: Story) -> None:
    stored.close()
    folder = stored.path.parent / "segments"
    folder.mkdir()
    stored = StoredChain(folder, segment_rows=1)
    story = Story(stored)
    reader = stored.reader()
    asked: dict[str, tuple[object, ...]] = {}

    @event.listens_for(reader._connection.engine, "before_cursor_execute")
    def note(
        _: object, cursor: object, sql: str, values: tuple[object, ...], *rest: object
    ) -> None:
        asked[sql] = values

    every = {"client": CLIENT, "provider": MINER, "model": "qwen3", "status": "paid"}
    for filters in ({}, every, *({name: value} for name, value in every.items())):
        reader.receipts_page(ReceiptFilter(**filters))
    reader.blocks_page()
    reader.transactions_of_block(3)
    reader.sync_range(1, 9, 10**6)
    reader.validators()
    reader.find_block_by_hash(stored.chain.blocks[0].hash)
    reader.find_receipt(story.receipt.hash)
    reader.receipts_by_id("receipt-1")
    reader.find_account(CLIENT)
    reader.nonce(CLIENT, key_of("client").public_key)
    reader.history_page(CLIENT)
    reader.find_reservation(story.session_id)
    reader.find_certificate(3)
    for sql in [sql for sql in asked if sql.startswith("SELECT")]:
        plan = reader._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", asked[sql])
        steps = [row.detail for row in plan if row.detail.startswith(("SCAN", "USE TEMP"))]
        bounded = ("SCAN (subquery", "SCAN json_each")
        assert all(step.startswith(bounded) for step in steps), (sql, steps)
    reader.close()
    stored.close()


def test_reader_needs_a_database(stored: StoredChain) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        ChainReader.open(stored.path.with_name("nothing.db"))
    stored.tamper("PRAGMA user_version = 7")
    with pytest.raises(StoreError, match="has form 7"):
        stored.reader()
