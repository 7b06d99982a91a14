"""The tables of validators hold what they may and nothing else."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from tests.support.builders import a_genesis
from tests.support.evidence import an_evidence
from tests.support.stored_chain import StoredChain


@pytest.fixture
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    stored = StoredChain(tmp_path_factory.mktemp("tables"), a_genesis(validators=4))
    stored.block(evidence=[an_evidence(2)])
    connection = stored.writer._connection
    with connection.begin() as transaction:
        yield connection
        transaction.rollback()
    stored.close()


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE validator SET payee = 99", "FOREIGN KEY"),
        ("UPDATE validator SET name = x'00'", "cannot store BLOB"),
        ("UPDATE evidence SET height = 99", "FOREIGN KEY"),
        ("INSERT INTO evidence SELECT 1, 1, public_key, 1, 0, 5 FROM evidence", "UNIQUE"),
        ("INSERT INTO former_validator VALUES (x'00', 'soon')", "cannot store TEXT"),
    ],
)
def test_row_that_cannot_be_is_refused(connection: Connection, sql: str, what: str) -> None:
    with pytest.raises(IntegrityError, match=what):
        connection.exec_driver_sql(sql)


@pytest.mark.parametrize("table", ["validator", "former_validator", "evidence"])
def test_tables_are_strict(connection: Connection, table: str) -> None:
    sql = "SELECT sql FROM sqlite_master WHERE name = ?"
    assert "STRICT" in connection.exec_driver_sql(sql, (table,)).scalar_one()
