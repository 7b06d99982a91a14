"""Rows become views in the order that was asked for, and only those."""

from chain.outcome import Outcome, OutcomeKind
from chain.primitives import ZERO_HASH
from chain.store.book import row_id
from chain.store.view_rows import OUTCOME_BYTES, receipts_of_rows, transactions_of_rows
from tests.support.stored_chain import StoredChain, Story


def test_rows_come_newest_first_and_missing_ones_not_at_all(
    stored: StoredChain, story: Story
) -> None:
    rows = [row_id(1, 0), row_id(1, 1), row_id(3, 0)]
    connection = stored.writer._connection
    with connection.begin():
        assert [one.height for one in transactions_of_rows(connection, rows)] == [3, 1]
        assert [one.height for one in receipts_of_rows(connection, rows)] == [3]
        assert transactions_of_rows(connection, []) == ()


def test_outcomes_have_one_size() -> None:
    outcome = Outcome(OutcomeKind.EXPIRED, ZERO_HASH, ZERO_HASH, fee=0, paid=0, returned=9)
    assert len(outcome.encode()) == OUTCOME_BYTES
