"""Opening a reservation, and what a claim must satisfy to be settled from one."""

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
    UnknownReservation,
)
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


def reserve_funds(
    state: State,
    reserve: Reserve,
    *,
    client: Address,
    reservation_id: Hash,
    grant_id: Hash = ZERO_HASH,
) -> None:
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
        grant_id=grant_id,
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
