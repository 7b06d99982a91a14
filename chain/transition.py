"""What money does: each transaction on the state, then the work that falls due.

``apply_transaction`` either does all of a transaction or leaves the state as it was and raises;
``finish_block`` does the due work and hands out the fees.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from chain.claim import Claim, ClaimTransaction
from chain.crypto import address_of
from chain.due import due_subject
from chain.errors import (
    ClaimNotAllowed,
    FeeOutOfRange,
    InvalidPayload,
    InvalidTransaction,
    TransactionExpired,
    ValidTooLong,
    WrongNonce,
    WrongSender,
)
from chain.outcome import Outcome, OutcomeKind
from chain.payloads import Release, Reserve, Transfer
from chain.primitives import (
    AMOUNT_MAX,
    DUE_WORK_MAX,
    FORGET_MAX,
    VALID_UNTIL_HEIGHTS_MAX,
    ZERO_HASH,
    Address,
    Hash,
)
from chain.records import ReservationRecord, nonce_key
from chain.reservation import (
    check_claim,
    expire_reservation,
    mature_claims,
    release_reservation,
    reserve_funds,
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
    """

    state: State
    payee: Address
    proposer_fees: int = 0
    treasury_fees: int = 0

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
    if isinstance(transaction, ClaimTransaction):
        return _apply_claim(state, transaction, verified.id)
    check_envelope(state, transaction, size_bytes=len(verified.data))
    _use_nonce(state, transaction)
    match transaction.payload:
        case Transfer():
            return _apply_transfer(state, transaction, transaction.payload, verified.id)
        case Reserve():
            state.debit(transaction.sender, transaction.fee)
            reserve_funds(
                state, transaction.payload, client=transaction.sender, reservation_id=verified.id
            )
            return _outcome(OutcomeKind.RESERVED, verified.id, fee=transaction.fee)
        case Release():
            state.debit(transaction.sender, transaction.fee)
            returned = release_reservation(
                state, transaction.payload.reservation_id, sender=transaction.sender
            )
            return _outcome(
                OutcomeKind.RELEASED, verified.id, fee=transaction.fee, returned=returned
            )
        case _:
            assert_never(transaction.payload)


def check_envelope(state: State, transaction: SignedTransaction, *, size_bytes: int) -> None:
    """Check key, lifetime and fee.

    Raises:
        WrongSender, TransactionExpired, ValidTooLong, FeeOutOfRange: as named.
    """
    if address_of(transaction.public_key) != transaction.sender:
        raise WrongSender
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
    return _outcome(OutcomeKind.TRANSFERRED, transaction_id, fee=fee, paid=transfer.amount)


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
    reservation = check_claim(state, claim)
    if acceptance is not None and address_of(acceptance.public_key) != claim.client:
        raise ClaimNotAllowed(field="acceptance")
    if acceptance is None and reservation.is_open_to_any_provider:
        raise ClaimNotAllowed(field="claim without acceptance")
    return reservation, _claim_fee(state, claim, size_bytes=transaction.priced_bytes)


def _apply_claim(state: State, transaction: ClaimTransaction, claim_id: Hash) -> Outcome:
    reservation, fee = check_claim_transaction(state, transaction)
    at_once = transaction.acceptance is not None or reservation.dispute_window == 0
    settlement = settle_claim(state, reservation, transaction.claim, fee=fee, at_once=at_once)
    return replace(settlement, subject=claim_id)


def _claim_fee(state: State, claim: Claim, *, size_bytes: int) -> int:
    minimum = state.ledger.parameters.minimum_fee(ClaimTransaction.kind, size_bytes=size_bytes)
    fee = minimum + new_account_fee(state, claim.provider)
    if claim.amount <= fee:
        raise InvalidPayload(detail=f"amount {claim.amount} is not above the claim's fee {fee}")
    return fee


def finish_block(execution: Execution) -> list[Outcome]:
    """Do the work that is due, drop stale idempotency records and hand out the fees.

    Returns:
        The outcomes of the due work, in order.
    """
    outcomes = _do_due_work(execution)
    _forget_taken(execution.state)
    if execution.proposer_fees:
        execution.state.credit(execution.payee, execution.proposer_fees)
    if execution.treasury_fees:
        execution.state.credit_treasury(execution.treasury_fees)
    return outcomes


def _do_due_work(execution: Execution) -> list[Outcome]:
    """End what is due, the oldest first, at most ``DUE_WORK_MAX`` of it."""
    state = execution.state
    outcomes: list[Outcome] = []
    for key in state.due.until(state.height):
        if len(outcomes) == DUE_WORK_MAX:
            break
        state.unschedule(state.due, key)
        subject = due_subject(key)
        reservation_id, receipt_hash = Hash(subject[:32]), Hash(subject[32:])
        if receipt_hash:
            outcome = mature_claims(state, reservation_id, receipt_hash)
            execution.collect(outcome.fee)
        else:
            outcome = expire_reservation(state, reservation_id)
        outcomes.append(outcome)
    return outcomes


def _forget_taken(state: State) -> None:
    for count, key in enumerate(state.forget.until(state.height - 1)):
        if count == FORGET_MAX:
            break
        state.unschedule(state.forget, key)
        state.put(due_subject(key), None)


def _outcome(
    kind: OutcomeKind, subject: Hash, *, fee: int = 0, paid: int = 0, returned: int = 0
) -> Outcome:
    return Outcome(
        kind=kind, subject=subject, receipt_hash=ZERO_HASH, fee=fee, paid=paid, returned=returned
    )
