"""What happened from a place of the chain on, oldest first: for whoever follows it.

A place is a row id: a height and an index in one integer. Each run says at which place the next
one begins, so that a reader that goes on there, now or after a restart, meets everything once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from chain.certificate import Certificate
from chain.primitives import INDEX_BITS, Address
from chain.store import view_rows
from chain.store.book import row_id
from chain.store.pages import receipt_rows_from
from chain.store.queries import ChainReader
from chain.store.validator_queries import SetView, ValidatorReader
from chain.store.views import BlockView, ReceiptFilter, ReceiptView, TransactionView

T = TypeVar("T")

RUN_MAX = 50
"""Entries of a run: some megabytes if all of them are of the widest transactions."""

_BLOCKS = (
    f"SELECT {view_rows.BLOCK_COLUMNS}, certificate.data AS certificate "  # noqa: S608 - our own words
    "FROM block LEFT JOIN certificate "
    "ON certificate.height = block.height WHERE block.height >= ? ORDER BY block.height LIMIT ?"
)
_SETS = (
    "SELECT DISTINCT from_height FROM validator WHERE from_height >= ? ORDER BY from_height LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Run(Generic[T]):
    """What was found from a place on.

    Attributes:
        items: oldest first, ``RUN_MAX`` at most.
        place: where the next run begins.
        is_last: whether the chain held no more when it was read.
    """

    items: tuple[T, ...]
    place: int
    is_last: bool


@dataclass(frozen=True, slots=True)
class CertifiedBlock:
    """A block and what proves it final.

    Attributes:
        block: the block.
        certificate: its own; None at height 0.
    """

    block: BlockView
    certificate: Certificate | None


class FollowReader:
    """Asks a reader's connection; a snapshot of the reader holds for this as well."""

    def __init__(self, reader: ChainReader) -> None:
        """Ask through an open reader, which whoever opened it closes."""
        self._reader = reader
        self._connection = reader.connection

    @property
    def chain(self) -> ChainReader:
        """The reader that this one asks."""
        return self._reader

    def end(self) -> int:
        """Return the place after the last block."""
        return place_of(self._reader.tip().height + 1)

    def blocks(self, place: int) -> Run[CertifiedBlock]:
        """Return the blocks from a place on; one that a place is in the middle of is left out."""
        with self._reader.snapshot():
            rows = self._connection.exec_driver_sql(_BLOCKS, (height_from(place), RUN_MAX)).all()
        items = tuple(
            CertifiedBlock(
                view_rows.block_view(row),
                Certificate.decode(row.certificate) if row.certificate else None,
            )
            for row in rows
        )
        return _run(items, [place_of(row.height) for row in rows], place)

    def transactions(self, place: int, account: Address | None) -> Run[TransactionView]:
        """Return the transactions from a place on: those of one account, or all."""
        query = f"{view_rows.TRANSACTIONS} WHERE one.id >= ? ORDER BY one.id LIMIT ?"
        with self._reader.snapshot():
            if account is None:
                found = self._connection.exec_driver_sql(query, (place, RUN_MAX))
                items = tuple(view_rows.transaction_view(row) for row in found)
            else:
                rows = self._reader.history_from(account, start=place, limit=RUN_MAX)
                items = view_rows.transactions_of_rows(self._connection, rows)[::-1]
        return _run(items, [one.row for one in items], place)

    def receipts(self, place: int, wanted: ReceiptFilter) -> Run[ReceiptView]:
        """Return the receipts that were claimed from a place on, as they stand now.

        A run may be empty and yet not the last: its work is bounded, whatever the filter.
        """
        with self._reader.snapshot():
            columns = self._reader.filter_columns(wanted)
            if columns is None:
                return Run((), place, is_last=True)
            rows, last = receipt_rows_from(self._connection, columns, start=place, limit=RUN_MAX)
            items = view_rows.receipts_of_rows(self._connection, rows)[::-1]
            if last is None:
                return Run(items, max(place, self.end()), is_last=True)
        return Run(items, last + 1, is_last=False)

    def validator_sets(self, place: int) -> Run[SetView]:
        """Return the sets of validators that begin from a place on."""
        with self._reader.snapshot():
            found = self._connection.exec_driver_sql(_SETS, (height_from(place), RUN_MAX))
            starts = list(found.scalars())
            items = tuple(ValidatorReader(self._reader).set_from(start) for start in starts)
        return _run(items, [place_of(start) for start in starts], place)


def place_of(height: int) -> int:
    """Return the place at which a block begins."""
    return row_id(height, 0)


def height_from(place: int) -> int:
    """Return the first height that begins at a place or after it."""
    return -(-place >> INDEX_BITS)


def _run(items: tuple[T, ...], rows: Sequence[int], place: int) -> Run[T]:
    """Return a run of items that lie in these rows."""
    return Run(items, rows[-1] + 1 if rows else place, is_last=len(items) < RUN_MAX)
