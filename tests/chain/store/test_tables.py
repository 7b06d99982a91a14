"""The tables as SQLModel classes: relationships both ways, foreign keys, strict types."""

from collections.abc import Iterator

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from chain.store.connection import close, open_reader, open_writer
from chain.store.tables import Account, Block, Receipt, Reservation, Transaction
from tests.support.builders import key_of
from tests.support.stored_chain import StoredChain, Story


@pytest.fixture
def session(stored: StoredChain, story: Story) -> Iterator[Session]:
    connection = open_reader(stored.path)
    with Session(connection) as session:
        yield session
    close(connection)


@pytest.fixture
def writing(stored: StoredChain, story: Story) -> Iterator[Session]:
    stored.close()
    connection = open_writer(stored.path)
    with Session(connection) as session:
        yield session
    close(connection)


def find_account(session: Session, who: str) -> Account:
    return session.exec(select(Account).where(col(Account.address) == key_of(who).address)).one()


def test_from_a_client_over_receipts_and_blocks_to_transactions(
    session: Session, story: Story
) -> None:
    client = find_account(session, "client")
    receipt = client.receipts_as_client[0]
    assert receipt.receipt_hash == story.receipt.hash
    assert receipt.block.height == 3
    assert [one.data for one in receipt.block.transactions] == [story.claim.encode()]
    assert receipt.block.transactions[0].receipts == [receipt]


def test_every_relationship_leads_there_and_back(session: Session) -> None:
    receipt = session.exec(select(Receipt).order_by(col(Receipt.id))).first()
    assert receipt is not None
    assert receipt in receipt.block.receipts
    assert receipt.transaction in receipt.block.transactions
    assert receipt.transaction.block is receipt.block
    assert receipt in receipt.transaction.receipts
    assert receipt in receipt.client_account.receipts_as_client
    assert receipt in receipt.provider_account.receipts_as_provider
    assert receipt in receipt.reservation_row.receipts
    assert receipt.reservation_row in receipt.client_account.reservations
    assert receipt.transaction in receipt.provider_account.received


def test_accounts_know_what_they_sent_and_received(session: Session, story: Story) -> None:
    transfer = find_account(session, "client").sent[0]
    assert transfer.data == story.transfer.encode()
    assert transfer.recipient_account is find_account(session, "newcomer")
    assert transfer.sender_account is find_account(session, "client")
    assert find_account(session, "newcomer").received == [transfer]


def test_transaction_without_a_receipt_has_none(session: Session) -> None:
    block = session.get(Block, 1)
    assert block is not None
    assert block.transactions[0].receipts == []
    assert block.receipts == []


def test_row_of_a_block_that_is_not_there_is_refused(writing: Session) -> None:
    blank = dict.fromkeys(("amount", "fee", "paid", "returned", "pending"), 0)
    writing.add(Transaction(id=1, height=99, hash=b"", kind=1, data=b"", **blank))
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        writing.flush()


def test_text_in_a_column_of_numbers_is_refused(writing: Session) -> None:
    with pytest.raises(IntegrityError, match="cannot store TEXT value in INTEGER column"):
        writing.connection().exec_driver_sql("UPDATE account SET balance = 'much'")


def test_negative_balance_is_refused(writing: Session) -> None:
    find_account(writing, "client").balance = -1
    with pytest.raises(IntegrityError, match="CHECK"):
        writing.flush()


def test_ended_reservation_says_when(writing: Session) -> None:
    reservation = writing.exec(select(Reservation)).first()
    assert reservation is not None
    reservation.ended_height = None
    with pytest.raises(IntegrityError, match="CHECK"):
        writing.flush()
