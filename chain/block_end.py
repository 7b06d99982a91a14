"""The end of a block: work that is due, records that are stale, fees, and payout periods."""

from chain.dispute import decide_undecided
from chain.due import due_subject
from chain.grants import drop_grant
from chain.offers import drop_offer
from chain.outcome import Outcome
from chain.payout_period import end_period
from chain.primitives import DUE_WORK_MAX, FORGET_MAX, Address, Hash, PublicKey
from chain.records import DISPUTE_MARK, Table
from chain.settlement import expire_reservation, mature_claim
from chain.state import State
from chain.transition import Execution


def finish_block(execution: Execution) -> list[Outcome]:
    """Do the work that is due, forget what is stale, hand out the fees, end the payout period.

    Returns:
        The outcomes of the due work, in order.
    """
    outcomes = _do_due_work(execution)
    _forget_stale(execution.state)
    if execution.proposer_fees:
        execution.state.credit(execution.payee, execution.proposer_fees)
    if execution.treasury_fees:
        execution.state.credit_treasury(execution.treasury_fees)
    execution.payouts = end_period(execution.state)
    return outcomes


def _do_due_work(execution: Execution) -> list[Outcome]:
    """End what is due, the oldest first, at most ``DUE_WORK_MAX`` of it."""
    state = execution.state
    outcomes: list[Outcome] = []
    for key in state.due.until(state.height):
        if len(outcomes) == DUE_WORK_MAX:
            break
        state.unschedule(state.due, key)
        outcome = _end_due(state, due_subject(key))
        execution.collect(outcome.fee)
        outcomes.append(outcome)
    return outcomes


def _end_due(state: State, subject: bytes) -> Outcome:
    reservation_id, receipt_hash = Hash(subject[:32]), Hash(subject[32:64])
    if not receipt_hash:
        return expire_reservation(state, reservation_id)
    if subject[64:] == DISPUTE_MARK:
        return decide_undecided(state, reservation_id, receipt_hash)
    return mature_claim(state, reservation_id, receipt_hash)


def _forget_stale(state: State) -> None:
    for count, key in enumerate(state.forget.until(state.height - 1)):
        if count == FORGET_MAX:
            break
        state.unschedule(state.forget, key)
        subject = due_subject(key)
        account = Address(subject[1:21])
        match subject[0]:
            case Table.GRANTS:
                drop_grant(state, account, PublicKey(subject[21:]))
            case Table.OFFERS:
                drop_offer(state, account, subject[21:].decode("ascii"))
            case _:
                state.put(subject, None)
