"""A reservation's life: open, closing, gone; and its claims' lives: pending, then paid.

``final``, release and expiry return what no claim holds and move the reservation to closing; it
leaves the state when its last claim has ended. Until then its receipt hashes and job ids stay
used. From every state there is a way to the end that needs nobody's cooperation: expiry and the
ends of the windows come by themselves.
"""

from dataclasses import replace

from chain.claim import Claim
from chain.due import due_key
from chain.errors import (
    CapExceeded,
    ClaimNotAllowed,
    DuplicateJob,
    InvalidPayload,
    PriceAboveCeiling,
    ReceiptAlreadyClaimed,
    ReservationClosing,
    ReservationExpired,
    ReservationStillOpen,
    UnknownReservation,
)
from chain.outcome import Outcome, OutcomeKind
from chain.payloads import Reserve
from chain.primitives import (
    AMOUNT_MAX,
    DISPUTE_WINDOW_MAX,
    EXPIRY_HEIGHTS_MAX,
    IDEMPOTENCY_HEIGHTS,
    JOBS_MAX,
    MICRO_UNITS,
    RATE_MAX,
    ZERO_ADDRESS,
    ZERO_HASH,
    Address,
    Hash,
)
from chain.receipt import LABEL
from chain.records import (
    ClaimRecord,
    ClaimStatus,
    ReservationRecord,
    TakenRecord,
    reservation_key,
    taken_idempotency_key,
    taken_job_key,
)
from chain.state import State
from chain.validation import check_labels


