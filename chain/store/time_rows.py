"""Where in the chain a time lies: the times of blocks only ever rise, so halving finds it."""

from bisect import bisect_left

from sqlalchemy import Connection

from chain.store.book import row_id
from chain.store.pages import ROW_MAX

_TIP = "SELECT max(height) FROM block"
_TIME = "SELECT time_ms FROM block WHERE height = ?"


def rows_between(connection: Connection, from_ms: int | None, to_ms: int | None) -> tuple[int, int]:
    """Return the first row of blocks of a time, and the first that is no longer among them.

    Args:
        connection: inside a transaction.
        from_ms: unix milliseconds of the first block that counts; None for all.
        to_ms: unix milliseconds of the first block that is too late; None for none.
    """
    first = 0 if from_ms is None else row_id(_first_height(connection, from_ms), 0)
    end = ROW_MAX if to_ms is None else row_id(_first_height(connection, to_ms), 0)
    return first, end


def _first_height(connection: Connection, time_ms: int) -> int:
    """Return the height of the first block that is of a time or later."""

    def time_of(height: int) -> int:
        found: int = connection.exec_driver_sql(_TIME, (height,)).scalar_one()
        return found

    tip: int = connection.exec_driver_sql(_TIP).scalar_one()
    return bisect_left(range(tip + 1), time_ms, key=time_of)
