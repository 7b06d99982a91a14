"""A job's whole life: what was reserved for it, what was claimed and what became of that."""

from dataclasses import dataclass

from chain.primitives import Address
from chain.store import account_rows, market_rows, view_rows
from chain.store.account_views import ReservationView
from chain.store.lookup import ANY_CLIENT, LookupKind, job_key
from chain.store.market_views import DisputeView
from chain.store.queries import ChainReader
from chain.store.views import ReceiptView

JOBS_MAX = 50
"""Reservations, and receipts, of one name: a client may use a name anew once it is forgotten."""


@dataclass(frozen=True, slots=True)
class JobView:
    """What the chain knows of the jobs that a client gave one name.

    Attributes:
        client: who gave it.
        job_id: the name.
        reservations: made for it, or pays for it as a session; newest first, without claims.
        receipts: of the job, newest first.
        disputes: those of the receipts that were disputed.
    """

    client: Address
    job_id: str
    reservations: tuple[ReservationView, ...]
    receipts: tuple[ReceiptView, ...]
    disputes: tuple[DisputeView, ...]


def find_job(reader: ChainReader, client: Address, job_id: str) -> JobView | None:
    """Return the job that a client calls so, or None.

    Args:
        reader: an open one.
        client: whose job it is.
        job_id: ASCII.
    """
    with reader.snapshot():
        number = reader.find_number(client)
        if number is None:
            return None
        key, connection = job_key(number, job_id), reader.connection
        rows = reader.rows_under(LookupKind.RECEIPT_JOB, key, limit=JOBS_MAX)
        receipts = tuple(
            one
            for one in view_rows.receipts_of_rows(connection, rows)
            if (one.client, one.job_id) == (client, job_id)
        )
        named = reader.rows_under(LookupKind.RESERVATION, key, limit=JOBS_MAX)
        paying = connection.exec_driver_sql(
            "SELECT DISTINCT reservation FROM receipt WHERE id IN (SELECT value FROM json_each(?))",
            (str([one.row for one in receipts]),),
        ).scalars()
        paid_by = set(paying)
        reservations = tuple(
            one
            for one in account_rows.reservations_of_rows(connection, sorted({*named, *paid_by}))
            if one.row in paid_by or (one.client, one.job_id) == (client, job_id)
        )
        disputes = [market_rows.find_dispute(connection, one.row) for one in receipts]
    if not reservations:
        return None
    return JobView(client, job_id, reservations, receipts, tuple(filter(None, disputes)))


def clients_of_job(reader: ChainReader, job_id: str) -> tuple[Address, ...]:
    """Return the clients that called a job so, of the latest ``JOBS_MAX`` such; sorted."""
    key, connection = job_key(ANY_CLIENT, job_id), reader.connection
    with reader.snapshot():
        named = reader.rows_under(LookupKind.RESERVATION, key, limit=JOBS_MAX)
        claimed = reader.rows_under(LookupKind.RECEIPT_JOB, key, limit=JOBS_MAX)
        reservations = account_rows.reservations_of_rows(connection, named)
        receipts = view_rows.receipts_of_rows(connection, claimed)
    found = {(one.client, one.job_id) for one in reservations}
    found |= {(one.client, one.job_id) for one in receipts}
    return tuple(sorted(client for client, name in found if name == job_id))
