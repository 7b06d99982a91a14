"""From an executed block to the rows of its block, transactions, reservations and receipts.

The rows come from the block, its outcomes and the changes of its draft alone: when a block is
stored, the ledger that it was executed on may be several blocks further on already.
"""

from collections.abc import Iterator

from chain.certificate import Certificate
from chain.claim import Claim, ClaimTransaction
from chain.codec import sequence
from chain.execution import ExecutedBlock
from chain.outcome import Outcome
from chain.payloads import Release, Reserve, Transfer
from chain.primitives import ZERO_ADDRESS, Hash
from chain.receipt import Receipt
from chain.records import ClaimRecord, ReservationRecord, reservation_key
from chain.store.book import OPEN, PAID, PENDING, Book, LiveReservation, Row, row_id
from chain.transaction import Transaction
from chain.validation import VerifiedTransaction


def block_row(executed: ExecutedBlock) -> Row:
    """Return the row of the block itself."""
    block = executed.block
    header, last_commit = block.header, block.last_commit
    return (
        header.height,
        block.hash,
        header.time_ms,
        header.proposer,
        len(block.transactions),
        len(block.receipts),
        header.encode(),
        b"" if last_commit is None else last_commit.encode(),
        sequence(block.evidence),
        b"".join(outcome.encode() for outcome in executed.due_outcomes),
    )


def certificate_row(certificate: Certificate) -> Row:
    """Return the row of a block's certificate."""
    return (certificate.height, certificate.round, certificate.encode())


def transaction_rows(executed: ExecutedBlock, book: Book) -> list[Row]:
    """Return the rows of the transactions; numbers new accounts and notes new reservations."""
    height = executed.block.header.height
    pairs = zip(executed.verified.transactions, executed.outcomes, strict=True)
    return [
        _transaction_row(row_id(height, index), height, verified, outcome, book)
        for index, (verified, outcome) in enumerate(pairs)
    ]


def _transaction_row(
    row: int, height: int, verified: VerifiedTransaction, outcome: Outcome, book: Book
) -> Row:
    transaction = verified.transaction
    sender = nonce = None
    if not isinstance(transaction, ClaimTransaction):
        sender, nonce = book.number(transaction.sender), transaction.nonce
        if isinstance(transaction.payload, Reserve):
            book.reservations[verified.id] = LiveReservation(row=row, client=sender)
    recipient, amount = _recipient(transaction, book)
    return (
        *(row, height, verified.id, int(transaction.kind), sender, recipient),
        *(amount, outcome.fee, nonce, outcome.paid, outcome.returned, outcome.pending),
        verified.data,
    )


def _recipient(transaction: Transaction, book: Book) -> tuple[int | None, int]:
    """Return the number of the account that a transaction is for, and its amount."""
    if isinstance(transaction, ClaimTransaction):
        return book.number(transaction.claim.provider), transaction.claim.amount
    match transaction.payload:
        case Transfer(to=to, amount=amount):
            return book.number(to), amount
        case Reserve(provider=provider, cap=cap):
            return None if provider == ZERO_ADDRESS else book.number(provider), cap
        case Release(reservation_id=reservation_id):
            return book.reservations[reservation_id].client, 0


def reservation_rows(executed: ExecutedBlock, book: Book) -> list[Row]:
    """Return the rows of the block's new reservations, as they were when they were made."""
    rows: list[Row] = []
    for verified in executed.verified.transactions:
        transaction = verified.transaction
        if isinstance(transaction, ClaimTransaction):
            continue
        if isinstance(reserve := transaction.payload, Reserve):
            live = book.reservations[verified.id]
            any_provider = reserve.provider == ZERO_ADDRESS
            provider = None if any_provider else book.number(reserve.provider)
            rows.append(
                (
                    *(live.row, verified.id, live.client, provider),
                    *(reserve.job_id, reserve.model, reserve.unit_type),
                    *(reserve.max_rate, reserve.cap, 0, 0, reserve.jobs_max),
                    *(reserve.expires_at, reserve.dispute_window, OPEN, None),
                )
            )
    return rows


def receipt_rows(executed: ExecutedBlock, book: Book) -> list[Row]:
    """Return the rows of the block's receipts; notes those that wait for their window."""
    height, waiting = executed.block.header.height, _WaitingClaims(executed)
    rows: list[Row] = []
    for row, claim, outcome, receipt in _claims(executed):
        fee, status, due_height, settled = outcome.fee, PAID, 0, height
        if outcome.pending:
            record = waiting.find(claim)
            fee, due_height = record.fee, record.due_height
            book.pending[claim.receipt_hash] = row
        rows.append(
            (
                *(row, height, claim.receipt_hash, claim.sidecar_id, receipt.receipt_id),
                *(claim.job_id, book.reservations[claim.reservation_id].row),
                *(book.number(claim.client), book.number(claim.provider)),
                *(claim.model, claim.unit_type, claim.units_micro, claim.amount, fee),
                *((PENDING, due_height, None) if outcome.pending else (status, 0, settled)),
                *(claim.fields_root, receipt.started_at, receipt.completed_at, receipt.document),
            )
        )
    return rows


def _claims(executed: ExecutedBlock) -> Iterator[tuple[int, Claim, Outcome, Receipt]]:
    """Yield row id, claim, outcome and document of each claim in order."""
    height, receipts = executed.block.header.height, iter(executed.verified.receipts)
    pairs = zip(executed.verified.transactions, executed.outcomes, strict=True)
    for index, (verified, outcome) in enumerate(pairs):
        if isinstance(verified.transaction, ClaimTransaction):
            yield row_id(height, index), verified.transaction.claim, outcome, next(receipts)


class _WaitingClaims:
    """Finds the record of a claim that the block left pending; each reservation is read once."""

    def __init__(self, executed: ExecutedBlock) -> None:
        self._changes = executed.state.changes
        self._records: dict[Hash, dict[Hash, ClaimRecord]] = {}

    def find(self, claim: Claim) -> ClaimRecord:
        """Return what the state holds of a claim; a pending one keeps its reservation there."""
        records = self._records.get(claim.reservation_id)
        if records is None:
            reservation = self._changes[reservation_key(claim.reservation_id)]
            assert isinstance(reservation, ReservationRecord)
            records = {one.receipt_hash: one for one in reservation.claims}
            self._records[claim.reservation_id] = records
        return records[claim.receipt_hash]
