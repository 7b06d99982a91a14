"""Accepting, disputing and resolving a pending claim.

A dispute freezes the claim and locks a bond. More than two thirds of the validators may split the
amount at any time; if they have not when the dispute falls due, the split of genesis applies and
the bond returns. Nobody's cooperation is needed for the end.
"""

from dataclasses import replace

from chain.due import due_key
from chain.errors import InvalidPayload, MalformedMessage, UnknownReservation
from chain.fields import check_disclosure, decode_disclosure
from chain.grants import restore
from chain.machines import check_step
from chain.outcome import Outcome, OutcomeKind
from chain.payloads import Accept, Dispute
from chain.policy_records import DisputeRecord
from chain.primitives import Address, Hash
from chain.records import (
    DISPUTE_MARK,
    ClaimRecord,
    ClaimStatus,
    ReservationRecord,
    dispute_key,
    reservation_key,
)
from chain.refusals import ClaimNotPending, NoDispute, UnknownClaim
from chain.settlement import end_claim
from chain.state import State

BOND_DIVISOR = 10
"""A bond is at least a tenth of the disputed amount: objecting in bad faith costs."""


def find_pending(
    state: State, reservation_id: Hash, receipt_hash: Hash, *, client: Address
) -> tuple[ReservationRecord, ClaimRecord]:
    """Return a reservation of the client and its claim that waits for the window to end.

    Raises:
        UnknownReservation, UnknownClaim: there is none, or it is another client's.
        ClaimNotPending: it is paid, disputed or decided, or its window has ended.
    """
    reservation = state.find_reservation(reservation_id)
    if reservation is None or reservation.client != client:
        raise UnknownReservation(reservation_id=reservation_id.hex())
    claim = reservation.find_claim(receipt_hash)
    if claim is None:
        raise UnknownClaim(receipt_hash=receipt_hash.hex())
    if claim.status is not ClaimStatus.PENDING or claim.due_height < state.height:
        raise ClaimNotPending(receipt_hash=receipt_hash.hex())
    return reservation, claim


def accept_pending(state: State, accept: Accept, *, client: Address) -> Outcome:
    """Pay a pending claim that the client accepts.

    Raises:
        InvalidTransaction: there is no such claim, or its amount is another.
    """
    reservation, claim = find_pending(
        state, accept.reservation_id, accept.receipt_hash, client=client
    )
    if accept.amount != claim.amount:
        raise InvalidPayload(detail=f"the claim is for {claim.amount}, not {accept.amount}")
    subject = accept.reservation_id + accept.receipt_hash
    state.unschedule(state.due, due_key(claim.due_height, subject))
    return end_claim(
        state,
        accept.reservation_id,
        reservation,
        claim,
        kind=OutcomeKind.ACCEPTED,
        provider_amount=claim.amount,
    )


