"""How reservations and claims end: settling, releasing, expiring, maturing.

A reservation is open, then closing, then gone; a claim is pending or disputed, then paid, split or
refunded. ``final``, release and expiry return what no claim holds and move the reservation to
closing; it leaves the state when its last claim has ended. From every state there is a way to the
end that needs nobody's cooperation: expiry and the ends of the windows come by themselves.
"""

from dataclasses import replace

from chain.claim import Claim
from chain.due import due_key
from chain.errors import ReservationClosing, ReservationStillOpen, UnknownReservation
from chain.grants import restore
from chain.machines import check_step, life_of
from chain.outcome import Outcome, OutcomeKind
from chain.payout_period import add_payout
from chain.primitives import ZERO_HASH, Address, Hash
from chain.records import ClaimRecord, ClaimStatus, ReservationRecord, reservation_key
from chain.state import State


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
        status=ClaimStatus.PENDING,
        fields_root=claim.fields_root,
    )
    reservation = replace(
        reservation,
        claims=(*reservation.claims, record),
        pending=reservation.pending + claim.amount,
    )
    if at_once:
        return end_claim(
            state,
            claim.reservation_id,
            reservation,
            record,
            kind=OutcomeKind.CLAIMED,
            provider_amount=claim.amount,
            close=claim.final,
        )
    state.schedule(state.due, due_key(due_height, claim.reservation_id + claim.receipt_hash))
    returned = store_reservation(state, claim.reservation_id, reservation, close=claim.final)
    return Outcome(
        kind=OutcomeKind.CLAIMED,
        subject=claim.reservation_id,
        receipt_hash=claim.receipt_hash,
        fee=0,
        paid=0,
        returned=returned,
        pending=claim.amount,
    )


def end_claim(
    state: State,
    reservation_id: Hash,
    reservation: ReservationRecord,
    claim: ClaimRecord,
    *,
    kind: OutcomeKind,
    provider_amount: int,
    close: bool = False,
) -> Outcome:
    """End a waiting claim: pay the provider its part and let go of the rest.

    The rest goes back to the client where the reservation is closing, and else can be claimed
    again. The claim's fee comes out of the provider's part, as far as that goes.

    Args:
        state: the draft to change.
        reservation_id: 32 bytes.
        reservation: it, with the claim among its claims and in its pending amount.
        claim: pending or disputed.
        kind: what the outcome says.
        provider_amount: base units of the claim's amount for the provider, fee included.
        close: whether the reservation closes with it.
    """
    fee = min(claim.fee, provider_amount)
    paid = provider_amount - fee
    ended = replace(claim, status=_ended_status(claim, provider_amount), due_height=0)
    check_step(claim.status, ended.status)
    reservation = replace(
        reservation,
        claims=tuple(ended if one is claim else one for one in reservation.claims),
        spent=reservation.spent + provider_amount,
        pending=reservation.pending - claim.amount,
    )
    returned = 0
    if reservation.closing:
        returned = claim.amount - provider_amount
        return_money(state, reservation, returned)
    if paid:
        state.credit(claim.provider, paid)
        add_payout(state, claim, paid)
    returned += store_reservation(state, reservation_id, reservation, close=close)
    return Outcome(
        kind=kind,
        subject=reservation_id,
        receipt_hash=claim.receipt_hash,
        fee=fee,
        paid=paid,
        returned=returned,
    )


def _ended_status(claim: ClaimRecord, provider_amount: int) -> ClaimStatus:
    if provider_amount == claim.amount:
        return ClaimStatus.PAID
    return ClaimStatus.SPLIT if provider_amount else ClaimStatus.REFUNDED


def return_money(state: State, reservation: ReservationRecord, amount: int) -> None:
    """Give base units back to the client, and to the limit of the key that reserved them."""
    if amount:
        state.credit(reservation.client, amount)
        restore(state, reservation.client, reservation.grant_id, amount)


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
    return store_reservation(state, reservation_id, reservation, close=True)


def expire_reservation(state: State, reservation_id: Hash) -> Outcome:
    """Close a reservation whose height has come; the queue holds none that is closed."""
    reservation = state.find_reservation(reservation_id)
    assert reservation is not None
    assert not reservation.closing
    returned = store_reservation(state, reservation_id, reservation, close=True, scheduled=False)
    return Outcome(
        kind=OutcomeKind.EXPIRED,
        subject=reservation_id,
        receipt_hash=ZERO_HASH,
        fee=0,
        paid=0,
        returned=returned,
    )


def mature_claim(state: State, reservation_id: Hash, receipt_hash: Hash) -> Outcome:
    """Pay a pending claim whose dispute window has ended."""
    reservation = state.find_reservation(reservation_id)
    assert reservation is not None
    claim = reservation.find_claim(receipt_hash)
    assert claim is not None
    assert claim.status is ClaimStatus.PENDING
    return end_claim(
        state,
        reservation_id,
        reservation,
        claim,
        kind=OutcomeKind.MATURED,
        provider_amount=claim.amount,
    )


def store_reservation(
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
    returned, before = 0, life_of(state.find_reservation(reservation_id))
    if close and not reservation.closing:
        returned = reservation.left
        return_money(state, reservation, returned)
        reservation = replace(reservation, closing=True)
        if scheduled:
            state.unschedule(state.due, due_key(reservation.expires_at, reservation_id))
    gone = reservation.closing and reservation.pending == 0
    after = None if gone else reservation
    check_step(before, life_of(after))
    state.put(reservation_key(reservation_id), after)
    return returned
