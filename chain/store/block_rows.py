"""From an executed block to the rows of its block, transactions, reservations and receipts.

The rows come from the block, its outcomes and the changes of its draft alone: when a block is
stored, the ledger that it was executed on may be several blocks further on already.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import assert_never

from chain.approval import ApprovedTransaction, Resolution
from chain.certificate import Certificate
from chain.claim import Claim, ClaimTransaction
from chain.claim_batch import ClaimBatch
from chain.codec import sequence
from chain.execution import ExecutedBlock
from chain.payloads import Accept, Dispute, Payload, Release, Reserve, Transfer
from chain.policy_payloads import Grant, Offer, Revoke
from chain.policy_records import GrantsRecord
from chain.primitives import ZERO_ADDRESS, ZERO_HASH, Hash
from chain.records import ReservationRecord, grants_key, reservation_key
from chain.store.book import (
    OPEN,
    PAID,
    PENDING,
    Book,
    LiveClaim,
    LiveReservation,
    Row,
    row_id,
    rows_of_block,
)
from chain.store.reservation_events import Event
from chain.transaction import SignedTransaction, claims_in

_Unsent = ClaimTransaction | ClaimBatch | ApprovedTransaction
"""What has no sender."""


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
        b"".join(outcome.encode() for outcome in executed.claim_outcomes),
        b"".join(outcome.encode() for outcome in executed.due_outcomes),
    )


def certificate_row(certificate: Certificate) -> Row:
    """Return the row of a block's certificate."""
    return (certificate.height, certificate.round, certificate.encode())


def transaction_rows(executed: ExecutedBlock, book: Book) -> list[Row]:
    """Return the rows of the transactions; notes new accounts, reservations and claims."""
    height = executed.block.header.height
    receipt_rows = iter(range(*rows_of_block(height)))
    pairs = zip(executed.verified.transactions, executed.outcomes, strict=True)
    rows: list[Row] = []
    for index, (verified, outcome) in enumerate(pairs):
        transaction, row = verified.transaction, row_id(height, index)
        sender = nonce = None
        if isinstance(transaction, SignedTransaction):
            sender, nonce = book.number(transaction.sender), transaction.nonce
            if isinstance(reserve := transaction.payload, Reserve):
                book.reservations[verified.id] = LiveReservation(
                    id=verified.id,
                    row=row,
                    client=transaction.sender,
                    dispute_window=reserve.dispute_window,
                )
            recipient, amount = _recipient_of_payload(transaction.payload, book)
        else:
            for claim in claims_in(transaction):
                _note_claim(claim, next(receipt_rows), book)
            recipient, amount = _recipient(transaction, book)
        rows.append(
            (
                *(row, height, verified.id, int(transaction.kind), sender, recipient),
                *(amount, outcome.fee, nonce, outcome.paid, outcome.returned, outcome.pending),
                verified.data,
            )
        )
    return rows


def _note_claim(claim: Claim, row: int, book: Book) -> None:
    book.claims[claim.receipt_hash] = LiveClaim(
        row=row,
        provider=claim.provider,
        amount=claim.amount,
        model=claim.model,
        unit_type=claim.unit_type,
        units_micro=claim.units_micro,
    )


def _recipient(transaction: _Unsent, book: Book) -> tuple[int | None, int]:
    """Return the number of the account that a transaction is for, and its amount."""
    match transaction:
        case ApprovedTransaction(decision=Resolution() as decision):
            claim = book.claims[decision.receipt_hash]
            return book.number(claim.provider), decision.provider_amount
        case ApprovedTransaction():
            return None, 0
        case _:
            claims = claims_in(transaction)
            return book.number(claims[0].provider), sum(claim.amount for claim in claims)


def _recipient_of_payload(payload: Payload, book: Book) -> tuple[int | None, int]:
    match payload:
        case Transfer(to=to, amount=amount):
            return book.number(to), amount
        case Reserve(provider=provider, cap=cap):
            return None if provider == ZERO_ADDRESS else book.number(provider), cap
        case Release(reservation_id=reservation_id):
            return book.number(book.reservations[reservation_id].client), 0
        case Accept(receipt_hash=receipt_hash) | Dispute(receipt_hash=receipt_hash):
            claim = book.claims[receipt_hash]
            return book.number(claim.provider), claim.amount
        case Grant() | Revoke() | Offer():
            return None, 0
        case _:
            assert_never(payload)


