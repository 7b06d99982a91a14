"""What form a database has, and which ones are refused."""

from pathlib import Path

import pysqlite3
import pytest

from chain.errors import StoreError
from chain.store.connection import close, open_writer
from chain.store.form import VERSION, read_version
from chain.store.migrations import create_tables
from chain.store.side_tables import SCHEMA
from chain.store.writer import ChainWriter
from tests.support.builders import a_genesis
from tests.support.market_run import stored_run
from tests.support.stored_chain import StoredChain, Story, column


def test_fresh_file_gets_every_table_strict(tmp_path: Path) -> None:
    connection = open_writer(tmp_path / "chain.db")
    with connection.begin():
        create_tables(connection)
        assert read_version(connection) == VERSION
    names = column(
        connection, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict"
    )
    assert set(names) == set(SCHEMA)
    close(connection)


def test_file_of_this_form_stays_as_it_is(stored: StoredChain) -> None:
    before = column(stored.writer._connection, "PRAGMA schema_version")
    stored.reopen()
    assert column(stored.writer._connection, "PRAGMA schema_version") == before


def test_file_of_a_newer_program_is_refused(stored: StoredChain) -> None:
    stored.tamper(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError, match="start the newer program that wrote it"):
        ChainWriter.open(stored.path, stored.chain.genesis)


def test_file_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    other = pysqlite3.connect(path)
    other.execute("CREATE TABLE songs (name)")
    other.commit()
    with pytest.raises(StoreError, match="another program's tables"):
        ChainWriter.open(path, a_genesis())
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("songs",)]
    other.close()


def test_file_of_an_earlier_form_is_rebuilt_from_its_blocks(tmp_path: Path) -> None:
    stored, run = stored_run(tmp_path, 7)
    for _ in range(40):
        stored.store(run.make_block())
    expected = {name: rows(stored, name) for name in SCHEMA}
    stored.tamper("PRAGMA user_version = 1")
    stored.tamper("DROP TABLE chain_total")
    (tmp_path / "chain.db.rebuilt").write_bytes(b"what a killed process left")
    assert stored.reopen().records == stored.chain.ledger.records
    assert {name: rows(stored, name) for name in SCHEMA} == expected
    assert not list(tmp_path.glob("*.rebuilt*"))
    stored.close()


def test_rebuilding_stops_at_a_block_that_is_damaged(stored: StoredChain, story: Story) -> None:
    stored.tamper("PRAGMA user_version = 1")
    stored.tamper("DELETE FROM receipt WHERE height = 3")
    with pytest.raises(StoreError, match="block 3"):
        stored.reopen()
    reader = open_writer(stored.path)
    assert column(reader, "SELECT max(height) FROM block") == [6]
    close(reader)


def rows(stored: StoredChain, table: str) -> list[object]:
    connection = stored.writer.connection
    with connection.begin():
        return sorted(connection.exec_driver_sql(f'SELECT * FROM "{table}"').all(), key=repr)
