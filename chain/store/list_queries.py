"""The lists of the whole chain, newest first: blocks with their certificates, transactions."""

from dataclasses import dataclass

from chain.certificate import Certificate
from chain.kind import Kind
from chain.primitives import Address
from chain.store import view_rows
from chain.store.lookup import LookupKind, LookupReader
from chain.store.pages import ROW_MAX, bounded
from chain.store.queries import ChainReader
from chain.store.views import BlockView, TransactionView

SCAN_MAX = 5_000
"""Rows that a page looks at; a rare kind of transaction makes short pages, never slow ones."""

_BLOCKS = (
    "SELECT block.*, certificate.data AS certificate FROM block LEFT JOIN certificate "
    "ON certificate.height = block.height WHERE block.height < ? "
    "ORDER BY block.height DESC LIMIT ?"
)
_ALL = 'SELECT id, kind FROM "transaction" WHERE id < ? ORDER BY id DESC LIMIT ?'
_OF_ROWS = (
    'SELECT id, kind FROM "transaction" WHERE id IN (SELECT value FROM json_each(?)) '
    "ORDER BY id DESC"
)


@dataclass(frozen=True, slots=True)
class TransactionPage:
    """Transactions, newest first.

    Attributes:
        transactions: of the page; it may be short, or even empty, although more follow.
        before: the row below which the next page begins; None where none follows.
    """

    transactions: tuple[TransactionView, ...]
    before: int | None


class ListReader:
    """Asks a reader's connection; a snapshot of the reader holds for this as well."""

    def __init__(self, reader: ChainReader) -> None:
        """Ask through an open reader, which whoever opened it closes."""
        self._reader = reader
        self._lookup = LookupReader()

    def blocks_page(
        self, *, before: int = ROW_MAX, limit: int = 50
    ) -> tuple[tuple[BlockView, Certificate | None], ...]:
        """Return the blocks below a height, each with its own certificate; genesis has none."""
        with self._reader.snapshot():
            rows = self._reader.connection.exec_driver_sql(_BLOCKS, (before, bounded(limit))).all()
        return tuple(
            (
                view_rows.block_view(row),
                Certificate.decode(row.certificate) if row.certificate else None,
            )
            for row in rows
        )

    def transactions_page(
        self,
        account: Address | None = None,
        kind: Kind | None = None,
        *,
        before: int = ROW_MAX,
        limit: int = 50,
    ) -> TransactionPage:
        """Return the transactions below a row: of one account or all, of one kind or any."""
        wanted, size = bounded(limit), bounded(limit) if kind is None else SCAN_MAX
        with self._reader.snapshot():
            looked = self._rows(account, before=before, limit=size)
            fits = [row for row, its_kind in looked if kind in (None, its_kind)]
            rows = fits[:wanted]
            found = view_rows.transactions_of_rows(self._reader.connection, rows)
        if len(fits) > wanted or (len(fits) == wanted and len(looked) == size):
            return TransactionPage(found, before=rows[-1])
        return TransactionPage(found, before=looked[-1][0] if len(looked) == size else None)

    def _rows(self, account: Address | None, *, before: int, limit: int) -> list[tuple[int, int]]:
        """Return rows and kinds of the newest transactions below a row."""
        ask = self._reader.connection.exec_driver_sql
        if account is None:
            return [(row, kind) for row, kind in ask(_ALL, (before, limit))]
        number = self._reader.find_number(account)
        if number is None:
            return []
        rows = self._lookup.find(
            self._reader.connection, LookupKind.HISTORY, number, before=before, limit=limit
        )
        return [(row, kind) for row, kind in ask(_OF_ROWS, (str(rows),))]
