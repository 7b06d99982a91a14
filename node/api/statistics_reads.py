"""The methods that tell what happened over time; nothing is counted when they are asked."""

from typing import Annotated, Literal

from pydantic import Field

from chain.address import parse_address
from chain.outcome import OutcomeKind
from chain.store.audit_queries import AuditReader
from chain.store.statistics_queries import DAYS_MAX, HOURS_MAX, StatisticsReader, months_of
from chain.store.statistics_views import HourView, TraderView, Volume
from node.api import forms, problems
from node.api.cursors import first_below, next_cursor
from node.api.services import Services
from node.api.words import Json, address_of

HOUR_MS = 3_600_000

Side = Literal["client", "provider"]


class StatisticsParams(forms.Closed):
    """Which hours.

    Attributes:
        hours: how many to look at, 1 to 744, that of the last block included.
    """

    hours: Annotated[int, Field(ge=1, le=HOURS_MAX)] = 24


class TradersParams(forms.Closed):
    """Which traders.

    Attributes:
        side: ``provider`` for miners, ``client`` for buyers.
        address: the only account that is wanted; all unless it is given.
        limit: entries at most, 1 to 500.
        cursor: ``nextCursor`` of the page before.
    """

    side: Side = "provider"
    address: forms.AddressText | None = None
    limit: forms.PageLimit = forms.PAGE_DEFAULT
    cursor: forms.CursorText | None = None


class MonthsParams(forms.Closed):
    """Whose months.

    Attributes:
        address: of the account.
        side: ``client`` for what it bought, ``provider`` for what it sold.
    """

    address: forms.AddressText
    side: Side = "client"


class SupplyParams(forms.Closed):
    """When.

    Attributes:
        height: of a block, or ``latest``.
    """

    height: forms.HeightNumber | Literal["latest"] = "latest"


async def get_statistics(services: Services, params: StatisticsParams) -> Json:
    """What happened hour by hour, the latest first, and in all since genesis."""
    with services.reading() as reader:
        statistics = StatisticsReader(reader)
        hours, view = statistics.hours(count=params.hours), statistics.totals()
    totals = view.totals
    return {
        "atHeight": view.height,
        "totals": {
            "accounts": totals.accounts,
            "transactions": totals.transactions,
            "receipts": totals.receipts,
            "settled": totals.settled,
            "refunded": totals.refunded,
            "disputed": totals.disputed,
            "spent": str(totals.spent),
            "fees": str(totals.fees),
        },
        "items": [_hour_shape(one) for one in reversed(hours)],
    }


def _hour_shape(view: HourView) -> Json:
    return {
        "startMs": view.hour * HOUR_MS,
        "lastHeight": view.last_height,
        "blocks": view.blocks,
        "accounts": view.accounts,
        "receipts": view.receipts,
        "settled": view.settled,
        "refunded": view.refunded,
        "disputed": view.disputed,
        "spent": str(view.spent),
        "fees": str(view.fees),
        "kinds": [
            {
                "kind": OutcomeKind(one.kind).name.lower(),
                "count": one.count,
                "amount": str(one.amount),
                "fees": str(one.fees),
            }
            for one in view.kinds
        ],
    }


async def get_models(services: Services, params: StatisticsParams) -> Json:
    """What was claimed and paid over some hours, by model and unit type."""
    with services.reading() as reader:
        found = StatisticsReader(reader).models(hours=params.hours)
    return {
        "startMs": found.first_hour * HOUR_MS,
        "isComplete": found.is_complete,
        "items": [
            {"model": one.model, "unitType": one.unit_type, **_volume_shape(one.volume)}
            for one in found.volumes
        ],
    }


async def get_traders(services: Services, params: TradersParams) -> Json:
    """Miners by what they were paid, or clients by what they paid, the largest first."""
    if params.address is not None:
        with services.reading() as reader:
            found = StatisticsReader(reader).find_trader(parse_address(params.address), params.side)
        return {"items": [] if found is None else [_trader_shape(found)], "nextCursor": None}
    wanted = f"traders {params.side}"
    before = first_below(params.cursor, wanted)
    with services.reading() as reader:
        page = StatisticsReader(reader).traders(params.side, before=before, limit=params.limit)
    return {
        "items": [_trader_shape(one) for one in page],
        "nextCursor": next_cursor(wanted, [one.row for one in page], limit=params.limit),
    }


def _trader_shape(view: TraderView) -> Json:
    return {
        "address": address_of(view.address),
        "receipts": view.volume.receipts,
        "settled": view.volume.settled,
        "refunded": view.volume.refunded,
        "disputed": view.volume.disputed,
        "spent": str(view.volume.spent),
        "fees": str(view.volume.fees),
    }


async def get_account_months(services: Services, params: MonthsParams) -> Json:
    """What an account bought or sold in each month of the last year, the latest first."""
    account = parse_address(params.address)
    with services.reading() as reader:
        days = StatisticsReader(reader).days(account, params.side, count=DAYS_MAX)
    return {
        "items": [
            {"month": month, "unitType": unit_type, **_volume_shape(volume)}
            for month, unit_type, volume in months_of(days)
        ]
    }


def _volume_shape(volume: Volume) -> Json:
    return {
        "receipts": volume.receipts,
        "settled": volume.settled,
        "refunded": volume.refunded,
        "disputed": volume.disputed,
        "unitsMicro": str(volume.units_micro),
        "spent": str(volume.spent),
        "fees": str(volume.fees),
    }


async def get_supply(services: Services, params: SupplyParams) -> Json:
    """Where every unit of the supply is after a block; the difference is 0, or there is a fault."""
    height = None if params.height == "latest" else params.height
    with services.reading() as reader:
        audit = AuditReader(reader).supply(height)
    if audit is None:
        raise problems.not_found("block")
    return {
        "height": audit.height,
        "supply": str(audit.supply),
        "balances": str(audit.balances),
        "reserved": str(audit.reserved),
        "pending": str(audit.pending),
        "bonds": str(audit.bonds),
        "treasury": str(audit.treasury),
        "difference": str(audit.difference),
    }