def price_ceiling(*, units_micro: int, rate: int) -> int:
    """Return the most that units may cost: ``ceil(units_micro * rate / 1,000,000)``."""
    return -(-units_micro * rate // MICRO_UNITS)


def reserve_funds(state: State, reserve: Reserve, *, client: Address, reservation_id: Hash) -> None:
    """Take the cap from the client's balance into a reservation.

    Raises:
        InvalidPayload: a field is outside its bounds.
        DuplicateJob: the job id or idempotency key is taken.
        InsufficientBalance: the client has less than the cap.
    """
    _check_reserve(reserve, height=state.height)
    _take_ids(state, reserve, client=client, reservation_id=reservation_id)
    state.debit(client, reserve.cap)
    record = ReservationRecord(
        client=client,
        job_id=reserve.job_id,
        provider=reserve.provider,
        model=reserve.model,
        unit_type=reserve.unit_type,
        max_rate=reserve.max_rate,
        cap=reserve.cap,
        spent=0,
        pending=0,
        jobs_max=reserve.jobs_max,
        expires_at=reserve.expires_at,
        dispute_window=reserve.dispute_window,
        closing=False,
    )
    state.put(reservation_key(reservation_id), record)
    state.schedule(state.due, due_key(reserve.expires_at, reservation_id))


def _take_ids(state: State, reserve: Reserve, *, client: Address, reservation_id: Hash) -> None:
    """Mark the job id, and the idempotency key if there is one, as used."""
    until = reserve.expires_at + IDEMPOTENCY_HEIGHTS
    keys = [taken_job_key(client, reserve.job_id)]
    if reserve.idempotency_key_hash != ZERO_HASH:
        keys.append(taken_idempotency_key(client, reserve.idempotency_key_hash))
    for key in keys:
        if taken := state.find_taken(key):
            if taken.until >= state.height:
                raise DuplicateJob(reservation_id=taken.reservation_id.hex())
            # A node that starts derives no entry for it, and what a block forgets is counted.
            state.unschedule(state.forget, due_key(taken.until, key))
        state.put(key, TakenRecord(reservation_id=reservation_id, until=until))
        state.schedule(state.forget, due_key(until, key))


def _check_reserve(reserve: Reserve, *, height: int) -> None:
    bounds = (
        ("max_rate", reserve.max_rate, 1, RATE_MAX),
        ("cap", reserve.cap, 1, AMOUNT_MAX),
        ("jobs_max", reserve.jobs_max, 1, JOBS_MAX),
        ("expires_at", reserve.expires_at, height + 1, height + EXPIRY_HEIGHTS_MAX),
        ("dispute_window", reserve.dispute_window, 0, DISPUTE_WINDOW_MAX),
    )
    for name, value, low, high in bounds:
        if not low <= value <= high:
            raise InvalidPayload(detail=f"{name} is {value}; it must be {low} to {high}")
    check_labels(reserve)
    if reserve.provider == ZERO_ADDRESS and reserve.dispute_window == 0:
        raise InvalidPayload(detail="a reservation for any provider needs a dispute window")


def check_claim(state: State, claim: Claim) -> ReservationRecord:
    """Check a claim against its reservation and return the reservation.

    Raises:
        InvalidTransaction: the leaf says which rule the claim breaks.
    """
    reservation = state.find_reservation(claim.reservation_id)
    if reservation is None:
        raise UnknownReservation(reservation_id=claim.reservation_id.hex())
    _check_claim_unused(reservation, claim)
    if reservation.closing:
        raise ReservationClosing
    if state.height >= reservation.expires_at:
        raise ReservationExpired(expires_at=reservation.expires_at, height=state.height)
    _check_claim_allowed(reservation, claim)
    ceiling = price_ceiling(units_micro=claim.units_micro, rate=reservation.max_rate)
    if claim.amount > ceiling:
        raise PriceAboveCeiling(price=claim.amount, ceiling=ceiling)
    if claim.amount > reservation.left:
        raise CapExceeded(amount=claim.amount, left=reservation.left)
    return reservation


def _check_claim_unused(reservation: ReservationRecord, claim: Claim) -> None:
    for earlier in reservation.claims:
        if claim.receipt_hash == earlier.receipt_hash or claim.job_id == earlier.job_id:
            raise ReceiptAlreadyClaimed(receipt_hash=claim.receipt_hash.hex())


def _check_claim_allowed(reservation: ReservationRecord, claim: Claim) -> None:
    single = reservation.jobs_max == 1
    allowed = (
        ("client", claim.client == reservation.client),
        (
            "provider",
            reservation.is_open_to_any_provider or claim.provider == reservation.provider,
        ),
        ("model", claim.model == (reservation.model or claim.model)),
        ("unit_type", claim.unit_type == reservation.unit_type),
        ("job_id", claim.job_id == reservation.job_id if single else True),
        ("job count", len(reservation.claims) < reservation.jobs_max),
        ("label", all(map(LABEL.fullmatch, (claim.job_id, claim.model, claim.unit_type)))),
    )
    for field, holds in allowed:
        if not holds:
            raise ClaimNotAllowed(field=field)


def settle_claim(
    state: State, reservation: ReservationRecord, claim: Claim, *, fee: int, at_once: bool
) -> Outcome:
    """Book a checked claim: pay it now, or let it wait for the dispute window.

    Args:
        state: the draft to change.
        reservation: as :func:`check_claim` returned it.
        claim: the claim.
        fee: base units that come out of its amount.
        at_once: whether it is accepted or needs no window.

    Returns:
        The outcome; its subject is the reservation.
    """
    due_height = 0 if at_once else state.height + reservation.dispute_window
    record = ClaimRecord(
        receipt_hash=claim.receipt_hash,
        job_id=claim.job_id,
        provider=claim.provider,
        amount=claim.amount,
        fee=fee,
        due_height=due_height,
        status=ClaimStatus.PAID if at_once else ClaimStatus.PENDING,
        fields_root=claim.fields_root,
    )
    reservation = replace(
        reservation,
        claims=(*reservation.claims, record),
        spent=reservation.spent + (claim.amount if at_once else 0),
        pending=reservation.pending + (0 if at_once else claim.amount),
    )
    if at_once:
        state.credit(claim.provider, claim.amount - fee)
    else:
        state.schedule(state.due, due_key(due_height, claim.reservation_id + claim.receipt_hash))
    returned = _store(state, claim.reservation_id, reservation, close=claim.final)
    return Outcome(
        kind=OutcomeKind.CLAIMED,
        subject=claim.reservation_id,
        receipt_hash=claim.receipt_hash,
        fee=fee if at_once else 0,
        paid=claim.amount - fee if at_once else 0,
        returned=returned,
        pending=0 if at_once else claim.amount,
    )


def release_reservation(state: State, reservation_id: Hash, *, sender: Address) -> int:
    """Close a reservation and return the base units that went back to its client.

    Raises:
        UnknownReservation, ReservationClosing: there is nothing to release.
        ReservationStillOpen: before expiry only the named provider may.
    """
    reservation = state.find_reservation(reservation_id)
    if reservation is None:
        raise UnknownReservation(reservation_id=reservation_id.hex())
    if reservation.closing:
        raise ReservationClosing
    if sender != reservation.provider and state.height < reservation.expires_at:
        raise ReservationStillOpen(expires_at=reservation.expires_at)
    return _store(state, reservation_id, reservation, close=True)


def expire_reservation(state: State, reservation_id: Hash) -> Outcome:
    """Close a reservation whose height has come; the queue holds none that is closed."""
    reservation = state.find_reservation(reservation_id)
    assert reservation is not None
    assert not reservation.closing
    returned = _store(state, reservation_id, reservation, close=True, scheduled=False)
    return Outcome(
        kind=OutcomeKind.EXPIRED,
        subject=reservation_id,
        receipt_hash=ZERO_HASH,
        fee=0,
        paid=0,
        returned=returned,
    )


def mature_claims(state: State, reservation_id: Hash, receipt_hash: Hash) -> Outcome:
    """Pay a pending claim whose dispute window has ended."""
    reservation = state.find_reservation(reservation_id)
    assert reservation is not None
    claim = next(one for one in reservation.claims if one.receipt_hash == receipt_hash)
    assert claim.status is ClaimStatus.PENDING
    paid = replace(claim, status=ClaimStatus.PAID, due_height=0)
    state.credit(claim.provider, claim.amount - claim.fee)
    reservation = replace(
        reservation,
        claims=tuple(paid if one is claim else one for one in reservation.claims),
        spent=reservation.spent + claim.amount,
        pending=reservation.pending - claim.amount,
    )
    _store(state, reservation_id, reservation, close=False)
    return Outcome(
        kind=OutcomeKind.MATURED,
        subject=reservation_id,
        receipt_hash=receipt_hash,
        fee=claim.fee,
        paid=claim.amount - claim.fee,
        returned=0,
    )


def _store(
    state: State,
    reservation_id: Hash,
    reservation: ReservationRecord,
    *,
    close: bool,
    scheduled: bool = True,
) -> int:
    """Keep a changed reservation, close it if asked, drop it once nothing is pending.

    Returns:
        Base units that went back to the client.
    """
    returned = 0
    if close and not reservation.closing:
        returned = reservation.left
        state.credit(reservation.client, returned)
        reservation = replace(reservation, closing=True)
        if scheduled:
            state.unschedule(state.due, due_key(reservation.expires_at, reservation_id))
    gone = reservation.closing and reservation.pending == 0
    state.put(reservation_key(reservation_id), None if gone else reservation)
    return returned
