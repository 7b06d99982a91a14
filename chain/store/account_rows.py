"""From rows to accounts and reservations."""

from collections.abc import Iterable

from sqlalchemy import Connection

from chain.primitives import Address, Hash, PublicKey
from chain.store.account_views import AccountView, ClaimView, ReservationView
from chain.store.view_rows import OF_ROWS, AnyRow

KEYS_MAX = 64
"""Nonces that an account's view lists."""

_RESERVATIONS = (
    "SELECT one.*, client.address AS client_address, provider.address AS provider_address "
    "FROM reservation AS one JOIN account AS client ON client.number = one.client "
    "LEFT JOIN account AS provider ON provider.number = one.provider "
)
"""Ends before its WHERE; the reservation is ``one``."""

_CLAIMS = (
    "SELECT one.*, provider.address AS provider_address FROM receipt AS one "
    "JOIN account AS provider ON provider.number = one.provider "
    "WHERE one.reservation = ? ORDER BY one.id"
)

RESERVED = (
    "SELECT coalesce(sum(cap - spent - pending) FILTER (WHERE status = 'open'), 0), "
    "coalesce(sum(pending), 0) FROM reservation WHERE status <> 'ended'"
)
"""What reservations that have not ended hold: unclaimed and claimed."""

_BONDS = (
    "SELECT coalesce(sum(dispute.bond), 0) FROM reservation "
    "CROSS JOIN receipt ON receipt.reservation = reservation.id "
    "CROSS JOIN dispute ON dispute.receipt = receipt.id "
    "WHERE reservation.status <> 'ended' AND reservation.client = ? "
    "AND receipt.status = 'disputed'"
)
"""What an account's open disputes lock: their claims keep their reservations alive."""


def account_view(connection: Connection, number: int) -> AccountView:
    """Return the view of an account that exists."""
    address, balance = connection.exec_driver_sql(
        "SELECT address, balance FROM account WHERE number = ?", (number,)
    ).one()
    reserved, pending = connection.exec_driver_sql(f"{RESERVED} AND client = ?", (number,)).one()
    bonds = connection.exec_driver_sql(_BONDS, (number,)).scalar_one()
    nonces = connection.exec_driver_sql(
        "SELECT public_key, next FROM nonce WHERE account = ? LIMIT ?", (number, KEYS_MAX)
    )
    return AccountView(
        address=Address(address),
        number=number,
        balance=balance,
        reserved=reserved,
        pending=pending,
        nonces=tuple((PublicKey(key), nonce) for key, nonce in nonces),
        bonds=bonds,
    )


def find_reservation(connection: Connection, row: int) -> ReservationView | None:
    """Return the reservation that a transaction made, or None where it made none."""
    found = connection.exec_driver_sql(f"{_RESERVATIONS} WHERE one.id = ?", (row,)).first()
    if found is None:
        return None
    return _reservation_view(found, connection.exec_driver_sql(_CLAIMS, (row,)))


def reservations_of_rows(connection: Connection, rows: list[int]) -> tuple[ReservationView, ...]:
    """Return the reservations of these rows without their claims, newest first."""
    found = connection.exec_driver_sql(f"{_RESERVATIONS} {OF_ROWS}", (str(rows),))
    return tuple(_reservation_view(row, ()) for row in found)


def _reservation_view(row: AnyRow, claims: Iterable[AnyRow]) -> ReservationView:
    return ReservationView(
        row=row.id,
        id=Hash(row.hash),
        client=Address(row.client_address),
        provider=row.provider_address,
        job_id=row.job_id,
        model=row.model,
        unit_type=row.unit_type,
        max_rate=row.max_rate,
        cap=row.cap,
        spent=row.spent,
        pending=row.pending,
        jobs_max=row.jobs_max,
        expires_at=row.expires_at,
        dispute_window=row.dispute_window,
        status=row.status,
        ended_height=row.ended_height,
        grant_id=Hash(row.grant_id),
        claims=tuple(_claim_view(claim) for claim in claims),
    )


def _claim_view(row: AnyRow) -> ClaimView:
    return ClaimView(
        row=row.id,
        receipt_hash=Hash(row.receipt_hash),
        job_id=row.job_id,
        provider=Address(row.provider_address),
        amount=row.price,
        fee=row.fee,
        spent=row.spent,
        status=row.status,
        due_height=row.due_height,
        settled_height=row.settled_height,
    )
