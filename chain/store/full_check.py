"""The check of a whole database: every block decided again, every row written again and compared.

A start looks at the state and at the last blocks; a bit that flipped in an old receipt or in a
column that only people read is found here alone. The blocks are read as a peer would get them,
checked and executed as a follower does, and stored by the same writer in a fresh database; what
the validators decided leaves no freedom, so both must be equal in every row.
"""

from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

from sqlalchemy import Connection, Table, select

from chain.genesis import Genesis
from chain.store.audit_queries import recount_supply
from chain.store.connection import close, damaged, open_reader, storing
from chain.store.replaying import replay
from chain.store.segments import SEGMENT_ROWS
from chain.store.side_tables import SCHEMA
from chain.store.writer import ChainWriter

Tell = Callable[[int, int], None]

_CARRIED = "SELECT balances, reserved, pending, bonds, treasury FROM chain_total WHERE height = ?"


def check_chain(
    path: Path,
    genesis: Genesis,
    *,
    scratch: Path,
    segment_rows: int = SEGMENT_ROWS,
    tell: Tell = lambda *_: None,
) -> int:
    """Check all of a database that nobody has open.

    Args:
        path: the database.
        genesis: what its chain began with.
        scratch: where the fresh database is made; it becomes as large as the other.
        segment_rows: as the writer of the database was opened with.
        tell: told of each height that was decided again, and of the last.

    Returns:
        The height of the last block.

    Raises:
        ConfigError: the database is another chain's.
        StoreError: it is damaged, or in use; the sentence says where the first fault is.
    """
    ChainWriter.open(path, genesis, segment_rows=segment_rows).close()
    fresh = ChainWriter.open(scratch, genesis, segment_rows=segment_rows)
    try:
        source = open_reader(path)
        try:
            with storing("checking it"), source.begin():
                verdict = str(source.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one())
                if verdict != "ok":
                    raise damaged(what=verdict)
                return _replay_and_compare(source, fresh, tell)
        finally:
            close(source)
    finally:
        fresh.close()


def _replay_and_compare(source: Connection, fresh: ChainWriter, tell: Tell) -> int:
    last = source.exec_driver_sql("SELECT max(height) FROM block").scalar_one()
    height = replay(source, fresh, lambda height: tell(height, last))
    with fresh.connection.begin():
        for table in SCHEMA.values():
            _compare(table, source, fresh.connection)
    _check_supply(source)
    return height


def _check_supply(source: Connection) -> None:
    """Add up all money again; what the writer carries on must be the same.

    Raises:
        StoreError: it is not, or is not the supply.
    """
    counted = recount_supply(source)
    row = source.exec_driver_sql(_CARRIED, (counted.height,)).one()
    found = (counted.balances, counted.reserved, counted.pending, counted.bonds, counted.treasury)
    if tuple(row) != found or counted.difference:
        raise damaged(what=f"the money adds up to {found} and is said to be {tuple(row)}")


def _compare(table: Table, source: Connection, fresh: Connection) -> None:
    """Compare all rows of a table.

    Raises:
        StoreError: names the first row that differs.
    """
    query = select(table).order_by(*table.primary_key.columns)
    rows = zip_longest(source.execute(query), fresh.execute(query))
    for found, expected in rows:
        if found != expected:
            key = expected if expected is not None else found
            place = ", ".join(
                f"{column.name} {_shown(value)}"
                for column, value in zip(table.columns, key, strict=True)
                if column.primary_key
            )
            raise damaged(what=f"table {table.name}, {place}: not what the blocks say")


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
