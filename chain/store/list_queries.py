"""The lists of the whole chain, newest first: blocks, transactions, reservations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from chain.certificate import Certificate
from chain.kind import Kind
from chain.primitives import Address, PublicKey
from chain.store import account_rows, view_rows
from chain.store.account_views import ReservationView
from chain.store.lookup import LookupKind, client_key, proposer_key, provider_key
from chain.store.pages import ROW_MAX, SCANNED_MAX, bounded
from chain.store.queries import ChainReader
from chain.store.views import BlockView, TransactionView

T = TypeVar("T")

_BLOCKS = (
    f"SELECT {view_rows.BLOCK_COLUMNS}, certificate.data AS certificate "  # noqa: S608 - our own words
    "FROM block LEFT JOIN certificate "
    "ON certificate.height = block.height "
)
_ALL_BLOCKS = f"{_BLOCKS} WHERE block.height < ? ORDER BY block.height DESC LIMIT ?"
_BLOCKS_OF = (
    f"{_BLOCKS} WHERE block.height IN (SELECT value FROM json_each(?)) AND block.proposer = ? "  # noqa: S608 - our own words
    "ORDER BY block.height DESC"
)
_TRANSACTIONS = 'SELECT id FROM "transaction" WHERE id < ? ORDER BY id DESC LIMIT ?'
_OF_KIND = (
    'SELECT id FROM "transaction" WHERE id IN (SELECT value FROM json_each(?)) AND kind = ? '
    "ORDER BY id DESC"
)
_RESERVATIONS = "SELECT id FROM reservation WHERE id < ? ORDER BY id DESC LIMIT ?"
_FITTING = (
    "SELECT id FROM reservation WHERE id IN (SELECT value FROM json_each(?1)) "
    "AND (?2 IS NULL OR client = ?2) AND (?3 IS NULL OR provider = ?3) "
    "AND (?4 IS NULL OR status = ?4) ORDER BY id DESC"
)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list, newest first.

    Attributes:
        items: may be few or none although more follow, where a filter lets few through.
        before: the row below which the next page begins; None where none follows.
    """

    items: tuple[T, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class ReservationFilter:
    """Which reservations a page shows; what is None does not matter.

    Attributes:
        client: whose money it is.
        provider: whom it names.
        status: ``open``, ``closing`` or ``ended``.
    """

    client: Address | None = None
    provider: Address | None = None
    status: str | None = None


class ListReader:
    """Asks a reader's connection; a snapshot of the reader holds for this as well."""

    def __init__(self, reader: ChainReader) -> None:
        """Ask through an open reader, which whoever opened it closes."""
        self._reader = reader

    def blocks_page(
        self, proposer: PublicKey | None = None, *, before: int = ROW_MAX, limit: int = 50
    ) -> Page[tuple[BlockView, Certificate | None]]:
        """Return the blocks below a height, of one proposer or all, each with its certificate.

        Genesis has none.
        """
        size, ask = bounded(limit), self._reader.connection.exec_driver_sql
        with self._reader.snapshot():
            if proposer is None:
                rows = ask(_ALL_BLOCKS, (before, size)).all()
            else:
                key = proposer_key(proposer)
                heights = self._reader.rows_under(
                    LookupKind.PROPOSER, key, before=before, limit=size
                )
                rows = ask(_BLOCKS_OF, (str(heights), proposer)).all()
        items = tuple(
            (
                view_rows.block_view(row),
                Certificate.decode(row.certificate) if row.certificate else None,
            )
            for row in rows
        )
        return Page(items, rows[-1].height if len(rows) == size else None)

    def transactions_page(
        self,
        account: Address | None = None,
        kind: Kind | None = None,
        *,
        before: int = ROW_MAX,
        limit: int = 50,
    ) -> Page[TransactionView]:
        """Return the transactions below a row: of one account or all, of one kind or any."""
        wanted = bounded(limit)

        def rows(size: int) -> list[int]:
            return self._transaction_rows(account, kind, before=before, limit=size)

        def fitting(looked: list[int]) -> list[int]:
            if account is None or kind is None:
                return looked
            return self._column(_OF_KIND, str(looked), int(kind))

        with self._reader.snapshot():
            fits, following = _look(rows, fitting, wanted)
            found = view_rows.transactions_of_rows(self._reader.connection, fits)
        return Page(found, following)

    def _transaction_rows(
        self, account: Address | None, kind: Kind | None, *, before: int, limit: int
    ) -> list[int]:
        """Return the newest rows below a row: of an account, else of a kind, else of all."""
        if account is not None:
            number = self._reader.find_number(account)
            if number is None:
                return []
            return self._reader.rows_under(LookupKind.HISTORY, number, before=before, limit=limit)
        if kind is not None:
            return self._reader.rows_under(LookupKind.KIND, kind, before=before, limit=limit)
        return self._column(_TRANSACTIONS, before, limit)

    def reservations_page(
        self, wanted: ReservationFilter, *, before: int = ROW_MAX, limit: int = 50
    ) -> Page[ReservationView]:
        """Return the reservations below a row, without their claims."""
        with self._reader.snapshot():
            numbers = [
                None if one is None else self._reader.find_number(one)
                for one in (wanted.client, wanted.provider)
            ]
            client, provider = numbers
            if (wanted.client and client is None) or (wanted.provider and provider is None):
                return Page((), None)

            def rows(size: int) -> list[int]:
                return self._reservation_rows(client, provider, before=before, limit=size)

            def fitting(looked: list[int]) -> list[int]:
                if wanted == ReservationFilter():
                    return looked
                return self._column(_FITTING, str(looked), client, provider, wanted.status)

            fits, following = _look(rows, fitting, bounded(limit))
            found = account_rows.reservations_of_rows(self._reader.connection, fits)
        return Page(found, following)

    def _reservation_rows(
        self, client: int | None, provider: int | None, *, before: int, limit: int
    ) -> list[int]:
        if client is None and provider is None:
            return self._column(_RESERVATIONS, before, limit)
        key = client_key(client) if client is not None else provider_key(provider or 0)
        return self._reader.rows_under(LookupKind.RESERVATION, key, before=before, limit=limit)

    def _column(self, query: str, *values: int | str | None) -> list[int]:
        return list(self._reader.connection.exec_driver_sql(query, values).scalars())


def _look(
    rows: Callable[[int], list[int]], fitting: Callable[[list[int]], list[int]], wanted: int
) -> tuple[list[int], int | None]:
    """Return the first rows that fit, and the row below which the next page begins.

    Most filters let through most of what an index brings, so a page's worth is looked at first and
    more, up to ``SCANNED_MAX`` rows, only where that does not fill the page.

    Args:
        rows: returns the newest rows, as many as it is asked for.
        fitting: returns those of them that pass the filter.
        wanted: how many the page takes.
    """
    size = min(wanted, SCANNED_MAX)
    fits = fitting(looked := rows(size))
    while len(fits) < wanted and len(looked) == size < SCANNED_MAX:
        size = min(8 * size, SCANNED_MAX)
        fits = fitting(looked := rows(size))
    if len(fits) > wanted or (len(fits) == wanted and len(looked) == size):
        return fits[:wanted], fits[wanted - 1]
    return fits, looked[-1] if len(looked) == size else None
