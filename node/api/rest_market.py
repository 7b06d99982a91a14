"""Prices in REST: by the chain's own list, as miners offer, and as clients paid."""

from dataclasses import dataclass

from chain.store.market_queries import MarketReader
from chain.store.market_views import PricingView
from node.api.rest_forms import Nothing
from node.api.rest_words import (
    CURRENCY,
    AddressText,
    Count,
    Currency,
    Height,
    Money,
    Units,
    address_text,
    money,
    units,
)
from node.api.services import Services


@dataclass(frozen=True, slots=True)
class Offer:
    """A line of a miner's price list.

    Attributes:
        provider: the miner.
        model: the model that it runs.
        unit_type: what a unit is.
        rate: for a whole unit.
        currency: of the rate.
        capacity: a hint of how many jobs it takes at once.
        expires_at_height: the first height at which it no longer holds.
    """

    provider: AddressText
    model: str
    unit_type: str
    rate: Money
    currency: Currency
    capacity: Count
    expires_at_height: Height


@dataclass(frozen=True, slots=True)
class BaseRate:
    """A line of the chain's own price list.

    Attributes:
        model: the model.
        unit_type: what a unit is.
        rate: for a whole unit.
        currency: of the rate.
    """

    model: str
    unit_type: str
    rate: Money
    currency: Currency


@dataclass(frozen=True, slots=True)
class PaidLastDay:
    """What was paid in the last 24 hours on the chain's clock.

    Attributes:
        model: the model that ran.
        unit_type: what a unit is.
        units: of computation of the claims paid.
        settled: claims paid, in whole or in part.
        spent: paid for them, fees included.
        currency: of the amount.
    """

    model: str
    unit_type: str
    units: Units
    settled: Count
    spent: Money
    currency: Currency


@dataclass(frozen=True, slots=True)
class Pricing:
    """The pricing table.

    Attributes:
        data: live offers, by model and unit type, the cheapest first.
        has_more: whether there are more offers than are shown.
        next_cursor: null: the cheapest are here.
        base_rates: of the parameters in force.
        last_day: what was paid.
        at_height: of the chain when it was read.
    """

    data: list[Offer]
    has_more: bool
    next_cursor: None
    base_rates: list[BaseRate]
    last_day: list[PaidLastDay]
    at_height: Height


async def get_pricing(services: Services, _: Nothing) -> Pricing:
    """What computation costs: base rates, live offers and what was paid on the last day."""
    with services.reading() as reader:
        found, height = MarketReader(reader).pricing(), reader.tip().height
    return Pricing(
        data=_offers(found),
        has_more=not found.is_complete,
        next_cursor=None,
        base_rates=[
            BaseRate(one.model, one.unit_type, money(one.rate), CURRENCY)
            for one in found.base_rates
        ],
        last_day=[
            PaidLastDay(
                model=one.model,
                unit_type=one.unit_type,
                units=units(one.volume.units_micro),
                settled=one.volume.settled,
                spent=money(one.volume.spent),
                currency=CURRENCY,
            )
            for one in found.volumes
        ],
        at_height=height,
    )


def _offers(found: PricingView) -> list[Offer]:
    return [
        Offer(
            provider=address_text(one.provider),
            model=one.offer.model,
            unit_type=one.offer.unit_type,
            rate=money(one.offer.rate),
            currency=CURRENCY,
            capacity=one.offer.capacity,
            expires_at_height=one.offer.expires_at,
        )
        for one in found.offers
    ]
