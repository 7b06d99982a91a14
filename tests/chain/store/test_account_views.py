"""The audit's sum."""

from chain.store.account_views import SupplyAudit


def test_difference_is_what_is_there_too_much() -> None:
    audit = SupplyAudit(height=1, supply=100, balances=70, reserved=20, treasury=10)
    assert audit.difference == 0
    audit = SupplyAudit(height=1, supply=100, balances=70, reserved=20, treasury=9)
    assert audit.difference == -1
