"""What the client and the validators say of a pending claim, and parameters.

Read from the code and taken as the rule, where PROTOCOL.md says nothing of it:

* Another client's reservation is ``unknown_reservation`` to whoever accepts or disputes.
* The bond is the larger of the transaction's fee and a tenth of the amount, rounded up.
* The validators pay the claim, and the bond to its provider, when they give the whole amount; any
  smaller part returns the bond. A returned bond restores the grant it was put up under; it does so
  too where the client is the provider and wins its own bond.
* Undecided: floor(amount * percent / 100) to the provider. It is decided at the end of the height
  of the dispute + ``resolve_heights``; the validators may still resolve in that block, and no
  later where its turn to end has not come yet (``no_dispute``).
* Approvals are counted before anything else is looked at; one that is no validator's spoils all.
* Parameters: the version is one above today's, one change a block, devnet or not for good; they
  hold from the next block on, and the state holds them at once.
"""

from dataclasses import replace

from chain.approval import ApprovedTransaction, NewParameters, Resolution
from chain.new_validators import NewValidators
from chain.outcome import Outcome, OutcomeKind
from chain.parameters import Parameters
from chain.payloads import Accept, Dispute
from chain.policy_records import DisputeRecord
from chain.primitives import Address, Hash
from chain.records import ClaimRecord, ClaimStatus
from tests.judge.keys import restore
from tests.judge.money import NONE, credit, debit, end_claim
from tests.judge.refused import Refused, demand, is_label
from tests.judge.seats import change_seats
from tests.judge.state import Holdings

FLAT_FEE_MAX = (2**53 - 1) // 2**24
RATE_MAX = 2**53 - 1


def waiting_claim(held: Holdings, wish: Accept | Dispute, client: Address) -> ClaimRecord:
    """Return the client's claim whose window has not ended."""
    reservation = held.reservations.get(wish.reservation_id)
    if reservation is None or reservation.client != client:
        raise Refused("unknown_reservation")
    for one in reservation.claims:
        if one.receipt_hash == wish.receipt_hash:
            waits = one.status is ClaimStatus.PENDING and held.height <= one.due_height
            demand("claim_not_pending", holds=waits)
            return one
    raise Refused("unknown_claim")


def accept(held: Holdings, wish: Accept, *, client: Address) -> Outcome:
    waiting = waiting_claim(held, wish, client)
    demand("invalid_payload", holds=wish.amount == waiting.amount)
    return end_claim(
        held,
        OutcomeKind.ACCEPTED,
        wish.reservation_id,
        wish.receipt_hash,
        part=waiting.amount,
    )


def bond_of(held: Holdings, wish: Dispute, *, client: Address, fee: int) -> int:
    amount = waiting_claim(held, wish, client).amount
    tenth, over = divmod(amount, 10)
    return max(fee, tenth + (1 if over else 0))


def dispute(held: Holdings, wish: Dispute, *, client: Address, bond: int, grant_id: Hash) -> None:
    debit(held, client, bond)
    reservation = held.reservations[wish.reservation_id]
    claims = tuple(
        replace(one, status=ClaimStatus.DISPUTED, due_height=0)
        if one.receipt_hash == wish.receipt_hash
        else one
        for one in reservation.claims
    )
    held.reservations[wish.reservation_id] = replace(reservation, claims=claims)
    held.disputes[wish.reservation_id, wish.receipt_hash] = DisputeRecord(
        bond=bond,
        opened_at=held.height,
        due_height=held.height + held.parameters.resolve_heights,
        reason_hash=wish.reason_hash,
        grant_id=grant_id,
    )


def end_dispute(
    held: Holdings, kind: OutcomeKind, reservation_id: Hash, receipt_hash: Hash, *, part: int
) -> Outcome:
    """End a dispute: the bond to whom it belongs, ``part`` of the claim to the provider."""
    ended = held.disputes.pop((reservation_id, receipt_hash))
    reservation = held.reservations[reservation_id]
    claim = next(one for one in reservation.claims if one.receipt_hash == receipt_hash)
    wins = kind is OutcomeKind.RESOLVED and part == claim.amount
    winner = claim.provider if wins else reservation.client
    credit(held, winner, ended.bond)
    if winner == reservation.client and ended.grant_id != NONE:
        restore(held, winner, ended.grant_id, ended.bond)
    return end_claim(held, kind, reservation_id, receipt_hash, part=part)


def undecided(held: Holdings, reservation_id: Hash, receipt_hash: Hash) -> Outcome:
    reservation = held.reservations[reservation_id]
    claim = next(one for one in reservation.claims if one.receipt_hash == receipt_hash)
    part = claim.amount * held.parameters.undecided_provider_percent // 100
    return end_dispute(held, OutcomeKind.UNDECIDED, reservation_id, receipt_hash, part=part)


def decision(held: Holdings, transaction: ApprovedTransaction, subject: Hash) -> Outcome:
    known = all(one.public_key in held.validators for one in transaction.approvals)
    demand("approval_refused", holds=known and len(transaction.approvals) >= held.quorum)
    match transaction.decision:
        case Resolution() as wish:
            found = held.disputes.get((wish.reservation_id, wish.receipt_hash))
            if found is None:
                raise Refused("no_dispute")
            demand("approval_refused", holds=found.opened_at == wish.opened_at)
            demand("no_dispute", holds=held.height <= found.due_height)
            reservation = held.reservations[wish.reservation_id]
            amounts = [
                one.amount for one in reservation.claims if one.receipt_hash == wish.receipt_hash
            ]
            demand("invalid_payload", holds=wish.provider_amount <= amounts[0])
            outcome = end_dispute(
                held,
                OutcomeKind.RESOLVED,
                wish.reservation_id,
                wish.receipt_hash,
                part=wish.provider_amount,
            )
            return replace(outcome, subject=subject)
        case NewParameters() as wish:
            demand("approval_refused", holds=_may_change(held, wish.parameters))
            held.next_parameters = wish.parameters
            return Outcome(OutcomeKind.PARAMETERS_CHANGED, subject, NONE)
        case NewValidators() as wish:
            change_seats(held, wish)
            return Outcome(OutcomeKind.VALIDATORS_CHANGED, subject, NONE)


def _may_change(held: Holdings, new: Parameters) -> bool:
    now = held.parameters
    least = 0 if now.devnet else 1
    fees = (
        *(new.fee_transfer, new.fee_reserve, new.fee_claim, new.fee_release, new.fee_accept),
        *(new.fee_dispute, new.fee_grant, new.fee_offer, new.fee_per_byte),
    )
    lines = [(rate.model, rate.unit_type) for rate in new.base_rates]
    return (
        held.next_parameters == now
        and new.version == now.version + 1
        and new.devnet == now.devnet
        and all(least <= fee <= FLAT_FEE_MAX for fee in fees)
        and new.new_account_fee <= FLAT_FEE_MAX
        and 50 <= new.block_interval_ms <= 600_000
        and 1 <= new.resolve_heights <= 1_000_000
        and 1 <= new.payout_period <= 1_000_000
        and new.undecided_provider_percent <= 100
        and len(lines) <= 1_000
        and lines == sorted(set(lines))
        and all(is_label(text) for line in lines for text in line)
        and all(1 <= rate.rate <= RATE_MAX for rate in new.base_rates)
    )
