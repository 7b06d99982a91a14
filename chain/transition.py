"""What money does: each kind of transaction on the state, one arm a kind.

``apply_transaction`` either does all of a transaction or leaves the state as it was and raises.
What falls due, and the fees, are done at the block's end by ``chain.block_end``.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from chain.approval import ApprovedTransaction
from chain.claim import Claim, ClaimTransaction
from chain.claim_batch import ClaimBatch
from chain.decisions import apply_decision
from chain.dispute import (
    accept_pending,
    bond_for,
    open_dispute,
)
from chain.errors import (
    ClaimNotAllowed,
    FeeOutOfRange,
    InvalidPayload,
    InvalidTransaction,
    TransactionExpired,
    ValidTooLong,
    WrongNonce,
)
from chain.grants import (
    Scope,
    add_grant,
    charge,
    check_authority,
    may_act,
    revoke_grant,
)
from chain.offers import put_offer
from chain.outcome import Outcome, OutcomeKind
from chain.payloads import Accept, Dispute, Release, Reserve, Transfer
from chain.payout import PayoutRow
from chain.policy_payloads import Grant, Offer, Revoke
from chain.policy_records import GrantRecord
from chain.primitives import (
    AMOUNT_MAX,
    VALID_UNTIL_HEIGHTS_MAX,
    ZERO_HASH,
    Address,
    Hash,
)
from chain.records import ReservationRecord, nonce_key
from chain.reservation import check_claim, reserve_funds
from chain.settlement import (
    release_reservation,
    settle_claim,
)
from chain.state import State
from chain.transaction import SignedTransaction
from chain.validation import VerifiedTransaction


@dataclass
class Execution:
    """A block's state and what its transactions paid so far.

    Attributes:
        state: the draft that transactions change.
        payee: the proposer's account.
        proposer_fees: base units for the payee, handed out when the block is finished.
        treasury_fees: base units for the treasury, likewise.
        payouts: rows of the payout period that ended with this block, if one did.
    """

    state: State
    payee: Address
    proposer_fees: int = 0
    treasury_fees: int = 0
    payouts: tuple[PayoutRow, ...] | None = None

    def collect(self, fee: int) -> None:
        """Split one fee: half, rounded down, to the proposer and the rest to the treasury."""
        self.proposer_fees += fee // 2
        self.treasury_fees += fee - fee // 2


def apply_transaction(execution: Execution, verified: VerifiedTransaction) -> Outcome:
    """Apply one transaction to the state.

    Raises:
        InvalidTransaction: it cannot be applied; the state is as it was before.
    """
    mark = execution.state.checkpoint()
    try:
        outcome = _apply(execution.state, verified)
    except InvalidTransaction:
        execution.state.rollback(mark)
        raise
    execution.collect(outcome.fee)
    return outcome


def _apply(state: State, verified: VerifiedTransaction) -> Outcome:
    transaction = verified.transaction
    match transaction:
        case ClaimTransaction():
            return _apply_claim(state, transaction, verified.id)
        case ClaimBatch():
            return _apply_batch(state, transaction, verified.id)
        case ApprovedTransaction():
            return apply_decision(state, transaction, verified.id)
        case SignedTransaction():
            grant = check_envelope(state, transaction, size_bytes=len(verified.data))
            _use_nonce(state, transaction)
            outcome = _apply_payload(state, transaction, grant, verified.id)
            return replace(outcome, subject=verified.id)
        case _:
            assert_never(transaction)


def _apply_payload(  # noqa: C901 - one arm a kind
    state: State, transaction: SignedTransaction, grant: GrantRecord | None, subject: Hash
) -> Outcome:
    """Do what a signed transaction says; its key, lifetime, fee bounds and nonce are checked."""
    sender, fee, payload = transaction.sender, transaction.fee, transaction.payload
    bond = 0
    if isinstance(payload, Dispute):
        bond = bond_for(state, payload, client=sender, fee=fee)
    if grant is not None:
        cap = payload.cap if isinstance(payload, Reserve) else 0
        charge(state, sender, grant, fee + cap + bond)
    grant_id = ZERO_HASH if grant is None else grant.id
    if not isinstance(payload, Transfer):
        state.debit(sender, fee)
    outcome = Outcome(OutcomeKind(payload.kind), subject, ZERO_HASH, fee=fee)
    match payload:
        case Transfer():
            return _apply_transfer(state, transaction, payload, subject)
        case Reserve():
            reserve_funds(state, payload, client=sender, reservation_id=subject, grant_id=grant_id)
        case Release():
            returned = release_reservation(state, payload.reservation_id, sender=sender)
            return replace(outcome, returned=returned)
        case Accept():
            ended = accept_pending(state, payload, client=sender)
            return replace(ended, fee=ended.fee + fee)
        case Dispute():
            open_dispute(state, payload, client=sender, bond=bond, grant_id=grant_id)
            return replace(outcome, receipt_hash=payload.receipt_hash, pending=bond)
        case Grant():
            add_grant(state, sender, payload, grant_id=subject)
        case Revoke():
            revoke_grant(state, sender, payload)
        case Offer():
            put_offer(state, sender, payload)
        case _:
            assert_never(payload)
    return outcome


def check_envelope(
    state: State, transaction: SignedTransaction, *, size_bytes: int
) -> GrantRecord | None:
    """Check key, lifetime and fee.

    Returns:
        The grant that the key acts under; None for the sender's own key.

    Raises:
        WrongSender, GrantForbids, TransactionExpired, ValidTooLong, FeeOutOfRange: as named.
    """
    grant = check_authority(state, transaction.sender, transaction.public_key, transaction.payload)
    if transaction.valid_until < state.height:
        raise TransactionExpired(valid_until=transaction.valid_until, height=state.height)
    latest = state.height + VALID_UNTIL_HEIGHTS_MAX
    if transaction.valid_until > latest:
        raise ValidTooLong(valid_until=transaction.valid_until, latest=latest)
    parameters = state.ledger.parameters
    minimum = parameters.minimum_fee(transaction.kind, size_bytes=size_bytes)
    maximum = parameters.maximum_fee(transaction.kind, size_bytes=size_bytes)
    if not minimum <= transaction.fee <= maximum:
        raise FeeOutOfRange(fee=transaction.fee, minimum=minimum, maximum=maximum)
    return grant


def _use_nonce(state: State, transaction: SignedTransaction) -> None:
    expected = state.nonce(transaction.sender, transaction.public_key)
    if transaction.nonce != expected:
        raise WrongNonce(expected=expected, got=transaction.nonce)
    state.put(nonce_key(transaction.sender, transaction.public_key), expected + 1)


def _apply_transfer(
    state: State, transaction: SignedTransaction, transfer: Transfer, transaction_id: Hash
) -> Outcome:
    if not 0 < transfer.amount <= AMOUNT_MAX:
        raise InvalidPayload(detail=f"amount is {transfer.amount}; it must be 1 to {AMOUNT_MAX}")
    if transfer.to == transaction.sender:
        raise InvalidPayload(detail="to is the sender")
    fee = transaction.fee + new_account_fee(state, transfer.to)
    state.debit(transaction.sender, transfer.amount + fee)
    state.credit(transfer.to, transfer.amount)
    return Outcome(
        OutcomeKind.TRANSFERRED, transaction_id, ZERO_HASH, fee=fee, paid=transfer.amount
    )


def new_account_fee(state: State, address: Address) -> int:
    """Return what the first credit of an address costs: 0 where the account exists."""
    known = state.find_balance(address) is not None
    return 0 if known else state.ledger.parameters.new_account_fee


def check_claim_transaction(
    state: State, transaction: ClaimTransaction
) -> tuple[ReservationRecord, int]:
    """Check a claim with its acceptance against the state.

    Returns:
        The reservation and the claim's fee.

    Raises:
        InvalidTransaction: the leaf says which rule it breaks.
    """
    claim, acceptance = transaction.claim, transaction.acceptance
    reservation, fee = check_single_claim(state, claim, size_bytes=transaction.priced_bytes)
    if acceptance is not None and not may_act(
        state, claim.client, acceptance.public_key, Scope.ACCEPT
    ):
        raise ClaimNotAllowed(field="acceptance")
    if acceptance is None and reservation.is_open_to_any_provider:
        raise ClaimNotAllowed(field="claim without acceptance")
    return reservation, fee


def _apply_claim(state: State, transaction: ClaimTransaction, claim_id: Hash) -> Outcome:
    reservation, fee = check_claim_transaction(state, transaction)
    at_once = transaction.acceptance is not None or reservation.dispute_window == 0
    settlement = settle_claim(state, reservation, transaction.claim, fee=fee, at_once=at_once)
    state.note_claim(settlement)
    return replace(settlement, subject=claim_id)


def _apply_batch(state: State, batch: ClaimBatch, subject: Hash) -> Outcome:
    """Settle every claim of a batch; the first that cannot be settled undoes them all."""
    outcomes = []
    for claim in batch.claims:
        reservation, fee = check_single_claim(state, claim, size_bytes=len(claim.encode()))
        if reservation.is_open_to_any_provider:
            raise ClaimNotAllowed(field="claim without acceptance")
        at_once = reservation.dispute_window == 0
        outcomes.append(settle_claim(state, reservation, claim, fee=fee, at_once=at_once))
    for outcome in outcomes:
        state.note_claim(outcome)
    return Outcome(
        OutcomeKind.BATCH_CLAIMED,
        subject,
        ZERO_HASH,
        fee=sum(one.fee for one in outcomes),
        paid=sum(one.paid for one in outcomes),
        returned=sum(one.returned for one in outcomes),
        pending=sum(one.pending for one in outcomes),
    )


def check_single_claim(
    state: State, claim: Claim, *, size_bytes: int
) -> tuple[ReservationRecord, int]:
    """Check a claim against its reservation and its key against the provider.

    Returns:
        The reservation and the claim's fee.

    Raises:
        InvalidTransaction: the leaf says which rule it breaks.
    """
    reservation = check_claim(state, claim)
    if not may_act(state, claim.provider, claim.public_key, Scope.RECEIPT):
        raise ClaimNotAllowed(field="provider key")
    return reservation, _claim_fee(state, claim, size_bytes=size_bytes)


def _claim_fee(state: State, claim: Claim, *, size_bytes: int) -> int:
    minimum = state.ledger.parameters.minimum_fee(ClaimTransaction.kind, size_bytes=size_bytes)
    fee = minimum + new_account_fee(state, claim.provider)
    if claim.amount <= fee:
        raise InvalidPayload(detail=f"amount {claim.amount} is not above the claim's fee {fee}")
    return fee
