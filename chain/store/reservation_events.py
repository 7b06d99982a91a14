"""What a block did to reservations and claims, in the order in which it did it.

Each transaction about a reservation, each claim of a batch and each piece of due work is one event.
What the store keeps about claims is made from these: the receipts' status, disputes, payouts,
ledgers and statistics.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from chain.approval import ApprovedTransaction, Resolution
from chain.execution import ExecutedBlock
from chain.kind import Kind
from chain.outcome import Outcome, OutcomeKind
from chain.payloads import Accept, Dispute, Release, Reserve
from chain.primitives import Address, Hash
from chain.store.book import PAID, REFUNDED, SPLIT, Book, LiveClaim, LiveReservation, row_id
from chain.transaction import SignedTransaction, claims_in

_ABOUT_RESERVATIONS = (Kind.RESERVE, Kind.RELEASE, Kind.ACCEPT, Kind.DISPUTE)
_DECIDED = (OutcomeKind.RESOLVED, OutcomeKind.UNDECIDED)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a block did to a reservation.

    Attributes:
        row: row id of the transaction; None for due work.
        outcome: of the transaction, of this one claim, or of the due work.
        reservation: as the book knows it.
        claim: the claim it is about, as it was before; None where it is about none.
        payer: who paid the transaction's own fee; None where nobody does.
        payer_fee: base units of that fee.
        amount: base units that a new reservation takes; else 0.
    """

    row: int | None
    outcome: Outcome
    reservation: LiveReservation
    claim: LiveClaim | None = None
    payer: Address | None = None
    payer_fee: int = 0
    amount: int = 0

    @property
    def kind(self) -> OutcomeKind:
        """What happened; a claim of a batch is ``CLAIMED`` too."""
        return self.outcome.kind

    @property
    def fee(self) -> int:
        """Base units that came out of what was paid for the claim."""
        return self.outcome.fee - self.payer_fee

    @property
    def spent(self) -> int:
        """Base units that the reservation paid for the claim, fee included."""
        return self.fee + self.outcome.paid

    @property
    def ended(self) -> LiveClaim | None:
        """The claim that came to its end, if one did."""
        waits = self.kind is OutcomeKind.DISPUTED or self.outcome.pending
        return None if waits else self.claim

    @property
    def status(self) -> str:
        """Where the receipt of the claim that ended stands."""
        assert self.claim is not None
        if self.spent == self.claim.amount:
            return PAID
        return SPLIT if self.spent else REFUNDED

    @property
    def bond(self) -> int:
        """Base units of the bond that was locked or set free."""
        if self.kind is OutcomeKind.DISPUTED:
            return self.outcome.pending
        return self.claim.bond if self.claim is not None and self.kind in _DECIDED else 0

    @property
    def bond_winner(self) -> Address | None:
        """Who got the bond of a dispute that ended; None where none did."""
        if self.claim is None or self.kind not in _DECIDED:
            return None
        if self.kind is OutcomeKind.RESOLVED and self.spent == self.claim.amount:
            return self.claim.provider
        return self.reservation.client


def read_events(executed: ExecutedBlock, book: Book) -> list[Event]:
    """Return the events of a block whose new reservations and claims the book knows.

    The book learns of bonds and forgets the claims that ended; it still knows every reservation.
    """
    events = list(_of_transactions(executed, book))
    for outcome in executed.due_outcomes:
        if outcome.kind is OutcomeKind.EXPIRED:
            events.append(Event(None, outcome, book.reservations[outcome.subject]))
        else:
            events.append(_about_claim(outcome.subject, outcome, None, book))
    return events


def _of_transactions(executed: ExecutedBlock, book: Book) -> Iterator[Event]:
    height, claim_outcomes = executed.block.header.height, iter(executed.claim_outcomes)
    pairs = zip(executed.verified.transactions, executed.outcomes, strict=True)
    transferred = OutcomeKind.TRANSFERRED  # most of a block: nothing else is asked of it
    for index, (verified, outcome) in enumerate(pairs):
        if outcome.kind is transferred:
            continue
        transaction, row = verified.transaction, row_id(height, index)
        if isinstance(transaction, SignedTransaction):
            if transaction.kind in _ABOUT_RESERVATIONS:
                yield _of_payload(transaction, verified.id, outcome, row, book)
        elif not isinstance(transaction, ApprovedTransaction):
            for claim in claims_in(transaction):
                yield _about_claim(claim.reservation_id, next(claim_outcomes), row, book)
        elif isinstance(transaction.decision, Resolution):
            yield _about_claim(transaction.decision.reservation_id, outcome, row, book)


def _of_payload(
    transaction: SignedTransaction, transaction_id: Hash, outcome: Outcome, row: int, book: Book
) -> Event:
    match transaction.payload:
        case Reserve(cap=cap):
            event = Event(row, outcome, book.reservations[transaction_id], amount=cap)
        case Release(reservation_id=reservation_id):
            event = Event(row, outcome, book.reservations[reservation_id])
        case Accept(reservation_id=reservation_id) | Dispute(reservation_id=reservation_id):
            event = _about_claim(reservation_id, outcome, row, book)
        case _:
            raise AssertionError(transaction.kind)
    return replace(event, payer=transaction.sender, payer_fee=transaction.fee)


def _about_claim(reservation_id: Hash, outcome: Outcome, row: int | None, book: Book) -> Event:
    """Return an event about a claim, and let the book take notice of it."""
    claim = book.claims[outcome.receipt_hash]
    event = Event(row, outcome, book.reservations[reservation_id], claim)
    if outcome.kind is OutcomeKind.DISPUTED:
        book.claims[outcome.receipt_hash] = replace(claim, bond=outcome.pending)
    elif event.ended is not None:
        del book.claims[outcome.receipt_hash]
    return event
