"""Offers: a miner's price list; with the base rates of genesis they make the pricing table."""

from chain.due import due_key
from chain.errors import InvalidPayload
from chain.policy_payloads import Offer
from chain.policy_records import OfferRecord, OffersRecord
from chain.primitives import OFFER_HEIGHTS_MAX, OFFERS_MAX, RATE_MAX, Address
from chain.receipt import LABEL
from chain.records import offer_subject, offers_key
from chain.refusals import TooManyEntries
from chain.state import State


def put_offer(state: State, account: Address, offer: Offer) -> None:
    """Add, replace or take away a line of an account's price list.

    Raises:
        InvalidPayload: a field is outside its bounds.
        TooManyEntries: the account has 64 live lines.
    """
    line = (offer.model, offer.unit_type)
    if not all(map(LABEL.fullmatch, line)):
        raise InvalidPayload(detail="model or unit_type is not a label")
    kept = _without(state, account, line)
    if offer.expires_at:
        _check_bounds(offer, height=state.height)
        if len(kept) >= OFFERS_MAX:
            raise TooManyEntries(what="offers", limit=OFFERS_MAX)
        record = OfferRecord(*line, offer.rate, offer.capacity, offer.expires_at)
        state.schedule(state.forget, due_key(record.expires_at, offer_subject(account, line)))
        kept.append(record)
    _keep(state, account, kept)


def _check_bounds(offer: Offer, *, height: int) -> None:
    bounds = (
        ("rate", offer.rate, 1, RATE_MAX),
        ("expires_at", offer.expires_at, height + 1, height + OFFER_HEIGHTS_MAX),
    )
    for name, value, low, high in bounds:
        if not low <= value <= high:
            raise InvalidPayload(detail=f"{name} is {value}; it must be {low} to {high}")


def _without(state: State, account: Address, line: tuple[str, str]) -> list[OfferRecord]:
    """Return the live lines but one; drops that one and what has expired from the queue."""
    record = state.find_as(offers_key(account), OffersRecord)
    kept = []
    for one in record.offers if record else ():
        if one.line == line or one.expires_at <= state.height:
            state.unschedule(
                state.forget, due_key(one.expires_at, offer_subject(account, one.line))
            )
        else:
            kept.append(one)
    return kept


def _keep(state: State, account: Address, offers: list[OfferRecord]) -> None:
    ordered = tuple(sorted(offers, key=lambda one: one.line))
    state.put(offers_key(account), OffersRecord(ordered) if ordered else None)


def drop_offer(state: State, account: Address, name: str) -> None:
    """Drop an expired line whose turn has come; ``name`` is model, space, unit type."""
    record = state.find_as(offers_key(account), OffersRecord)
    assert record is not None
    _keep(state, account, [one for one in record.offers if " ".join(one.line) != name])
