"""How a job's life looks in answers; rules as in ``shapes``."""

from operator import itemgetter

from chain.primitives import INDEX_BITS
from chain.store.account_views import ReservationView
from chain.store.job_queries import JobView
from chain.store.views import ReceiptView
from node.api import shapes
from node.api.market_shapes import dispute_shape
from node.api.words import Json, address_of, hex_of


def job_shape(job: JobView, *, height: int) -> Json:
    """Return a job; its events are in the order of their heights.

    Args:
        job: as the chain knows it.
        height: of the chain when it was read.
    """
    events = [
        *(event for one in job.reservations for event in _reservation_events(one)),
        *(event for one in job.receipts for event in _receipt_events(one, job)),
    ]
    return {
        "client": address_of(job.client),
        "jobId": job.job_id,
        "status": job.receipts[0].status if job.receipts else _state(job.reservations[0]),
        "spent": str(sum(one.spent for one in job.receipts)),
        "reservations": [shapes.reservation_terms(one) for one in job.reservations],
        "receipts": [shapes.receipt_shape(one, None) for one in job.receipts],
        "disputes": [dispute_shape(one) for one in job.disputes],
        "events": sorted(events, key=itemgetter("height")),
        "atHeight": height,
    }


def _state(reservation: ReservationView) -> str:
    """Return where a job stands for which nothing was claimed."""
    if reservation.ended_height is None:
        return "reserved"
    return "expired" if reservation.ended_height >= reservation.expires_at else "released"


def _reservation_events(view: ReservationView) -> list[Json]:
    events = [_event("reserved", view.row >> INDEX_BITS, view.cap, view.id, transaction_id=view.id)]
    if view.ended_height is not None:
        events.append(_event("ended", view.ended_height, view.cap - view.spent, view.id))
    return events


def _receipt_events(view: ReceiptView, job: JobView) -> list[Json]:
    about = (view.reservation_id, view.receipt_hash)
    disputes = [one for one in job.disputes if one.receipt_hash == view.receipt_hash]
    events = [
        _event("claimed", view.height, view.price, *about, transaction_id=view.claim_id),
        *(
            _event("disputed", one.opened_at, one.bond, *about, transaction_id=one.opened_id)
            for one in disputes
        ),
    ]
    if view.settled_height is not None:
        events.append(_event(view.status, view.settled_height, view.spent, *about))
    return events


def _event(
    name: str,
    height: int,
    amount: int,
    reservation_id: bytes,
    receipt_hash: bytes | None = None,
    *,
    transaction_id: bytes | None = None,
) -> Json:
    return {
        "event": name,
        "height": height,
        "amount": str(amount),
        "reservationId": hex_of(reservation_id),
        "receiptHash": None if receipt_hash is None else hex_of(receipt_hash),
        "transactionId": None if transaction_id is None else hex_of(transaction_id),
    }
