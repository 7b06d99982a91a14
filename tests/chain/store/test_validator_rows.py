"""Sets of validators in the database: each from its height on, and none with a flipped bit."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.errors import StoreError
from chain.store.loading import load_ledger
from chain.store.writer import ChainWriter
from tests.support.builders import a_genesis, a_transfer
from tests.support.evidence import an_evidence
from tests.support.seats import a_change, numbers_of
from tests.support.stored_chain import StoredChain, column


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoredChain]:
    """Return a chain whose last three sets differ: of heights 4, 5 and 6; its tip is 4.

    Validator 3 has fallen, and three have left.
    """
    stored = StoredChain(tmp_path_factory.mktemp("changed"), a_genesis(validators=5))
    stored.block(a_transfer(5), evidence=[an_evidence(3, round_=2)])
    for join, leave in ((5, 0), (6, 1), (7, 2)):
        ledger, keys = stored.chain.ledger, stored.chain.validators
        stored.block(a_change(ledger, keys, join=[join], leave=[leave]))
    yield stored
    stored.close()


def test_each_height_has_its_set(changed: StoredChain) -> None:
    reader = changed.reader()
    sets = [numbers_of(reader.validators(height)) for height in range(8)]
    assert sets == [
        *([[0, 1, 2, 3, 4]] * 3),
        [0, 1, 2, 4],
        [1, 2, 4, 5],
        [2, 4, 5, 6],
        *([[4, 5, 6, 7]] * 2),
    ]
    assert reader.validators() == reader.validators(5)
    reader.close()


def test_state_is_loaded_with_its_three_sets(changed: StoredChain) -> None:
    connection, expected = changed.writer._connection, changed.chain.ledger
    with connection.begin():
        ledger, book = load_ledger(connection, changed.chain.genesis)
    assert ledger.last_validators == expected.last_validators
    assert ledger.validators == expected.validators
    assert ledger.next_validators == expected.next_validators
    assert ledger.records == expected.records
    assert book == changed.writer._book


@pytest.mark.parametrize("set_of", [4, 5, 6])
@pytest.mark.parametrize(
    "change",
    [
        "name = 'mallory'",
        "payee = payee + 1",
        "public_key = (SELECT public_key FROM validator WHERE from_height = 1 AND position = 0)",
    ],
)
def test_flipped_bit_is_found_at_the_next_start(
    changed: StoredChain, tmp_path: Path, set_of: int, change: str
) -> None:
    sql = f"UPDATE validator SET {change} WHERE from_height = {set_of} AND position = 1"
    said = refusal_after(changed, tmp_path, sql)
    root = "its state root differs" if set_of == 6 else "its validators"
    assert root in said


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE chain SET value = value + 1 WHERE name = 'validators'",
        "DELETE FROM chain WHERE name = 'validators'",
        "DELETE FROM validator WHERE from_height = 6",
        "DELETE FROM validator WHERE from_height = 6 AND position = 0",
        "UPDATE validator SET from_height = 7 WHERE from_height = 6",
        "UPDATE validator SET from_height = 8 WHERE from_height = 4",
        "DELETE FROM evidence",
        "UPDATE evidence SET height = 2",
        "UPDATE evidence SET offence_height = 2",
        "UPDATE evidence SET offence_round = 3",
        "UPDATE evidence SET kind = 6",
        "UPDATE evidence SET kind = 99",
        "UPDATE evidence SET public_key = zeroblob(32)",
        "DELETE FROM former_validator",
        "UPDATE former_validator SET until = until + 1",
        "UPDATE former_validator SET public_key = zeroblob(32) WHERE until % 3 = 0",
    ],
)
def test_lost_row_is_found_at_the_next_start(
    changed: StoredChain, tmp_path: Path, sql: str
) -> None:
    refusal_after(changed, tmp_path, sql)


def refusal_after(changed: StoredChain, folder: Path, sql: str) -> str:
    """Change a copy of the database and return why a node that starts refuses it."""
    connection = changed.writer._connection
    column(connection, "SELECT 1")
    copy = folder / "chain.db"
    with connection.begin():
        shutil.copy(changed.path, copy)
        shutil.copy(f"{changed.path}-wal", f"{copy}-wal")
    other = StoredChain.__new__(StoredChain)
    other.path = copy
    other.writer = ChainWriter.open(copy, changed.chain.genesis)
    other.tamper(sql)
    with pytest.raises(StoreError, match="damaged") as refused:
        ChainWriter.open(copy, changed.chain.genesis)
    return str(refused.value)
