"""What an audit adds up."""

from dataclasses import replace

from chain.store.account_views import FeesView, SupplyAudit

AUDIT = SupplyAudit(height=1, supply=100, balances=60, reserved=20, pending=7, bonds=3, treasury=10)


def test_sound_audit_has_no_difference() -> None:
    assert AUDIT.difference == 0


def test_missing_unit_is_seen() -> None:
    for position in ("balances", "reserved", "pending", "bonds", "treasury"):
        less = replace(AUDIT, **{position: getattr(AUDIT, position) - 1})
        assert less.difference == -1


def test_proposers_get_what_the_treasury_does_not() -> None:
    assert FeesView(fees=101, treasury=51).proposers == 50
