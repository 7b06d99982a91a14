import pytest

from chain.checked import checked_transaction
from chain.errors import InsufficientBalance, WrongNonce
from chain.outcome import OutcomeKind
from chain.transaction import SignedTransaction
from chain.trial import try_transaction
from tests.support.builders import GENESIS_HASH, a_ledger, a_transfer


def test_trial_tells_the_outcome_and_changes_nothing() -> None:
    ledger = a_ledger()
    before = dict(ledger.records)
    verified = checked_transaction(a_transfer(40).encode(), genesis_hash=GENESIS_HASH)
    for _ in range(2):
        outcome = try_transaction(ledger, verified)
        assert (outcome.kind, outcome.paid) == (OutcomeKind.TRANSFERRED, 40)
    assert ledger.records == before


@pytest.mark.parametrize(
    ("transfer", "error"),
    [(a_transfer(10**15), InsufficientBalance), (a_transfer(1, nonce=1), WrongNonce)],
)
def test_trial_says_why_it_could_not_be_applied(
    transfer: SignedTransaction, error: type[Exception]
) -> None:
    data = transfer.encode()
    with pytest.raises(error):
        try_transaction(a_ledger(), checked_transaction(data, genesis_hash=GENESIS_HASH))
