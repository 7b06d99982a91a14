"""Pages of receipts: newest first, by any combination of filters, with bounded work.

The first filter leads the way by its index and the others sort out what it brings. Where they let
almost nothing through, a page looks at ``SCANNED_MAX`` rows and says where the next one begins.
"""

from contextlib import closing

from sqlalchemy import Connection

from chain.store.view_rows import receipts_of_rows
from chain.store.views import ReceiptPage

PAGE_MAX = 500
"""Entries of a page."""

SCANNED_MAX = 5_000
"""Rows that a page looks at: a hundredth of a second."""

ROW_MAX = 2**63 - 1
"""Above every row id: a page before it begins with the newest."""

_COLUMNS = ("client", "provider", "model", "status")
"""The filters; the earlier ones bring fewer rows, so the first that is asked for leads."""


def bounded(limit: int) -> int:
    """Return how many entries a page has when so many are asked for."""
    return max(1, min(limit, PAGE_MAX))


def receipt_page(
    connection: Connection, wanted: dict[str, int | str], *, before: int, limit: int
) -> ReceiptPage:
    """Return the page of receipts below a row.

    Args:
        connection: inside a transaction.
        wanted: value by column; accounts by their number.
        before: only receipts below this row.
        limit: how many at most.
    """
    rows, last = _scan(connection, wanted, "id < ?", before, order="DESC", limit=limit)
    return ReceiptPage(receipts=receipts_of_rows(connection, rows), before=last)


def receipt_rows_from(
    connection: Connection, wanted: dict[str, int | str], *, start: int, limit: int
) -> tuple[list[int], int | None]:
    """Return the receipts from a row on, oldest first, and the last row that was looked at.

    The latter is None where no more rows follow.

    Args:
        connection: inside a transaction.
        wanted: value by column; accounts by their number.
        start: the first row that may be among them.
        limit: how many at most.
    """
    return _scan(connection, wanted, "id >= ?", start, order="ASC", limit=limit)


def _scan(
    connection: Connection,
    wanted: dict[str, int | str],
    place: str,
    row: int,
    *,
    order: str,
    limit: int,
) -> tuple[list[int], int | None]:
    lead, *others = [column for column in _COLUMNS if column in wanted] or ["id"]
    fits = " AND ".join(f"{column} = ?" for column in others) or "1"
    led = "" if lead == "id" else f"AND {lead} = ?"
    query = f"SELECT id, {fits} FROM receipt WHERE {place} {led} ORDER BY id {order} LIMIT ?"  # noqa: S608 - our own words
    values = [wanted[column] for column in others]
    values += [row] if lead == "id" else [row, wanted[lead]]
    scanned = SCANNED_MAX if others else limit
    rows: list[int] = []
    with closing(connection.exec_driver_sql(query, (*values, scanned))) as found:
        for count, (one, fits_all) in enumerate(found, start=1):
            if fits_all:
                rows.append(one)
            if len(rows) == limit or count == scanned:
                return rows, one
    return rows, None
