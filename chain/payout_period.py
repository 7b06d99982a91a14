"""Payout periods: each payment is a row, and the end of a period commits to its rows.

A period ends at its height or with 4,096 rows, whichever is first; its rows then leave the state,
and the header of that block carries their root.
"""

from chain.payout import PayoutRow, commitment_of, payouts_root
from chain.policy_records import PeriodRecord
from chain.primitives import PAYOUT_ROWS_MAX, ZERO_HASH, Hash
from chain.records import PERIOD_KEY, ClaimRecord, payout_key
from chain.state import State


def add_payout(state: State, claim: ClaimRecord, amount: int) -> None:
    """Add the row of a payment to the period under way.

    Args:
        state: the draft to change.
        claim: what was paid.
        amount: base units that reached the provider.
    """
    period = _period(state)
    row = PayoutRow(
        period=period.period,
        index=period.count,
        commitment=commitment_of(fields_root=claim.fields_root, receipt_hash=claim.receipt_hash),
        payee=claim.provider,
        amount=amount,
    )
    state.put(payout_key(period.count), row)
    state.put(PERIOD_KEY, PeriodRecord(period=period.period, count=period.count + 1))


def end_period(state: State) -> tuple[PayoutRow, ...] | None:
    """End the period if its height has come or it is full.

    Returns:
        Its rows, or None when it goes on.
    """
    period = _period(state)
    length = state.ledger.parameters.payout_period
    if state.height % length != 0 and period.count < PAYOUT_ROWS_MAX:
        return None
    rows = []
    for index in range(period.count):
        row = state.find_as(payout_key(index), PayoutRow)
        assert row is not None
        rows.append(row)
        state.put(payout_key(index), None)
    state.put(PERIOD_KEY, PeriodRecord(period=period.period + 1, count=0))
    return tuple(rows)


def root_of_period(rows: tuple[PayoutRow, ...] | None) -> Hash:
    """Return the header's ``payouts_root``: zeros where no period ends, or an empty one does."""
    return payouts_root(rows) if rows else ZERO_HASH


def _period(state: State) -> PeriodRecord:
    return state.find_as(PERIOD_KEY, PeriodRecord) or PeriodRecord(period=0, count=0)