def bond_for(state: State, dispute: Dispute, *, client: Address, fee: int) -> int:
    """Return the bond of a dispute: the fee or a tenth of the amount, whichever is more.

    Raises:
        InvalidTransaction: there is no claim to dispute.
    """
    _, claim = find_pending(state, dispute.reservation_id, dispute.receipt_hash, client=client)
    return max(fee, -(-claim.amount // BOND_DIVISOR))


def open_dispute(
    state: State, dispute: Dispute, *, client: Address, bond: int, grant_id: Hash
) -> None:
    """Freeze a pending claim and lock the client's bond.

    Raises:
        InvalidTransaction: there is no claim to dispute, no money for the bond, or the disclosed
            field is not one that the receipt commits to.
    """
    reservation, claim = find_pending(
        state, dispute.reservation_id, dispute.receipt_hash, client=client
    )
    if dispute.disclosure:
        _check_evidence(dispute.disclosure, claim)
    state.debit(client, bond)
    subject = dispute.reservation_id + dispute.receipt_hash
    state.unschedule(state.due, due_key(claim.due_height, subject))
    frozen = replace(claim, status=ClaimStatus.DISPUTED, due_height=0)
    check_step(claim.status, frozen.status)
    claims = tuple(frozen if one is claim else one for one in reservation.claims)
    state.put(reservation_key(dispute.reservation_id), replace(reservation, claims=claims))
    record = DisputeRecord(
        bond=bond,
        opened_at=state.height,
        due_height=state.height + state.ledger.parameters.resolve_heights,
        reason_hash=dispute.reason_hash,
        grant_id=grant_id,
    )
    state.put(dispute_key(dispute.reservation_id, dispute.receipt_hash), record)
    state.schedule(state.due, due_key(record.due_height, subject + DISPUTE_MARK))


def _check_evidence(disclosure: bytes, claim: ClaimRecord) -> None:
    try:
        check_disclosure(decode_disclosure(disclosure), claim.fields_root)
    except MalformedMessage as error:
        raise InvalidPayload(detail=f"the disclosed field: {error.detail}") from None


def find_dispute(state: State, reservation_id: Hash, receipt_hash: Hash) -> DisputeRecord:
    """Return a dispute that is not decided.

    Raises:
        NoDispute: there is none.
    """
    record = state.find_as(dispute_key(reservation_id, receipt_hash), DisputeRecord)
    if record is None:
        raise NoDispute(receipt_hash=receipt_hash.hex())
    return record


def resolve_dispute(
    state: State, reservation_id: Hash, receipt_hash: Hash, *, provider_amount: int
) -> Outcome:
    """Split a disputed claim as the validators say; the whole to the provider wins it the bond.

    Raises:
        NoDispute: there is none, or its last height has passed and only its turn to end is due.
        InvalidPayload: the provider's part is above the claim's amount.
    """
    dispute = find_dispute(state, reservation_id, receipt_hash)
    if dispute.due_height < state.height:
        raise NoDispute(receipt_hash=receipt_hash.hex())
    reservation, claim = _disputed(state, reservation_id, receipt_hash)
    if provider_amount > claim.amount:
        raise InvalidPayload(detail=f"the claim is for {claim.amount}, not {provider_amount}")
    subject = reservation_id + receipt_hash + DISPUTE_MARK
    state.unschedule(state.due, due_key(dispute.due_height, subject))
    winner = claim.provider if provider_amount == claim.amount else reservation.client
    _end_dispute(state, reservation_id, receipt_hash, dispute, winner=winner)
    return end_claim(
        state,
        reservation_id,
        reservation,
        claim,
        kind=OutcomeKind.RESOLVED,
        provider_amount=provider_amount,
    )


def decide_undecided(state: State, reservation_id: Hash, receipt_hash: Hash) -> Outcome:
    """Apply the split of genesis to a dispute that nobody resolved; the bond returns."""
    dispute = find_dispute(state, reservation_id, receipt_hash)
    reservation, claim = _disputed(state, reservation_id, receipt_hash)
    _end_dispute(state, reservation_id, receipt_hash, dispute, winner=reservation.client)
    percent = state.ledger.parameters.undecided_provider_percent
    return end_claim(
        state,
        reservation_id,
        reservation,
        claim,
        kind=OutcomeKind.UNDECIDED,
        provider_amount=claim.amount * percent // 100,
    )


def _disputed(
    state: State, reservation_id: Hash, receipt_hash: Hash
) -> tuple[ReservationRecord, ClaimRecord]:
    reservation = state.find_reservation(reservation_id)
    assert reservation is not None
    claim = reservation.find_claim(receipt_hash)
    assert claim is not None
    assert claim.status is ClaimStatus.DISPUTED
    return reservation, claim


def _end_dispute(
    state: State,
    reservation_id: Hash,
    receipt_hash: Hash,
    dispute: DisputeRecord,
    *,
    winner: Address,
) -> None:
    """Drop a dispute and give its bond to whoever won it."""
    state.put(dispute_key(reservation_id, receipt_hash), None)
    state.credit(winner, dispute.bond)
    restore_to = state.find_reservation(reservation_id)
    if restore_to is not None and winner == restore_to.client:
        restore(state, winner, dispute.grant_id, dispute.bond)
