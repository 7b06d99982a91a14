"""Reservations that should have ended: which there are, why, and what ends them.

The chain ends a reservation by itself at the end of the block of its expiry and gives back what is
left, so nothing is ever held for good. What is past its expiry and still there has claims that
wait: for the client's dispute window, or for a dispute to be decided. A release that its provider
has signed ends one before its expiry.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from chain.errors import ChainError
from chain.payloads import Release
from chain.store.account_views import ReservationView
from chain.store.overdue_queries import overdue_reservations
from chain.transaction import SignedTransaction
from node.api import forms, submissions
from node.api.problems import RpcError
from node.api.rest_forms import Asked
from node.api.rest_submissions import hand_in
from node.api.rest_words import (
    CURRENCY,
    AddressText,
    Currency,
    HashHex,
    Height,
    Money,
    address_or_none,
    address_text,
    hash_hex,
    money,
)
from node.api.services import Services

RELEASES_MAX = 100
"""Releases of one request."""

AT_EXPIRY: Final = (
    "at the end of the block of its expiry the chain ends a reservation by itself and gives back "
    "what no claim holds; claims that wait are paid, or decided if disputed, at their due height"
)


class RecoveryAsked(Asked):
    """What to recover.

    Attributes:
        dry_run: whether releases are only looked at.
        releases: signed releases in their stored form in hexadecimal, to be handed in.
        limit: reservations at most, 1 to 500.
    """

    dry_run: bool = True
    releases: Annotated[tuple[forms.BytesText, ...], Field(max_length=RELEASES_MAX)] = ()
    limit: forms.PageLimit = forms.PAGE_DEFAULT


@dataclass(frozen=True, slots=True)
class Stale:
    """A reservation past its expiry that has not ended.

    Attributes:
        reservation_id: its id.
        client: whose money it is.
        provider: the only provider it pays; null for any.
        job_id: the reserved job, or the session's name.
        status: ``open`` or ``closing``.
        reserved: what it took from the client.
        spent: of that, paid out.
        pending: of that, claimed and not yet paid.
        currency: of all amounts.
        expires_at_height: since when it takes no more.
        due_height: by when its claims that wait are paid, if none is disputed; null for none known.
    """

    reservation_id: HashHex
    client: AddressText
    provider: AddressText | None
    job_id: str
    status: str
    reserved: Money
    spent: Money
    pending: Money
    currency: Currency
    expires_at_height: Height
    due_height: Height | None


@dataclass(frozen=True, slots=True)
class ReleaseOutcome:
    """What became of a release.

    Attributes:
        index: its place among those given.
        reservation_id: what it ends; null where it is no release.
        result: ``admitted``, or ``verified`` in a dry run, else the reason of the refusal.
    """

    index: int
    reservation_id: HashHex | None
    result: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """What there is to recover.

    Attributes:
        dry_run: whether releases were only looked at.
        at_expiry: what the chain does by itself.
        at_height: of the chain when it was read.
        data: reservations past their expiry that have not ended, oldest first.
        has_more: whether there are more than the limit.
        releases: what became of each, in their order.
    """

    dry_run: bool
    at_expiry: str
    at_height: Height
    data: list[Stale]
    has_more: bool
    releases: list[ReleaseOutcome]


async def recover(services: Services, asked: RecoveryAsked) -> Recovery:
    """List reservations past their expiry, and hand in releases that their providers signed."""
    releases = [
        await _release(services, index, text, dry_run=asked.dry_run)
        for index, text in enumerate(asked.releases)
    ]
    with services.reading() as reader:
        found = overdue_reservations(reader, limit=asked.limit)
        height = reader.tip().height
    return Recovery(
        dry_run=asked.dry_run,
        at_expiry=AT_EXPIRY,
        at_height=height,
        data=[_stale(view, due) for view, due in found],
        has_more=len(found) == asked.limit,
        releases=releases,
    )


async def _release(
    services: Services, index: int, raw_hex: str, *, dry_run: bool
) -> ReleaseOutcome:
    """Look at a release, and hand it in unless it is a dry run; a refusal is its result."""
    try:
        verified = submissions.verify(services, raw_hex)
        match verified.transaction:
            case SignedTransaction(payload=Release(reservation_id=reservation_id)):
                pass
            case _:
                return ReleaseOutcome(index, None, "invalid_params")
    except ChainError as error:
        return ReleaseOutcome(index, None, error.code)
    result = "verified"
    if not dry_run:
        try:
            await hand_in(services, verified)
            result = "admitted"
        except RpcError as error:
            result = error.reason
    return ReleaseOutcome(index, hash_hex(reservation_id), result)


def _stale(view: ReservationView, due_height: int) -> Stale:
    return Stale(
        reservation_id=hash_hex(view.id),
        client=address_text(view.client),
        provider=address_or_none(view.provider),
        job_id=view.job_id,
        status=view.status,
        reserved=money(view.cap),
        spent=money(view.spent),
        pending=money(view.pending),
        currency=CURRENCY,
        expires_at_height=view.expires_at,
        due_height=due_height or None,
    )
