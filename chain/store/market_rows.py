"""The SQL of prices, grants, disputes, payouts and ledgers, and the views made of its rows."""

from sqlalchemy import Connection

from chain.payout import PayoutRow
from chain.policy_records import OfferRecord
from chain.primitives import INDEX_BITS, Address, Hash
from chain.store.market_views import (
    DisputeView,
    GrantView,
    LedgerEntryView,
    OfferView,
    PayoutPeriodView,
    PayoutView,
    PricingView,
)
from chain.store.policy_loading import grant_record, load_parameters
from chain.store.statistics_queries import newest_hour, volumes_until
from chain.store.view_rows import AnyRow

PRICED_OFFERS_MAX = 5_000
"""Offers of a pricing table."""

VOLUME_HOURS = 24
"""Hours of the volume, the one under way included."""

_OFFERS_SOLD = (
    "SELECT offer.*, account.address FROM offer JOIN account ON account.number = offer.account "
    "WHERE (model, unit_type) > ('', '') AND expires_at > ? "
    "ORDER BY model, unit_type, rate, account LIMIT ?"
)
_DISPUTE = (
    "SELECT dispute.*, receipt.receipt_hash, reservation.hash AS reservation_id, "
    "opened.hash AS opened_id, opened.height AS opened_at, decision.hash AS decision_id, "
    "winner.address AS winner FROM dispute JOIN receipt ON receipt.id = dispute.receipt "
    "JOIN reservation ON reservation.id = receipt.reservation "
    'JOIN "transaction" AS opened ON opened.id = dispute.opened '
    'LEFT JOIN "transaction" AS decision ON decision.id = dispute.decision '
    "LEFT JOIN account AS winner ON winner.number = dispute.bond_winner "
    "WHERE dispute.receipt = ?"
)
_PAYOUTS = (
    "SELECT payout.*, account.address, receipt.receipt_hash FROM payout "
    "JOIN account ON account.number = payout.payee JOIN receipt ON receipt.id = payout.receipt "
)
_ENTRIES = (
    "SELECT one.*, block.time_ms, moved.hash AS transaction_id, "  # noqa: S608 - our own words
    "reservation.hash AS reservation_id, reservation.job_id, receipt.receipt_hash "
    "FROM ledger_entry AS one "
    f"JOIN block ON block.height = one.entry >> {INDEX_BITS} "
    "JOIN reservation ON reservation.id = one.reservation "
    'LEFT JOIN "transaction" AS moved ON moved.id = one."transaction" '
    "LEFT JOIN receipt ON receipt.id = one.receipt "
    "WHERE one.account = ? AND one.entry < ? ORDER BY one.entry DESC LIMIT ?"
)


def pricing(connection: Connection, height: int) -> PricingView:
    """Return the pricing table of a height."""
    rows = connection.exec_driver_sql(_OFFERS_SOLD, (height, PRICED_OFFERS_MAX + 1)).all()
    return PricingView(
        base_rates=load_parameters(connection).base_rates,
        offers=tuple(
            OfferView(provider=Address(row.address), offer=_offer(row))
            for row in rows[:PRICED_OFFERS_MAX]
        ),
        volumes=volumes_until(connection, newest_hour(connection), hours=VOLUME_HOURS).volumes,
        is_complete=len(rows) <= PRICED_OFFERS_MAX,
    )


def _offer(row: AnyRow) -> OfferRecord:
    return OfferRecord(row.model, row.unit_type, row.rate, row.capacity, row.expires_at)


def offers_of(connection: Connection, account: int) -> tuple[OfferRecord, ...]:
    """Return an account's price list, by model and unit type; at most 64 lines."""
    query = "SELECT * FROM offer WHERE account = ? ORDER BY model, unit_type"
    return tuple(_offer(row) for row in connection.exec_driver_sql(query, (account,)))


def grants_of(connection: Connection, account: int, *, height: int) -> tuple[GrantView, ...]:
    """Return an account's grants, by public key, as the block of a height meets them."""
    query = 'SELECT * FROM "grant" WHERE account = ? ORDER BY public_key'
    rows = connection.exec_driver_sql(query, (account,))
    return tuple(GrantView(grant=grant_record(row), height=height) for row in rows)


def find_dispute(connection: Connection, receipt: int) -> DisputeView | None:
    """Return the dispute of a receipt's row, or None."""
    row = connection.exec_driver_sql(_DISPUTE, (receipt,)).first()
    if row is None:
        return None
    return DisputeView(
        receipt_hash=Hash(row.receipt_hash),
        reservation_id=Hash(row.reservation_id),
        opened_id=Hash(row.opened_id),
        opened_at=row.opened_at,
        bond=row.bond,
        reason_hash=Hash(row.reason_hash),
        due_height=row.due_height,
        ended_height=row.ended_height,
        decision_id=row.decision_id,
        bond_winner=row.winner,
    )


def payout_periods(
    connection: Connection, *, before: int, limit: int
) -> tuple[PayoutPeriodView, ...]:
    """Return periods that have ended, below one, newest first."""
    query = "SELECT * FROM payout_period WHERE period < ? ORDER BY period DESC LIMIT ?"
    return tuple(
        PayoutPeriodView(row.period, row.height, row.rows, row.amount, Hash(row.root))
        for row in connection.exec_driver_sql(query, (before, limit))
    )


def find_period(connection: Connection, period: int) -> PayoutPeriodView | None:
    """Return a period that has ended, or None."""
    found = payout_periods(connection, before=period + 1, limit=1)
    return found[0] if found and found[0].period == period else None


def payouts_of_period(connection: Connection, period: int) -> tuple[PayoutView, ...]:
    """Return all payments of a period in order; their number has a bound of its own."""
    query = f"{_PAYOUTS} WHERE payout.period = ? ORDER BY payout.position"
    return tuple(_payout(row) for row in connection.exec_driver_sql(query, (period,)))


def payouts_of(
    connection: Connection, payee: int, *, before: int, limit: int
) -> tuple[PayoutView, ...]:
    """Return the payments to an account below a row, newest first."""
    query = (
        f"{_PAYOUTS} WHERE payout.payee = ? AND (payout.period, payout.position) < (?, ?) "
        "ORDER BY payout.period DESC, payout.position DESC LIMIT ?"
    )
    place = (before >> INDEX_BITS, before & (1 << INDEX_BITS) - 1)
    rows = connection.exec_driver_sql(query, (payee, *place, limit))
    return tuple(_payout(row) for row in rows)


def _payout(row: AnyRow) -> PayoutView:
    payout = PayoutRow(
        period=row.period,
        index=row.position,
        commitment=Hash(row.commitment),
        payee=Address(row.address),
        amount=row.amount,
    )
    return PayoutView(
        payout=payout,
        height=row.height,
        receipt_hash=Hash(row.receipt_hash),
        earned_after=row.earned_after,
    )


def ledger_page(
    connection: Connection, account: int, *, before: int, limit: int
) -> tuple[LedgerEntryView, ...]:
    """Return the entries of an account below a row, newest first."""
    return tuple(
        LedgerEntryView(
            row=row.entry,
            time_ms=row.time_ms,
            kind=row.kind,
            amount=row.amount,
            balance_after=row.balance_after,
            reserved_after=row.reserved_after,
            transaction_id=row.transaction_id,
            reservation_id=Hash(row.reservation_id),
            job_id=row.job_id,
            receipt_hash=row.receipt_hash,
        )
        for row in connection.exec_driver_sql(_ENTRIES, (account, before, limit))
    )
