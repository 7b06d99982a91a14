"""The first page, and the market: miners and prices."""

from itertools import pairwise
from typing import Any

from node.api import problems
from node.explorer import charts, looks
from node.explorer.chain_pages import names_of
from node.explorer.visit import Json, View, Visit

LATEST = 8
PACE_BLOCKS = 100
SETTLED_HOURS = 48
DAY_HOURS = 24
HOUR_MS = 3_600_000
GIFT = "10000000"
"""Base units that the faucet gives."""


async def home(visit: Visit) -> View:
    """The chain at a glance."""
    blocks = (await visit.ask("ait_getBlocks", limit=PACE_BLOCKS))["items"]
    receipts = await visit.ask("ait_getReceipts", limit=LATEST)
    hours = (await visit.ask("ait_getStatistics", hours=SETTLED_HOURS))["items"]
    seats = await visit.ask("ait_getValidators")
    supply = await visit.ask("ait_getSupply")
    pricing = await visit.ask("ait_getPricing")
    now_hour = blocks[0]["timeMs"] // HOUR_MS
    values = {
        "tip": blocks[0],
        "pace": pace_of(blocks),
        "blocks": blocks[:LATEST],
        "receipts": receipts["items"],
        "seats": len(seats["validators"]),
        "names": names_of(seats),
        "day": _day_of(hours, now_hour=now_hour),
        "escrow": sum(int(supply[name]) for name in ("reserved", "pending", "bonds")),
        "settled_chart": _settled_chart(hours, now_hour=now_hour),
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


def _day_of(hours: list[Json], *, now_hour: int) -> Json:
    """Return the figures of the last 24 hours, and how they compare with the 24 before.

    Args:
        hours: those in which there were blocks, the latest first.
        now_hour: the hour of the last block.
    """
    sums = [0, 0]
    settled = 0
    for one in hours:
        days = (now_hour - one["startMs"] // HOUR_MS) // DAY_HOURS
        if days < len(sums):
            sums[days] += one["receipts"]
        settled += int(one["spent"]) if days == 0 else 0
    change = ""
    if sums[1]:
        sign = "+" if sums[0] >= sums[1] else "-"
        change = sign + looks.percent(abs(sums[0] - sums[1]), sums[1])
    return {"receipts": sums[0], "change": change, "settled": settled}


def _settled_chart(hours: list[Json], *, now_hour: int) -> str:
    """Return a chart of each of the last hours, those without blocks included."""
    spent = {one["startMs"] // HOUR_MS: int(one["spent"]) for one in hours}
    bars = [
        charts.Bar(
            spent.get(hour, 0),
            f"{looks.when(hour * HOUR_MS)}: {looks.amount(spent.get(hour, 0))} AITBC",
        )
        for hour in range(now_hour - SETTLED_HOURS + 1, now_hour + 1)
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
    found = await visit.ask("ait_getTraders", limit=50)
    values: dict[str, Any] = {
        "pricing": pricing,
        "miners": [
            one | {"good": looks.percent(one["receipts"] - one["disputed"], one["receipts"])}
            for one in found["items"]
        ],
    }
    return View("miners.html", values, section="/miners")


async def faucet(visit: Visit) -> View:
    """Coins for whoever asks, on a devnet."""
    return await _faucet(visit, said="", transaction_id="")


async def pay_out(visit: Visit) -> View:
    """Send the coins, and say in which transaction."""
    found = await visit.ask("dev_faucet", address=visit.text("address"), amount=GIFT)
    said = "Sent and final." if found["isFinal"] else "Sent, and not final yet."
    return await _faucet(visit, said=said, transaction_id=found["transactionId"])


async def _faucet(visit: Visit, *, said: str, transaction_id: str) -> View:
    """Return the form.

    Raises:
        RpcError: this is no devnet.
    """
    parameters = await visit.call("ait_getParameters", {})
    if not parameters["devnet"]:
        raise problems.unknown_method()
    values = {"address": visit.text("address"), "sum": GIFT, "said": said, "id": transaction_id}
    return View("faucet.html", values)
