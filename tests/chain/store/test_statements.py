"""The SQL of the hot path fits the tables."""

import pytest

from chain.store import statements
from tests.support.stored_chain import StoredChain

STATEMENTS = [
    name
    for name, value in vars(statements).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, str)
]


@pytest.mark.parametrize("name", STATEMENTS)
def test_statement_is_understood(stored: StoredChain, name: str) -> None:
    sql = getattr(statements, name)
    connection = stored.writer._connection
    with connection.begin():
        connection.exec_driver_sql(f"EXPLAIN {sql}", (None,) * sql.count("?"))


@pytest.mark.parametrize("name", [name for name in STATEMENTS if not name.startswith("INSERT")])
def test_change_goes_by_a_key(stored: StoredChain, name: str) -> None:
    sql = getattr(statements, name)
    connection = stored.writer._connection
    with connection.begin():
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (None,) * sql.count("?"))
        assert not [row.detail for row in plan if row.detail.startswith("SCAN")]
