"""The first page, and the market: miners and prices."""

from itertools import pairwise
from typing import Any

from node.explorer import charts, looks
from node.explorer.chain_pages import names_of
from node.explorer.visit import Json, View, Visit

LATEST = 8
PACE_BLOCKS = 100
SETTLED_HOURS = 48
DAY_HOURS = 24


async def home(visit: Visit) -> View:
    """The chain at a glance."""
    blocks = (await visit.ask("ait_getBlocks", limit=PACE_BLOCKS))["items"]
    receipts = await visit.ask("ait_getReceipts", limit=LATEST)
    hours = (await visit.find("ait_getStatistics", hours=SETTLED_HOURS) or {"items": []})["items"]
    seats = await visit.ask("ait_getValidators")
    supply = await visit.find("ait_getSupply") or {"reserved": 0}
    pricing = await visit.ask("ait_getPricing")
    values = {
        "tip": blocks[0],
        "pace": pace_of(blocks),
        "blocks": blocks[:LATEST],
        "receipts": receipts["items"],
        "seats": len(seats["validators"]),
        "names": names_of(seats),
        "day": _day_of(hours),
        "escrow": supply["reserved"],
        "settled_chart": _settled_chart(hours),
        "models": _shares(pricing["lastDay"]),
    }
    return View("home.html", values, section="/")


def pace_of(blocks: list[Json]) -> Json | None:
    """Return mean and p99 of the intervals between blocks, newest first; None of fewer than two."""
    times = [one["timeMs"] for one in blocks if one["height"]]
    gaps = sorted(later - earlier for later, earlier in pairwise(times))
    if not gaps:
        return None
    return {
        "count": len(gaps),
        "mean_ms": sum(gaps) // len(gaps),
        "p99_ms": gaps[min(len(gaps) * 99 // 100, len(gaps) - 1)],
    }


def _day_of(hours: list[Json]) -> Json:
    """Return the figures of the last day, and how they compare with the day before.

    Args:
        hours: the latest first.
    """
    today, yesterday = (
        sum(int(one["receipts"]) for one in part)
        for part in (hours[:DAY_HOURS], hours[DAY_HOURS : 2 * DAY_HOURS])
    )
    change = ""
    if yesterday:
        sign = "+" if today >= yesterday else "-"
        change = sign + looks.percent(abs(today - yesterday), yesterday)
    settled = sum(int(one["paid"]) for one in hours[:DAY_HOURS])
    return {"receipts": today, "change": change, "settled": settled}


def _settled_chart(hours: list[Json]) -> str:
    bars = [
        charts.Bar(
            int(one["paid"]), f"{looks.when(one['startMs'])}: {looks.amount(one['paid'])} AITBC"
        )
        for one in reversed(hours)
    ]
    return charts.area(bars, title="AITBC settled in each of the last 48 hours")


def _shares(volumes: list[Json]) -> list[Json]:
    """Return the models of a day with their shares of what was spent, the largest first."""
    by_model: dict[str, int] = {}
    for one in volumes:
        by_model[one["model"]] = by_model.get(one["model"], 0) + int(one["spent"])
    whole = sum(by_model.values())
    ranked = sorted(by_model.items(), key=lambda pair: (-pair[1], pair[0]))[:6]
    return [
        {
            "model": model,
            "spent": spent,
            "share": looks.percent(spent, whole),
            "strip": charts.share(spent, whole, title=f"{model}: {looks.percent(spent, whole)}"),
        }
        for model, spent in ranked
    ]


async def miners(visit: Visit) -> View:
    """Prices and who asks them."""
    pricing = await visit.ask("ait_getPricing")
    found = await visit.find("ait_getMiners") or {"items": []}
    values: dict[str, Any] = {
        "pricing": pricing,
        "miners": [
            one | {"good": looks.percent(one["receipts"] - one["disputed"], one["receipts"])}
            for one in found["items"]
        ],
    }
    return View("miners.html", values, section="/miners")
