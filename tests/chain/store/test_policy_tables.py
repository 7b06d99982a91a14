"""The tables of the market hold what they may and nothing else."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from chain.store.side_tables import SCHEMA
from tests.support.claim_stories import ClaimStory
from tests.support.stored_chain import StoredChain

TABLES = (
    *("grant", "offer", "dispute", "payout", "payout_period"),
    *("parameters", "ledger_entry"),
)


@pytest.fixture
def connection(stored: StoredChain) -> Iterator[Connection]:
    story = ClaimStory(stored)
    stored.block(story.dispute(story.claimed()))
    connection = stored.writer._connection
    with connection.begin() as transaction:
        yield connection
        transaction.rollback()


@pytest.mark.parametrize("table", TABLES)
def test_tables_are_strict(connection: Connection, table: str) -> None:
    assert table in SCHEMA
    sql = "SELECT sql FROM sqlite_master WHERE name = ?"
    assert "STRICT" in connection.exec_driver_sql(sql, (table,)).scalar_one()


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE receipt SET status = 'lost'", "CHECK"),
        ("UPDATE ledger_entry SET balance_after = -1", "CHECK"),
        ("UPDATE ledger_entry SET account = 99", "FOREIGN KEY"),
        ("UPDATE dispute SET bond_winner = 99", "FOREIGN KEY"),
        ("INSERT INTO offer VALUES (99, 'qwen3', 'tokens', 1, 1, 1)", "FOREIGN KEY"),
        ("INSERT INTO payout VALUES (0, 0, 1, 99, 1, x'00', 1, 1)", "FOREIGN KEY"),
        ("INSERT INTO parameters VALUES (1, 99, x'00')", "FOREIGN KEY"),
        ("UPDATE dispute SET bond = 'much'", "cannot store TEXT"),
    ],
)
def test_row_that_cannot_be_is_refused(connection: Connection, sql: str, what: str) -> None:
    with pytest.raises(IntegrityError, match=what):
        connection.exec_driver_sql(sql)


def test_open_disputes_are_found_by_their_own_index(connection: Connection) -> None:
    sql = "EXPLAIN QUERY PLAN SELECT receipt FROM dispute WHERE ended_height IS NULL"
    (step,) = connection.exec_driver_sql(sql)
    assert "dispute_open" in step.detail
