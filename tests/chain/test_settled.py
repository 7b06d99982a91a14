"""Ends of waiting claims, one line each."""

import pytest

from chain.outcome import Outcome, OutcomeKind
from chain.primitives import ZERO_HASH
from chain.settled import adds_up, ends_claim
from tests.support.builders import a_claim

CLAIM = a_claim().claim
OTHER = CLAIM.sidecar_id


@pytest.mark.parametrize(
    ("kind", "paid", "fee", "holds"),
    [
        (OutcomeKind.MATURED, 290, 10, True),
        (OutcomeKind.MATURED, 291, 10, False),
        (OutcomeKind.MATURED, 289, 10, False),
        (OutcomeKind.ACCEPTED, 290, 15, True),
        (OutcomeKind.ACCEPTED, 280, 15, False),
        (OutcomeKind.ACCEPTED, 301, 0, False),
        (OutcomeKind.RESOLVED, 140, 10, True),
        (OutcomeKind.RESOLVED, 0, 0, True),
        (OutcomeKind.UNDECIDED, 291, 10, False),
    ],
)
def test_payment_agrees_with_what_waited(
    kind: OutcomeKind, paid: int, fee: int, *, holds: bool
) -> None:
    outcome = Outcome(kind, ZERO_HASH, ZERO_HASH, fee=fee, paid=paid)
    assert adds_up(outcome, pending=300) is holds


@pytest.mark.parametrize(
    ("kind", "subject", "receipt_hash", "holds"),
    [
        (OutcomeKind.MATURED, CLAIM.reservation_id, CLAIM.receipt_hash, True),
        (OutcomeKind.UNDECIDED, CLAIM.reservation_id, CLAIM.receipt_hash, True),
        (OutcomeKind.MATURED, OTHER, CLAIM.receipt_hash, False),
        (OutcomeKind.MATURED, CLAIM.reservation_id, OTHER, False),
        (OutcomeKind.ACCEPTED, OTHER, CLAIM.receipt_hash, True),
        (OutcomeKind.RESOLVED, OTHER, CLAIM.receipt_hash, True),
        (OutcomeKind.DISPUTED, OTHER, CLAIM.receipt_hash, False),
        (OutcomeKind.CLAIMED, CLAIM.reservation_id, CLAIM.receipt_hash, False),
    ],
)
def test_outcome_ends_only_its_own_claim(
    kind: OutcomeKind, subject: bytes, receipt_hash: bytes, *, holds: bool
) -> None:
    outcome = Outcome(kind, subject, receipt_hash)  # type: ignore[arg-type]
    assert ends_claim(outcome, CLAIM) is holds
