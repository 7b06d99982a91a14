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


_Term = tuple[str, int | str]
"""A condition and its value."""


def bounded(limit: int) -> int:
    """Return how many entries a page has when so many are asked for."""
    return max(1, min(limit, PAGE_MAX))


def receipt_page(
    connection: Connection,
    wanted: dict[str, int | str],
    *,
    first: int = 0,
    before: int,
    limit: int,
) -> ReceiptPage:
    """Return the page of receipts below a row.

    Args:
        connection: inside a transaction.
        wanted: value by column; accounts by their number, ``account`` for either side.
        first: no receipts below this row.
        before: only receipts below this row.
        limit: how many at most.
    """
    rows, last = _scan(connection, wanted, (first, before), order="DESC", limit=limit)
    return ReceiptPage(receipts=receipts_of_rows(connection, rows), before=last)


def receipt_rows_from(
    connection: Connection, wanted: dict[str, int | str], *, start: int, limit: int
) -> tuple[list[int], int | None]:
    """Return the receipts from a row on, oldest first, and the last row that was looked at.

    The latter is None where no more rows follow.

    Args:
        connection: inside a transaction.
        wanted: as for :func:`receipt_page`.
        start: the first row that may be among them.
        limit: how many at most.
    """
    return _scan(connection, wanted, (start, ROW_MAX), order="ASC", limit=limit)


def _scan(
    connection: Connection,
    wanted: dict[str, int | str],
    span: tuple[int, int],
    *,
    order: str,
    limit: int,
) -> tuple[list[int], int | None]:
    query, values, is_exact = _query(wanted, span)
    scanned = limit if is_exact else SCANNED_MAX
    rows: list[int] = []
    ordered = f"{query} ORDER BY id {order} LIMIT ?"
    with closing(connection.exec_driver_sql(ordered, (*values, scanned))) as found:
        for count, (one, fits_all) in enumerate(found, start=1):
            if fits_all:
                rows.append(one)
            if len(rows) == limit or count == scanned:
                return rows, one
    return rows, None


def _query(
    wanted: dict[str, int | str], span: tuple[int, int]
) -> tuple[str, list[int | str], bool]:
    """Return what finds rows and whether each fits, its values, and whether all of them fit.

    For an account two walks are merged, one for each side; a receipt of which it is both sides is
    in both, and fits in the first alone.
    """
    asked: list[_Term] = [(f"{name} = ?", wanted[name]) for name in _COLUMNS if name in wanted]
    if "account" not in wanted:
        return (*_walk(asked[:1], asked[1:], span), len(asked) <= 1)
    account = wanted["account"]
    bought, of_buyer = _walk([("client = ?", account)], asked, span)
    not_twice: list[_Term] = [*asked, ("client <> ?", account)]
    sold, of_seller = _walk([("provider = ?", account)], not_twice, span)
    return f"{bought} UNION ALL {sold}", of_buyer + of_seller, False


def _walk(
    lead: list[_Term], others: list[_Term], span: tuple[int, int]
) -> tuple[str, list[int | str]]:
    """Return what goes through an index, or all rows, and says whether each fits the others."""
    fits = " AND ".join(term for term, _ in others) or "1"
    place = " AND ".join(["id >= ?", "id < ?", *(term for term, _ in lead)])
    query = f"SELECT id, {fits} FROM receipt WHERE {place}"  # noqa: S608 - our own words
    return query, [*(one for _, one in others), *span, *(one for _, one in lead)]
