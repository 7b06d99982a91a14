"""From a block's events to the rows of claims that move on, of disputes and payouts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chain.execution import ExecutedBlock
from chain.outcome import OutcomeKind
from chain.payloads import Dispute
from chain.payout import PayoutRow
from chain.policy_records import DisputeRecord
from chain.primitives import INDEX_BITS, ZERO_HASH
from chain.records import dispute_key, payout_key
from chain.store.book import Book, LiveClaim, Row
from chain.store.reservation_events import Event
from chain.transaction import SignedTransaction


@dataclass
class ClaimRows:
    """What the statements take, in the order in which a block writes them.

    Attributes:
        disputed: (row,) of receipts that a dispute froze.
        settled: (status, spent, height, row) of receipts that were claimed before they ended.
        disputes: new ones, as the table has them.
        decided: (height, decision, winner, receipt row) of disputes that ended.
        payouts: as the table has them.
        periods: the period that ended, if one did, as the table has it.
    """

    disputed: list[Row] = field(default_factory=list)
    settled: list[Row] = field(default_factory=list)
    disputes: list[Row] = field(default_factory=list)
    decided: list[Row] = field(default_factory=list)
    payouts: list[Row] = field(default_factory=list)
    periods: list[Row] = field(default_factory=list)


def claim_rows(executed: ExecutedBlock, events: Sequence[Event], book: Book) -> ClaimRows:
    """Return the rows of a block's events; counts the payouts in the book."""
    rows, height = ClaimRows(), executed.block.header.height
    for event in events:
        if event.kind is OutcomeKind.DISPUTED:
            _add_dispute(rows, executed, event)
        if event.bond_winner is not None:
            assert event.claim is not None
            winner = book.number(event.bond_winner)
            rows.decided.append((height, event.row, winner, event.claim.row))
        claim = event.ended
        if claim is None:
            continue
        if event.kind is not OutcomeKind.CLAIMED:
            rows.settled.append((event.status, event.spent, height, claim.row))
        if event.outcome.paid:
            _add_payout(rows, executed, claim, book)
    _end_period(rows, executed, book)
    return rows


def _add_dispute(rows: ClaimRows, executed: ExecutedBlock, event: Event) -> None:
    """Add a dispute; one that was decided in its own block has left no record."""
    assert event.claim is not None
    assert event.row is not None
    transaction = executed.verified.transactions[event.row % (1 << INDEX_BITS)].transaction
    assert isinstance(transaction, SignedTransaction)
    assert isinstance(transaction.payload, Dispute)
    key = dispute_key(event.reservation.id, event.outcome.receipt_hash)
    record = executed.state.changes[key]
    due_height, grant_id = 0, ZERO_HASH
    if isinstance(record, DisputeRecord):
        due_height, grant_id = record.due_height, record.grant_id
    rows.disputed.append((event.claim.row,))
    rows.disputes.append(
        (
            *(event.claim.row, event.row, event.bond, transaction.payload.reason_hash),
            *(grant_id, due_height, None, None, None),
        )
    )


def _add_payout(rows: ClaimRows, executed: ExecutedBlock, claim: LiveClaim, book: Book) -> None:
    """Add the next row of the period, which the state holds, or held until the period ended."""
    if executed.payouts is None:
        record = executed.state.changes[payout_key(book.payouts)]
    else:
        record = executed.payouts[book.payouts]
    assert isinstance(record, PayoutRow)
    assert (record.period, record.index) == (book.period, book.payouts)
    assert record.payee == claim.provider
    height, payee = executed.block.header.height, book.number(record.payee)
    earned = book.earned[record.payee] = book.earned.get(record.payee, 0) + record.amount
    rows.payouts.append(
        (
            *(record.period, record.index, height, claim.row),
            *(payee, record.commitment, record.amount, earned),
        )
    )
    book.payouts += 1


def _end_period(rows: ClaimRows, executed: ExecutedBlock, book: Book) -> None:
    if executed.payouts is None:
        return
    assert len(executed.payouts) == book.payouts
    header, amount = executed.block.header, sum(one.amount for one in executed.payouts)
    rows.periods.append((book.period, header.height, book.payouts, amount, header.payouts_root))
    book.period, book.payouts = book.period + 1, 0
