"""Trying a transaction on a draft of the next block, which nobody will ever see."""

from chain.outcome import Outcome
from chain.state import Ledger, State
from chain.transition import Execution, apply_transaction
from chain.validation import VerifiedTransaction


def try_transaction(ledger: Ledger, verified: VerifiedTransaction) -> Outcome:
    """Return what a transaction would do as the first of the next block; nothing changes.

    Raises:
        InvalidTransaction: it could not be applied.
    """
    payee = ledger.validators[0].payee
    return apply_transaction(Execution(state=State(ledger), payee=payee), verified)
