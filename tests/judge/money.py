"""Reservations and claims: opening, claiming, and every way to the end.

Read from the code and taken as the rule, where PROTOCOL.md says nothing of it:

* A claim whose receipt hash or job id the reservation holds already is ``receipt_already_claimed``
  even where the reservation is closing or expired; then closing, expired, the fields, the ceiling,
  the cap, the provider's key, the fee, and last the acceptance and whether one is needed.
* ``expires_at`` is the first height at which a claim is refused and anyone may release; the expiry
  itself is done at that height's end. A window of w opened at height h may be used up to height
  h + w and ends with it: the claim is paid at that block's end.
* A single reservation (jobs_max 1) takes the reserved job id; a session takes any, each once.
* A claim's fee is fixed when it is claimed, for its size without acceptance (claim fields, kind and
  version, signature, one flag; in a batch the claim's fields alone), and includes the new account's
  fee if the provider has no account then. Of a part payment it takes as much as there is.
* What a split leaves to the client can be claimed again where the reservation is open, and goes
  back at once where it is closing. A payment of 0 makes no payout row.
* Nothing is returned without a change to the grant that reserved: the total limit is restored.
* A taken job id or key counts up to and including ``expires_at`` + 86,400.
"""

from dataclasses import replace

from chain.claim import Acceptance, Claim
from chain.crypto import keccak256
from chain.outcome import Outcome, OutcomeKind
from chain.payloads import Reserve
from chain.payout import PayoutRow
from chain.primitives import Address, Hash
from chain.records import ClaimRecord, ClaimStatus, ReservationRecord, TakenRecord
from tests.judge.keys import ACCEPT, AMOUNT_MAX, RECEIPT, may_sign, restore
from tests.judge.refused import Refused, demand, is_label
from tests.judge.state import Holdings

ANY = Address(bytes(20))
NONE = Hash(bytes(32))


def credit(held: Holdings, account: Address, amount: int) -> None:
    held.balances[account] = held.balances.get(account, 0) + amount


def debit(held: Holdings, account: Address, amount: int) -> None:
    balance = held.balances.get(account, 0)
    demand("insufficient_balance", holds=balance >= amount)
    held.balances[account] = balance - amount


def account_fee(held: Holdings, account: Address) -> int:
    """Return what the first money of an address costs."""
    return 0 if account in held.balances else held.parameters.new_account_fee


def reserve(
    held: Holdings, wish: Reserve, *, client: Address, reservation_id: Hash, grant_id: Hash
) -> None:
    in_bounds = (
        1 <= wish.max_rate <= AMOUNT_MAX
        and 1 <= wish.cap <= AMOUNT_MAX
        and 1 <= wish.jobs_max <= 1_024
        and held.height < wish.expires_at <= held.height + 100_000
        and 0 <= wish.dispute_window <= 20_000
        and is_label(wish.job_id)
        and is_label(wish.unit_type)
        and (wish.model == "" or is_label(wish.model))
        and not (wish.provider == ANY and wish.dispute_window == 0)
    )
    demand("invalid_payload", holds=in_bounds)
    names = [b"\x00" + wish.job_id.encode()]
    if wish.idempotency_key_hash != NONE:
        names.append(b"\x01" + wish.idempotency_key_hash)
    for name in names:
        earlier = held.taken.get((client, name))
        demand("duplicate_job", holds=earlier is None or earlier.until < held.height)
        until = wish.expires_at + held.limits.idempotency_heights
        held.taken[client, name] = TakenRecord(reservation_id=reservation_id, until=until)
    debit(held, client, wish.cap)
    held.reservations[reservation_id] = ReservationRecord(
        client=client,
        job_id=wish.job_id,
        provider=wish.provider,
        model=wish.model,
        unit_type=wish.unit_type,
        max_rate=wish.max_rate,
        cap=wish.cap,
        spent=0,
        pending=0,
        jobs_max=wish.jobs_max,
        expires_at=wish.expires_at,
        dispute_window=wish.dispute_window,
        closing=False,
        grant_id=grant_id,
        claims=(),
    )


def claim(
    held: Holdings, wish: Claim, *, size_bytes: int, acceptance: Acceptance | None
) -> Outcome:
    """Check a claim and pay it, or let it wait; the outcome's subject is the reservation."""
    reservation = held.reservations.get(wish.reservation_id)
    if reservation is None:
        raise Refused("unknown_reservation")
    _check_claim(held, reservation, wish)
    demand("claim_not_allowed", holds=may_sign(held, wish.provider, wish.public_key, RECEIPT))
    numbers = held.parameters
    fee = numbers.fee_claim + numbers.fee_per_byte * size_bytes + account_fee(held, wish.provider)
    demand("invalid_payload", holds=wish.amount > fee)
    if acceptance is not None:
        accepted = may_sign(held, wish.client, acceptance.public_key, ACCEPT)
        demand("claim_not_allowed", holds=accepted)
    elif reservation.provider == ANY:
        raise Refused("claim_not_allowed")
    at_once = acceptance is not None or reservation.dispute_window == 0
    record = ClaimRecord(
        receipt_hash=wish.receipt_hash,
        job_id=wish.job_id,
        provider=wish.provider,
        amount=wish.amount,
        fee=fee,
        due_height=0 if at_once else held.height + reservation.dispute_window,
        status=ClaimStatus.PENDING,
        fields_root=wish.fields_root,
    )
    held.reservations[wish.reservation_id] = replace(
        reservation,
        pending=reservation.pending + wish.amount,
        claims=(*reservation.claims, record),
    )
    outcome = Outcome(
        OutcomeKind.CLAIMED, wish.reservation_id, wish.receipt_hash, pending=wish.amount
    )
    if at_once:
        outcome = end_claim(
            held, OutcomeKind.CLAIMED, wish.reservation_id, wish.receipt_hash, part=wish.amount
        )
    if wish.final:
        returned = close(held, wish.reservation_id)
        outcome = replace(outcome, returned=outcome.returned + returned)
    return outcome


