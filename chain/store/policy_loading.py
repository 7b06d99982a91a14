"""From rows to the part of the state that is about grants, prices, disputes and payouts."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection, Row

from chain.codec import decode_whole
from chain.parameters import Parameters
from chain.payout import PayoutRow
from chain.policy_records import (
    DisputeRecord,
    GrantRecord,
    GrantsRecord,
    OfferRecord,
    OffersRecord,
    PeriodRecord,
)
from chain.primitives import Address, Hash, PublicKey
from chain.records import (
    PERIOD_KEY,
    Record,
    dispute_key,
    grants_key,
    offers_key,
    payout_key,
)
from chain.store.book import Book

_PARAMETERS = "SELECT data FROM parameters WHERE version = (SELECT max(version) FROM parameters)"
_GRANTS = 'SELECT * FROM "grant" ORDER BY account, public_key'
_OFFERS = "SELECT * FROM offer ORDER BY account, model, unit_type"
_DISPUTES = (
    "SELECT dispute.*, receipt.receipt_hash, reservation.hash, reservation.client, "
    '"transaction".height AS opened_at FROM dispute '
    "JOIN receipt ON receipt.id = dispute.receipt "
    "JOIN reservation ON reservation.id = receipt.reservation "
    'JOIN "transaction" ON "transaction".id = dispute.opened WHERE dispute.ended_height IS NULL'
)
_EARNED = "SELECT account, spent - fees FROM trader WHERE side = 'provider' AND spent > fees"
_PAYOUTS = "SELECT * FROM payout WHERE period = ? ORDER BY position"


def load_parameters(connection: Connection) -> Parameters:
    """Return the parameters in force.

    Raises:
        MalformedMessage: the row holds no parameters.
        KeyError: there is no row.
    """
    data = connection.exec_driver_sql(_PARAMETERS).scalar()
    if data is None:
        raise KeyError("parameters")
    return decode_whole(data, Parameters.read)


def policy_records(
    connection: Connection, addresses: dict[int, Address], book: Book
) -> Iterator[tuple[bytes, Record]]:
    """Yield the grants, offers and open disputes; notes the bonds in the book."""
    grants: dict[int, list[GrantRecord]] = defaultdict(list)
    for row in connection.exec_driver_sql(_GRANTS):
        grants[row.account].append(grant_record(row))
    for number, mine in grants.items():
        yield grants_key(addresses[number]), GrantsRecord(tuple(mine))
    offers: dict[int, list[OfferRecord]] = defaultdict(list)
    for row in connection.exec_driver_sql(_OFFERS):
        offer = OfferRecord(row.model, row.unit_type, row.rate, row.capacity, row.expires_at)
        offers[row.account].append(offer)
    for number, lines in offers.items():
        yield offers_key(addresses[number]), OffersRecord(tuple(lines))
    yield from _disputes(connection, addresses, book)


def grant_record(row: Row[tuple[object, ...]]) -> GrantRecord:
    """Return what a row of ``grant`` says."""
    return GrantRecord(
        id=Hash(row.grant_id),
        label=row.label,
        public_key=PublicKey(row.public_key),
        scopes=row.scopes,
        total_limit=row.total_limit,
        transaction_limit=row.transaction_limit,
        period_limit=row.period_limit,
        period_heights=row.period_heights,
        expires_at=row.expires_at,
        models=tuple(row.models.split()),
        spent=row.spent,
        period=row.period,
        period_spent=row.period_spent,
    )


def _disputes(
    connection: Connection, addresses: dict[int, Address], book: Book
) -> Iterator[tuple[bytes, Record]]:
    for row in connection.exec_driver_sql(_DISPUTES):
        receipt_hash = Hash(row.receipt_hash)
        book.claims[receipt_hash] = replace(book.claims[receipt_hash], bond=row.bond)
        book.hold(addresses[row.client], row.bond)
        book.totals.bonds += row.bond
        record = DisputeRecord(
            bond=row.bond,
            opened_at=row.opened_at,
            due_height=row.due_height,
            reason_hash=Hash(row.reason_hash),
            grant_id=Hash(row.grant_id),
        )
        yield dispute_key(Hash(row.hash), receipt_hash), record


def load_period(
    connection: Connection, addresses: dict[int, Address], period: int, book: Book
) -> Iterator[tuple[bytes, Record]]:
    """Yield the payout period under way and its rows; notes it and all earnings in the book."""
    book.period, book.payouts = period, 0
    for account, earned in connection.exec_driver_sql(_EARNED):
        book.earned[addresses[account]] = earned
    for row in connection.exec_driver_sql(_PAYOUTS, (period,)):
        payout = PayoutRow(
            period=period,
            index=row.position,
            commitment=Hash(row.commitment),
            payee=addresses[row.payee],
            amount=row.amount,
        )
        yield payout_key(row.position), payout
        book.payouts += 1
    yield PERIOD_KEY, PeriodRecord(period=period, count=book.payouts)
