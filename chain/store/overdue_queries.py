"""Reservations that are past their expiry and have not ended: those whose claims still wait."""

from chain.store.account_rows import reservations_of_rows
from chain.store.account_views import ReservationView
from chain.store.pages import bounded
from chain.store.queries import ChainReader

_OVERDUE = (
    "SELECT id FROM reservation INDEXED BY reservation_live WHERE status <> 'ended' "
    "AND expires_at <= ? ORDER BY id LIMIT ?"
)
_DUE = "SELECT max(due_height) FROM receipt WHERE reservation = ?"


def overdue_reservations(
    reader: ChainReader, *, limit: int = 50
) -> tuple[tuple[ReservationView, int], ...]:
    """Return reservations past their expiry, oldest first, without claims.

    Each comes with the last height at which one of its claims falls due; 0 where none is known.
    What it looks through is bounded by the reservations that have not ended.

    Args:
        reader: an open one.
        limit: how many at most.
    """
    connection = reader.connection
    with reader.snapshot():
        tip = reader.tip().height
        rows = connection.exec_driver_sql(_OVERDUE, (tip, bounded(limit))).scalars().all()
        return tuple(
            (one, connection.exec_driver_sql(_DUE, (one.row,)).scalar() or 0)
            for one in reservations_of_rows(connection, list(rows))
        )
