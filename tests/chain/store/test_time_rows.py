"""Times are found among the blocks."""

from chain.store.book import row_id
from chain.store.pages import ROW_MAX
from chain.store.time_rows import rows_between
from tests.support.stored_chain import StoredChain

BLOCKS = 9


def test_a_time_is_at_the_first_block_that_has_it_or_a_later_one(stored: StoredChain) -> None:
    for _ in range(BLOCKS):
        stored.block()
    connection = stored.writer._connection
    with connection.begin():
        query = "SELECT height, time_ms FROM block ORDER BY height"
        times: dict[int, int] = dict(connection.exec_driver_sql(query).all())
        assert len(times) == BLOCKS + 1
        for height, time_ms in times.items():
            here = row_id(height, 0)
            assert rows_between(connection, time_ms, time_ms + 1) == (here, row_id(height + 1, 0))
            assert rows_between(connection, time_ms, None) == (here, ROW_MAX)
        assert rows_between(connection, 0, None) == (0, ROW_MAX)
        assert rows_between(connection, None, None) == (0, ROW_MAX)
        beyond = row_id(BLOCKS + 1, 0)
        assert rows_between(connection, times[BLOCKS] + 1, None) == (beyond, ROW_MAX)
