"""Whatever happens, a database that is opened again holds the very state it was closed with."""

from pathlib import Path

import pytest

from chain.errors import StoreError
from chain.outcome import OutcomeKind
from chain.store.audit_queries import recount_supply
from chain.store.loading import load_ledger
from chain.store.writer import ChainWriter
from tests.support.chain import check_invariants
from tests.support.market_run import stored_run
from tests.support.stored_chain import StoredChain, column


def check_reopened(stored: StoredChain) -> None:
    book = stored.writer._book
    ledger, expected = stored.reopen(), stored.chain.ledger
    assert ledger.records == expected.records
    assert ledger.commitment.root == expected.commitment.root
    assert ledger.due.keys == expected.due.keys
    assert ledger.forget.keys == expected.forget.keys
    assert ledger.parameters == expected.parameters
    for sets in ("last_validators", "validators", "next_validators"):
        assert getattr(ledger, sets) == getattr(expected, sets)
    assert (ledger.tip_hash, ledger.height) == (expected.tip_hash, expected.height)
    check_invariants(ledger)
    assert stored.writer._book == book


@pytest.mark.parametrize("seed", range(1, 4))
def test_life_of_every_kind_comes_back_after_every_few_blocks(tmp_path: Path, seed: int) -> None:
    stored, run = stored_run(tmp_path, seed)
    every_kind = {kind.name for kind in OutcomeKind}
    number = 0
    while number < 90 or run.kinds != every_kind:
        stored.store(run.make_block())
        if number % 5 == 0:
            check_reopened(stored)
        number += 1
        assert number < 500, f"never seen: {every_kind - run.kinds}"
    check_reopened(stored)
    reader = stored.reader()
    assert recount_supply(reader.connection).difference == 0
    reader.close()
    stored.close()


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the database of a moment at which there is something of everything."""
    stored, run = stored_run(tmp_path_factory.mktemp("busy"), 5)
    something = (
        'SELECT EXISTS (SELECT 1 FROM "grant") AND EXISTS (SELECT 1 FROM offer) '
        "AND EXISTS (SELECT 1 FROM dispute WHERE ended_height IS NULL)"
    )
    while column(stored.writer._connection, something) == [0] or not stored.writer._book.payouts:
        stored.store(run.make_block())
    stored.close()
    return stored.path


@pytest.mark.parametrize(
    "sql",
    [
        'UPDATE "grant" SET spent = spent + 1',
        "UPDATE \"grant\" SET models = 'other'",
        "UPDATE offer SET rate = rate + 1",
        "UPDATE dispute SET due_height = due_height + 1 WHERE ended_height IS NULL",
        "UPDATE dispute SET ended_height = 1, due_height = 0 WHERE ended_height IS NULL",
        "UPDATE payout SET amount = amount + 1",
        "UPDATE parameters SET data = zeroblob(150)",
        "DELETE FROM parameters",
        "UPDATE chain SET value = value + 1 WHERE name = 'period'",
    ],
)
def test_changed_row_is_found_at_the_next_start(busy: Path, tmp_path: Path, sql: str) -> None:
    stored, _ = stored_run(tmp_path, 5)
    stored.close()
    stored.path.write_bytes(busy.read_bytes())
    stored.tamper(sql)
    with pytest.raises(StoreError, match="database is damaged"):
        ChainWriter.open(stored.path, stored.chain.genesis)


def test_writer_knows_after_loading_what_it_knew_before(tmp_path: Path) -> None:
    stored, run = stored_run(tmp_path, 11)
    for _ in range(40):
        stored.store(run.make_block())
        connection = stored.writer._connection
        with connection.begin():
            _, book = load_ledger(connection, stored.chain.genesis)
        assert book == stored.writer._book
    stored.close()
