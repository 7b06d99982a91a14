"""From rows to what the queries answer: the SQL that joins, and the views made of its rows."""

from typing import Any

from sqlalchemy import Connection, Row

from chain.block import Header
from chain.codec import Reader
from chain.kind import Kind
from chain.outcome import Outcome
from chain.primitives import Address, Hash, PublicKey
from chain.store.views import BlockView, ReceiptView, TransactionView

BLOCK_COLUMNS = (
    "block.height, block.hash, block.time_ms, block.proposer, block.transaction_count, "
    "block.receipt_count, block.header, block.due_outcomes"
)
"""What a view takes of a block; the outcomes of its claims alone may be a hundred kilobytes."""

TRANSACTIONS = (
    "SELECT one.*, block.time_ms, sender.address AS sender_address, "
    'recipient.address AS recipient_address FROM "transaction" AS one '
    "JOIN block ON block.height = one.height "
    "LEFT JOIN account AS sender ON sender.number = one.sender "
    "LEFT JOIN account AS recipient ON recipient.number = one.recipient "
)
"""Ends before its WHERE; the transaction is ``one``."""

RECEIPTS = (
    "SELECT one.*, block.time_ms, claim.hash AS claim_id, reservation.hash AS reservation_id, "
    "client.address AS client_address, provider.address AS provider_address "
    "FROM receipt AS one JOIN block ON block.height = one.height "
    'JOIN "transaction" AS claim ON claim.id = one.claim '
    "JOIN reservation ON reservation.id = one.reservation "
    "JOIN account AS client ON client.number = one.client "
    "JOIN account AS provider ON provider.number = one.provider "
)
"""Ends before its WHERE; the receipt is ``one``."""

OF_ROWS = "WHERE one.id IN (SELECT value FROM json_each(?)) ORDER BY one.id DESC"
"""Ends such a query: the rows of a JSON array, the newest first."""

AnyRow = Row[tuple[Any, ...]]

OUTCOME_BYTES = 1 + 32 + 32 + 4 * 8
"""Bytes of one encoded outcome."""


def block_view(row: AnyRow) -> BlockView:
    """Return the view of a row of :data:`BLOCK_COLUMNS`."""
    return BlockView(
        height=row.height,
        hash=Hash(row.hash),
        time_ms=row.time_ms,
        proposer=PublicKey(row.proposer),
        transaction_count=row.transaction_count,
        receipt_count=row.receipt_count,
        header=Header.decode(row.header) if row.header else None,
        due_outcomes=outcomes_of(row.due_outcomes),
    )


def outcomes_of(data: bytes) -> tuple[Outcome, ...]:
    """Return outcomes that lie one after the other."""
    reader = Reader(data)
    return tuple(Outcome.read(reader) for _ in range(len(data) // OUTCOME_BYTES))


def transaction_view(row: AnyRow) -> TransactionView:
    """Return the view of a row of :data:`TRANSACTIONS`."""
    return TransactionView(
        row=row.id,
        id=Hash(row.hash),
        kind=Kind(row.kind),
        time_ms=row.time_ms,
        sender=row.sender_address,
        recipient=row.recipient_address,
        amount=row.amount,
        fee=row.fee,
        nonce=row.nonce,
        paid=row.paid,
        returned=row.returned,
        pending=row.pending,
        data=row.data,
    )


def receipt_view(row: AnyRow) -> ReceiptView:
    """Return the view of a row of :data:`RECEIPTS`."""
    return ReceiptView(
        row=row.id,
        claim_row=row.claim,
        receipt_hash=Hash(row.receipt_hash),
        sidecar_id=Hash(row.sidecar_id),
        claim_id=Hash(row.claim_id),
        time_ms=row.time_ms,
        receipt_id=row.receipt_id,
        job_id=row.job_id,
        reservation_id=Hash(row.reservation_id),
        client=Address(row.client_address),
        provider=Address(row.provider_address),
        model=row.model,
        unit_type=row.unit_type,
        units_micro=row.units_micro,
        price=row.price,
        fee=row.fee,
        spent=row.spent,
        status=row.status,
        due_height=row.due_height,
        settled_height=row.settled_height,
        started_at=row.started_at,
        completed_at=row.completed_at,
        document=row.document,
    )


def transactions_of_rows(connection: Connection, rows: list[int]) -> tuple[TransactionView, ...]:
    """Return the transactions of these row ids, newest first."""
    found = connection.exec_driver_sql(TRANSACTIONS + OF_ROWS, (str(rows),))
    return tuple(transaction_view(row) for row in found)


def receipts_of_rows(connection: Connection, rows: list[int]) -> tuple[ReceiptView, ...]:
    """Return the receipts of these row ids, newest first."""
    found = connection.exec_driver_sql(RECEIPTS + OF_ROWS, (str(rows),))
    return tuple(receipt_view(row) for row in found)
