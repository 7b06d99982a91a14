"""An account's bill, recomputed from transactions, receipts and outcomes alone.

The books of a client are its ledger, those of a provider its payouts. Both were written with the
blocks; here each entry is worked out again from what the block itself holds, and compared.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from chain.codec import Reader
from chain.kind import Kind
from chain.outcome import Outcome, OutcomeKind
from chain.payloads import Reserve
from chain.primitives import INDEX_BITS, Address, Hash
from chain.store.account_rows import account_view
from chain.store.bill_views import BillEntry, BillPage
from chain.store.ledger_rows import SIGNS, EntryKind
from chain.store.lookup import BEFORE_ALL
from chain.store.queries import ChainReader
from chain.store.view_rows import OUTCOME_BYTES, AnyRow
from chain.transaction import SignedTransaction, decode_transaction

BILL_MAX = 100
"""Entries of a page: each may look into the outcomes of a block, a hundred kilobytes at most."""

EARNED = "earned"
"""The kind of a provider's entries."""

OUTCOME_BYTES_BEFORE_RECEIPT = 1 + 32
"""Bytes of an outcome before its receipt hash: kind and subject."""

_CLAIMS = (Kind.CLAIM, Kind.CLAIM_BATCH)

_ENTRIES = (
    "SELECT one.*, block.time_ms, moved.hash AS transaction_id, moved.data, moved.returned, "  # noqa: S608 - our own words
    "moved.kind AS kind_of_transaction, "
    "receipt.receipt_hash, receipt.job_id AS receipt_job, receipt.spent, "
    "dispute.bond, provider.address AS counterparty, "
    "reservation.hash AS reservation_id, reservation.job_id FROM ledger_entry AS one "
    f"JOIN block ON block.height = one.entry >> {INDEX_BITS} "
    "JOIN reservation ON reservation.id = one.reservation "
    'LEFT JOIN "transaction" AS moved ON moved.id = one."transaction" '
    "LEFT JOIN receipt ON receipt.id = one.receipt "
    "LEFT JOIN dispute ON dispute.receipt = one.receipt "
    "LEFT JOIN account AS provider ON provider.number = receipt.provider "
    "WHERE one.account = ? AND one.entry > ? ORDER BY one.entry LIMIT ?"
)
_HELD = (
    "SELECT reserved_after FROM ledger_entry WHERE account = ? AND entry <= ? "
    "ORDER BY entry DESC LIMIT 1"
)
_OUTCOMES = "SELECT claim_outcomes, due_outcomes FROM block WHERE height = ?"
_PAYOUTS = (
    "SELECT one.*, block.time_ms, receipt.receipt_hash, receipt.job_id, receipt.spent, "
    "receipt.fee, claim.hash AS transaction_id, "
    "reservation.hash AS reservation_id, client.address AS counterparty FROM payout AS one "
    "JOIN block ON block.height = one.height JOIN receipt ON receipt.id = one.receipt "
    'JOIN "transaction" AS claim ON claim.id = receipt.claim '
    "JOIN reservation ON reservation.id = receipt.reservation "
    "JOIN account AS client ON client.number = receipt.client "
    "WHERE one.payee = ? AND (one.period, one.position) > (?, ?) "
    "ORDER BY one.period, one.position LIMIT ?"
)
_EARNED = (
    "SELECT earned_after FROM payout WHERE payee = ? AND (period, position) <= (?, ?) "
    "ORDER BY period DESC, position DESC LIMIT 1"
)
_EARNED_IN_ALL = "SELECT spent - fees FROM trader WHERE side = 'provider' AND account = ?"


