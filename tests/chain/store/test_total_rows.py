"""What the writer carries from block to block is what a count of the rows gives."""

from pathlib import Path

import pytest

from chain.store.queries import ChainReader
from chain.store.totals import Totals
from tests.support.market_run import stored_run

COUNTED = (
    "SELECT (SELECT count(*) FROM account), "
    '(SELECT count(*) FROM "transaction"), (SELECT count(*) FROM receipt), '
    "(SELECT count(*) FROM receipt WHERE spent > 0), "
    "(SELECT count(*) FROM receipt WHERE status = 'refunded'), "
    "(SELECT count(*) FROM dispute), (SELECT sum(spent) FROM receipt)"
)
FEES = 'SELECT coalesce(sum(fee), 0) FROM "transaction"'


def counted(reader: ChainReader) -> tuple[int, ...]:
    """Return counts and, at the end, the fees of transactions and of work that fell due."""
    counts = reader.connection.exec_driver_sql(COUNTED).one()
    fees = reader.connection.exec_driver_sql(FEES).scalar_one()
    due = [one.fee for block in reader.blocks_page(limit=500) for one in block.due_outcomes]
    return (*(one or 0 for one in counts), fees + sum(due))


@pytest.mark.parametrize("seed", range(4))
def test_totals_are_those_of_the_rows_after_every_block(tmp_path: Path, seed: int) -> None:
    stored, run = stored_run(tmp_path, seed)
    reader = stored.reader()
    for number in range(70):
        height = stored.store(run.make_block()).block.header.height
        if number % 13 == 0:
            stored.reopen()
        with reader.snapshot():
            query = "SELECT * FROM chain_total WHERE height = ?"
            row = reader.connection.exec_driver_sql(query, (height,)).one()
            totals = Totals(*row[1:])
            expected = counted(reader)
        found = tuple(totals.row(height)[1:9])
        assert found == expected, f"seed {seed}, block {height}"
    assert totals.disputed > 0
    assert totals.refunded > 0
    reader.close()
    stored.close()
