"""How the database is opened: what holds for the writer, for readers, and between them."""

from pathlib import Path

import pysqlite3
import pytest

from chain.errors import StoreError
from chain.store.connection import (
    SQLITE_VERSION_MIN,
    close,
    open_reader,
    open_writer,
    reading,
    storing,
)
from tests.support.stored_chain import StoredChain, column


def pragmas(connection: object, *names: str) -> list[object]:
    return [column(connection, f"PRAGMA {name}")[0] for name in names]


def test_writer_is_durable_and_checks_foreign_keys(tmp_path: Path) -> None:
    writer = open_writer(tmp_path / "chain.db")
    names = ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "page_size")
    assert pragmas(writer, *names) == ["wal", 2, 1, 0, 8_192]
    close(writer)


def test_only_one_copy_of_sqlite_is_in_use(stored: StoredChain) -> None:
    writer = stored.writer._connection
    assert writer.dialect.dbapi is pysqlite3
    (version,) = column(writer, "SELECT sqlite_version()")
    assert tuple(map(int, str(version).split("."))) >= SQLITE_VERSION_MIN


def test_reader_cannot_write_and_makes_no_checkpoint(stored: StoredChain) -> None:
    reader = open_reader(stored.path)
    assert pragmas(reader, "wal_autocheckpoint", "query_only") == [0, 1]
    with pytest.raises(StoreError, match="readonly"), storing("trying"), reader.begin():
        reader.exec_driver_sql("DELETE FROM chain")
    close(reader)


def test_second_writer_waits_for_no_stale_state(tmp_path: Path) -> None:
    first = open_writer(tmp_path / "chain.db")
    second = open_writer(tmp_path / "chain.db")
    second.connection.driver_connection.execute("PRAGMA busy_timeout = 1")
    with first.begin():
        first.exec_driver_sql("CREATE TABLE one (x)")
        with pytest.raises(StoreError, match="locked"), storing("trying"), second.begin():
            second.exec_driver_sql("SELECT 1")
    close(second)
    close(first)


def test_late_query_ends(stored: StoredChain) -> None:
    reader = open_reader(stored.path, is_late=lambda: True)
    forever = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    with pytest.raises(TimeoutError), reading(reader):
        reader.exec_driver_sql(forever)
    assert column(reader, "SELECT 1") == [1]
    close(reader)


def test_path_with_odd_characters_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=memory#b %41.db"
    close(open_writer(path))
    assert path.exists()


def test_number_too_large_for_a_column_is_a_store_error(stored: StoredChain) -> None:
    connection = stored.writer._connection
    with pytest.raises(StoreError, match="too large"), storing("trying"), connection.begin():
        connection.exec_driver_sql("UPDATE chain SET value = ?", (2**63,))