def _check_claim(held: Holdings, reservation: ReservationRecord, wish: Claim) -> None:
    hashes = [one.receipt_hash for one in reservation.claims]
    jobs = [one.job_id for one in reservation.claims]
    is_new = wish.receipt_hash not in hashes and wish.job_id not in jobs
    demand("receipt_already_claimed", holds=is_new)
    demand("reservation_closing", holds=not reservation.closing)
    demand("reservation_expired", holds=held.height < reservation.expires_at)
    allowed = (
        wish.client == reservation.client
        and reservation.provider in (ANY, wish.provider)
        and reservation.model in ("", wish.model)
        and wish.unit_type == reservation.unit_type
        and (reservation.jobs_max > 1 or wish.job_id == reservation.job_id)
        and len(reservation.claims) < reservation.jobs_max
        and all(is_label(text) for text in (wish.job_id, wish.model, wish.unit_type))
    )
    demand("claim_not_allowed", holds=allowed)
    # The ceiling is the first whole number not below units times rate, so a price is above it
    # when one less would cover the exact cost already.
    above = (wish.amount - 1) * 1_000_000 >= wish.units_micro * reservation.max_rate
    demand("price_above_ceiling", holds=wish.amount == 0 or not above)
    left = reservation.cap - reservation.spent - reservation.pending
    demand("cap_exceeded", holds=wish.amount <= left)


def end_claim(
    held: Holdings, kind: OutcomeKind, reservation_id: Hash, receipt_hash: Hash, *, part: int
) -> Outcome:
    """End a waiting claim: ``part`` of its amount for the provider, the rest let go."""
    reservation = held.reservations[reservation_id]
    index = [one.receipt_hash for one in reservation.claims].index(receipt_hash)
    ending = reservation.claims[index]
    if part == ending.amount:
        status = ClaimStatus.PAID
    else:
        status = ClaimStatus.REFUNDED if part == 0 else ClaimStatus.SPLIT
    claims = list(reservation.claims)
    claims[index] = replace(ending, status=status, due_height=0)
    reservation = held.reservations[reservation_id] = replace(
        reservation,
        claims=tuple(claims),
        spent=reservation.spent + part,
        pending=reservation.pending - ending.amount,
    )
    returned = ending.amount - part if reservation.closing else 0
    give_back(held, reservation, returned)
    fee = min(ending.fee, part)
    if part > fee:
        credit(held, ending.provider, part - fee)
        add_row(held, ending, part - fee)
    drop_if_over(held, reservation_id)
    return Outcome(kind, reservation_id, receipt_hash, fee=fee, paid=part - fee, returned=returned)


def add_row(held: Holdings, paid: ClaimRecord, amount: int) -> None:
    """Add a payment to the payout period under way, which the first row may begin."""
    held.period = held.period or 0
    named = paid.fields_root
    if named == NONE:
        named = Hash(keccak256(paid.receipt_hash))
    row = PayoutRow(
        period=held.period,
        index=len(held.rows),
        commitment=named,
        payee=paid.provider,
        amount=amount,
    )
    held.rows = (*held.rows, row)


def give_back(held: Holdings, reservation: ReservationRecord, amount: int) -> None:
    if amount > 0:
        credit(held, reservation.client, amount)
        if reservation.grant_id != NONE:
            restore(held, reservation.client, reservation.grant_id, amount)


def close(held: Holdings, reservation_id: Hash) -> int:
    """Return what no claim holds, and take no more claims; gone when none waits."""
    reservation = held.reservations[reservation_id]
    returned = reservation.cap - reservation.spent - reservation.pending
    give_back(held, reservation, returned)
    held.reservations[reservation_id] = replace(reservation, closing=True)
    drop_if_over(held, reservation_id)
    return returned


def drop_if_over(held: Holdings, reservation_id: Hash) -> None:
    reservation = held.reservations[reservation_id]
    if reservation.closing and reservation.pending == 0:
        del held.reservations[reservation_id]


def release(held: Holdings, reservation_id: Hash, *, sender: Address) -> int:
    reservation = held.reservations.get(reservation_id)
    if reservation is None:
        raise Refused("unknown_reservation")
    demand("reservation_closing", holds=not reservation.closing)
    may = sender == reservation.provider or held.height >= reservation.expires_at
    demand("reservation_still_open", holds=may)
    return close(held, reservation_id)