class BillReader:
    """Asks a reader's connection; a snapshot of the reader holds for this as well."""

    def __init__(self, reader: ChainReader) -> None:
        """Ask through an open reader, which whoever opened it closes."""
        self._reader = reader
        self._connection = reader.connection

    def of_client(self, account: Address, *, after: int = BEFORE_ALL, limit: int = 50) -> BillPage:
        """Return what moved a client's reserved money after a row, oldest first."""
        with self._reader.snapshot():
            number = self._reader.find_number(account)
            if number is None:
                return BillPage((), None, 0)
            view = account_view(self._connection, number)
            held = self._number(_HELD, number, after)
            rows = self._connection.exec_driver_sql(
                _ENTRIES, (number, after, _bounded(limit))
            ).all()
            entries = _chained(rows, held, self._client_entry)
        total = view.reserved + view.pending + view.bonds
        return BillPage(entries, _next(entries, limit), total)

    def of_provider(
        self, account: Address, *, after: int = BEFORE_ALL, limit: int = 50
    ) -> BillPage:
        """Return what a provider was paid after a row, oldest first.

        Bonds that it won in disputes are no pay for work and not among it.
        """
        place = (after >> INDEX_BITS, after & (1 << INDEX_BITS) - 1)
        with self._reader.snapshot():
            number = self._reader.find_number(account)
            if number is None:
                return BillPage((), None, 0)
            earned = self._number(_EARNED, number, *place)
            rows = self._connection.exec_driver_sql(
                _PAYOUTS, (number, *place, _bounded(limit))
            ).all()
            entries = _chained(rows, earned, _provider_entry)
            total = self._number(_EARNED_IN_ALL, number)
        return BillPage(entries, _next(entries, limit), total)

    def _number(self, query: str, *values: int) -> int:
        return self._connection.exec_driver_sql(query, values).scalar() or 0

    def _client_entry(self, row: AnyRow, carried: int) -> BillEntry:
        kind = EntryKind(row.kind)
        _, sign = SIGNS[kind]
        return BillEntry(
            row=row.entry,
            height=row.entry >> INDEX_BITS,
            time_ms=row.time_ms,
            kind=row.kind,
            amount=row.amount,
            recomputed=_recomputed(self._connection, kind, row),
            after=row.reserved_after,
            carried=carried,
            sign=sign,
            transaction_id=row.transaction_id,
            receipt_hash=row.receipt_hash,
            reservation_id=Hash(row.reservation_id),
            job_id=row.job_id if row.receipt_job is None else row.receipt_job,
            counterparty=row.counterparty,
        )


def _bounded(limit: int) -> int:
    return max(1, min(limit, BILL_MAX))


def _next(entries: tuple[BillEntry, ...], limit: int) -> int | None:
    return entries[-1].row if len(entries) == _bounded(limit) else None


def _chained(
    rows: Sequence[AnyRow], carried: int, entry: Callable[[AnyRow, int], BillEntry]
) -> tuple[BillEntry, ...]:
    """Return the entries of rows, each with what the one before it left."""
    entries: list[BillEntry] = []
    for row in rows:
        entries.append(entry(row, carried))
        carried = entries[-1].after
    return tuple(entries)


def _recomputed(connection: Connection, kind: EntryKind, row: AnyRow) -> int:
    """Return the amount of a ledger's entry as the chain's own data give it."""
    match kind:
        case EntryKind.PAID:
            return int(row.spent)
        case EntryKind.BOND_LOCKED | EntryKind.BOND_RETURNED | EntryKind.BOND_LOST:
            return int(row.bond)
        case EntryKind.RETURNED:
            return _returned(connection, row)
        case EntryKind.FEE | EntryKind.RESERVED:
            transaction = decode_transaction(row.data)
            assert isinstance(transaction, SignedTransaction)
            if kind is EntryKind.FEE:
                return transaction.fee
            assert isinstance(transaction.payload, Reserve)
            return transaction.payload.cap


def _returned(connection: Connection, row: AnyRow) -> int:
    """Return what an outcome gave back: a transaction's, a claim's, or that of due work."""
    if row.kind_of_transaction is not None and row.kind_of_transaction not in _CLAIMS:
        return int(row.returned)
    claims, due = connection.exec_driver_sql(_OUTCOMES, (row.entry >> INDEX_BITS,)).one()
    if row.receipt_hash is None:
        return _found(due, bytes([OutcomeKind.EXPIRED]) + row.reservation_id, at=0)
    data = due if row.kind_of_transaction is None else claims
    return _found(data, row.receipt_hash, at=OUTCOME_BYTES_BEFORE_RECEIPT)


def _found(outcomes: bytes, name: bytes, *, at: int) -> int:
    """Return what the outcome gave back that has a name at a place of its bytes; 0 for none."""
    place = outcomes.find(name)
    while place >= 0:
        if place % OUTCOME_BYTES == at:
            return Outcome.read(Reader(outcomes[place - at : place - at + OUTCOME_BYTES])).returned
        place = outcomes.find(name, place + 1)
    return 0


def _provider_entry(row: AnyRow, carried: int) -> BillEntry:
    return BillEntry(
        row=row.period << INDEX_BITS | row.position,
        height=row.height,
        time_ms=row.time_ms,
        kind=EARNED,
        amount=row.amount,
        recomputed=row.spent - min(row.fee, row.spent),
        after=row.earned_after,
        carried=carried,
        sign=1,
        transaction_id=Hash(row.transaction_id),
        receipt_hash=Hash(row.receipt_hash),
        reservation_id=Hash(row.reservation_id),
        job_id=row.job_id,
        counterparty=Address(row.counterparty),
    )
