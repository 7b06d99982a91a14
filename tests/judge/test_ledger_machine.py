"""Hypothesis plays the rules of the ledger: the same two thousand steps on every run."""

import pytest

from tests.judge.machine import run_machine


@pytest.mark.slow
def test_ledger_keeps_its_invariants_whatever_the_order_of_rules() -> None:
    tally = run_machine(runs=50, steps=50)
    assert tally.rules > 1_500
    assert {"CLAIMED", "ACCEPTED", "DISPUTED", "RESOLVED", "GRANTED"} <= tally.kinds.keys()
    assert {"EXPIRED", "MATURED", "RELEASED", "REVOKED"} <= tally.kinds.keys()