def reservation_rows(executed: ExecutedBlock, book: Book) -> list[Row]:
    """Return the rows of the block's new reservations, as they were when they were made."""
    rows: list[Row] = []
    for verified in executed.verified.transactions:
        transaction = verified.transaction
        if not isinstance(transaction, SignedTransaction):
            continue
        if isinstance(reserve := transaction.payload, Reserve):
            live = book.reservations[verified.id]
            any_provider = reserve.provider == ZERO_ADDRESS
            provider = None if any_provider else book.number(reserve.provider)
            rows.append(
                (
                    *(live.row, verified.id, book.number(live.client), provider),
                    *(reserve.job_id, reserve.model, reserve.unit_type),
                    *(reserve.max_rate, reserve.cap, 0, 0, reserve.jobs_max),
                    *(reserve.expires_at, reserve.dispute_window, OPEN, None),
                    _grant_id(executed, verified.id, transaction),
                )
            )
    return rows


def _grant_id(executed: ExecutedBlock, reservation_id: Hash, reserve: SignedTransaction) -> Hash:
    """Return the grant under which a reservation was made; zeros for the client's own key.

    A reservation that ended in its own block is no longer there to say it, but the key's grant is,
    unless the block took that away as well: history then names none.
    """
    record = executed.state.changes[reservation_key(reservation_id)]
    if isinstance(record, ReservationRecord):
        return record.grant_id
    grants = executed.state.changes.get(grants_key(reserve.sender))
    for grant in grants.grants if isinstance(grants, GrantsRecord) else ():
        if grant.public_key == reserve.public_key:
            return grant.id
    return ZERO_HASH


def receipt_rows(executed: ExecutedBlock, events: Sequence[Event], book: Book) -> list[Row]:
    """Return the rows of the block's receipts, as they were when they were claimed."""
    if not executed.claim_outcomes:
        return []
    height, fees = executed.block.header.height, _WaitingFees(executed, events)
    rows: list[Row] = []
    parts = zip(_claims(executed), executed.claim_outcomes, executed.verified.receipts, strict=True)
    for index, ((row, claim), outcome, receipt) in enumerate(parts):
        reservation = book.reservations[claim.reservation_id]
        fee, spent = outcome.fee, outcome.fee + outcome.paid
        where: Row = (PAID, 0, height)
        if outcome.pending:
            fee = fees.find(claim)
            where = (PENDING, height + reservation.dispute_window, None)
        rows.append(
            (
                *(row_id(height, index), height, row),
                *(claim.receipt_hash, claim.sidecar_id, receipt.receipt_id),
                *(claim.job_id, reservation.row),
                *(book.number(claim.client), book.number(claim.provider)),
                *(claim.model, claim.unit_type, claim.units_micro, claim.amount, fee, spent),
                *where,
                *(claim.fields_root, receipt.started_at, receipt.completed_at, receipt.document),
            )
        )
    return rows


def _claims(executed: ExecutedBlock) -> Iterator[tuple[int, Claim]]:
    """Yield each claim with the row id of its transaction, in order."""
    height = executed.block.header.height
    for index, verified in enumerate(executed.verified.transactions):
        for claim in claims_in(verified.transaction):
            yield row_id(height, index), claim


class _WaitingFees:
    """Finds the fee of a claim that did not end at once; each reservation is read once."""

    def __init__(self, executed: ExecutedBlock, events: Sequence[Event]) -> None:
        self._changes = executed.state.changes
        self._events = events
        self._fees: dict[Hash, dict[Hash, int]] = {}

    def find(self, claim: Claim) -> int:
        """Return the fee; where the claim ended in its own block, perhaps what was left of it."""
        fees = self._fees.get(claim.reservation_id)
        if fees is None:
            record = self._changes[reservation_key(claim.reservation_id)]
            records = record.claims if isinstance(record, ReservationRecord) else ()
            fees = {one.receipt_hash: one.fee for one in records}
            self._fees[claim.reservation_id] = fees
        if claim.receipt_hash in fees:
            return fees[claim.receipt_hash]
        return self._fees_of_ended[claim.receipt_hash]

    @cached_property
    def _fees_of_ended(self) -> dict[Hash, int]:
        return {one.outcome.receipt_hash: one.fee for one in self._events if one.ended}
