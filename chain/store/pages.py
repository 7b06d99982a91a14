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
    lead, *others = [column for column in _COLUMNS if column in wanted] or ["id"]
    fits = " AND ".join(f"{column} = ?" for column in others) or "1"
    place = "" if lead == "id" else f"AND {lead} = ?"
    query = f"SELECT id, {fits} FROM receipt WHERE id < ? {place} ORDER BY id DESC LIMIT ?"  # noqa: S608 - our own words
    values = [wanted[column] for column in others]
    values += [before] if lead == "id" else [before, wanted[lead]]
    scanned = SCANNED_MAX if others else limit
    rows: list[int] = []
    last = None
    with closing(connection.exec_driver_sql(query, (*values, scanned))) as found:
        for count, (row, fits_all) in enumerate(found, start=1):
            if fits_all:
                rows.append(row)
            if len(rows) == limit or count == scanned:
                last = row
                break
    return ReceiptPage(receipts=receipts_of_rows(connection, rows), before=last)
