"""What form a database has, and which ones are refused."""

from pathlib import Path

import pysqlite3
import pytest

from chain.errors import StoreError
from chain.store.connection import close, open_writer
from chain.store.form import VERSION, read_version
from chain.store.migrations import migrate
from chain.store.side_tables import SCHEMA
from chain.store.writer import ChainWriter
from tests.support.builders import a_genesis
from tests.support.stored_chain import StoredChain, column


def test_fresh_file_gets_every_table_strict(tmp_path: Path) -> None:
    connection = open_writer(tmp_path / "chain.db")
    with connection.begin():
        migrate(connection)
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
