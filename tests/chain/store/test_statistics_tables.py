"""The tables of totals hold what they may and nothing else."""

import pytest
from sqlalchemy.exc import IntegrityError

from chain.store.totals import POSITIONS
from tests.support.stored_chain import StoredChain


@pytest.mark.parametrize("column", POSITIONS)
def test_no_position_of_the_money_is_negative(stored: StoredChain, column: str) -> None:
    connection = stored.writer.connection
    with pytest.raises(IntegrityError, match="CHECK"), connection.begin():
        connection.exec_driver_sql(f"UPDATE chain_total SET {column} = -1")
