"""What validators decide together: how a dispute is split, parameters, who joins and leaves."""

from dataclasses import replace
from typing import assert_never

from chain.approval import ApprovedTransaction, NewParameters, Resolution
from chain.dispute import find_dispute, resolve_dispute
from chain.new_validators import NewValidators
from chain.outcome import Outcome, OutcomeKind
from chain.parameters import Parameters
from chain.primitives import ZERO_HASH, Hash
from chain.records import PARAMETERS_KEY
from chain.refusals import ApprovalRefused
from chain.state import State
from chain.validator_change import change_validators


def apply_decision(state: State, transaction: ApprovedTransaction, subject: Hash) -> Outcome:
    """Do what more than two thirds of the validators approve.

    Raises:
        InvalidTransaction: they are too few, or what they decide is not allowed now.
    """
    check_approvals(state, transaction)
    decision = transaction.decision
    match decision:
        case Resolution():
            dispute = find_dispute(state, decision.reservation_id, decision.receipt_hash)
            if dispute.opened_at != decision.opened_at:
                raise ApprovalRefused(detail="it is about an earlier dispute")
            outcome = resolve_dispute(
                state,
                decision.reservation_id,
                decision.receipt_hash,
                provider_amount=decision.provider_amount,
            )
        case NewParameters():
            change_parameters(state, decision.parameters)
            outcome = Outcome(OutcomeKind.PARAMETERS_CHANGED, subject, ZERO_HASH)
        case NewValidators():
            change_validators(state, decision)
            outcome = Outcome(OutcomeKind.VALIDATORS_CHANGED, subject, ZERO_HASH)
        case _:
            assert_never(decision)
    return replace(outcome, subject=subject)


def check_approvals(state: State, transaction: ApprovedTransaction) -> None:
    """Check that more than two thirds of this height's validators approve.

    Raises:
        ApprovalRefused: one is no validator, or they are too few.
    """
    validators = state.ledger.validators
    if any(validators.find_index(one.public_key) is None for one in transaction.approvals):
        raise ApprovalRefused(detail="one who approves is no validator")
    if len(transaction.approvals) < validators.quorum:
        got = len(transaction.approvals)
        raise ApprovalRefused(detail=f"{got} validators approve; it takes {validators.quorum}")


def change_parameters(state: State, parameters: Parameters) -> None:
    """Let new parameters hold from the next block on.

    Raises:
        ApprovalRefused: the version does not follow, a number is outside its bounds, or this
            block has changed them already.
    """
    current = state.ledger.parameters
    if state.find_as(PARAMETERS_KEY, Parameters) != current:
        raise ApprovalRefused(detail="this block has changed the parameters already")
    if parameters.version != current.version + 1:
        raise ApprovalRefused(detail=f"the version must be {current.version + 1}")
    fault = parameters.find_fault()
    if fault is not None:
        raise ApprovalRefused(detail=fault)
    if parameters.devnet != current.devnet:
        raise ApprovalRefused(detail="a chain is a devnet, or is not, for good")
    state.put(PARAMETERS_KEY, parameters)
