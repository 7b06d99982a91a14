"""Accounts, and what they have reserved: reservations and jobs."""

from typing import Any
from urllib.parse import quote

from node.explorer import charts, looks
from node.explorer.search import choice, find_address
from node.explorer.visit import Json, View, Visit

PAGE_ROWS = 25
STATUSES = ("open", "closing", "ended")
SIDES = (("client", "Clients by what they paid"), ("provider", "Miners by what they were paid"))
TABS = (
    ("transactions", "Transactions"),
    ("client", "Receipts as client"),
    ("miner", "Receipts as miner"),
    ("reservations", "Reservations"),
    ("ledger", "Reserved money"),
)


async def account(visit: Visit) -> View:
    """One account: money, and its history in every role."""
    named = find_address(visit.parts["address"])
    if named.hint and named.hits:
        return choice(visit, visit.parts["address"], named)
    found = await visit.ask("ait_getAccount", address=visit.parts["address"])
    address = found["address"] or visit.parts["address"]  # the zero address stands for nobody
    wanted = visit.text("tab")
    tab = wanted if wanted in dict(TABS) else TABS[0][0]
    listed = await _history(visit, tab, address)
    months = await visit.ask("ait_getAccountMonths", address=address)
    values = {
        "account": found | {"address": address},
        "roles": await _roles(visit, address),
        "tab": tab,
        "tabs": [
            {"name": name, "url": f"/account/{address}?tab={key}", "here": key == tab}
            for key, name in TABS
        ],
        "items": listed["items"],
        "page": visit.paging(listed["nextCursor"]),
        "months_chart": _months_chart(months["items"], now_ms=visit.now_ms),
        "statement": f"/v1/audit/account?address={address}&format=csv",
    }
    return View("account.html", values)


async def _history(visit: Visit, tab: str, address: str) -> Json:
    more: dict[str, Any] = {"limit": PAGE_ROWS, **visit.given("cursor")}
    match tab:
        case "client":
            found = await visit.ask("ait_getReceipts", client=address, **more)
        case "miner":
            found = await visit.ask("ait_getReceipts", provider=address, **more)
        case "reservations":
            found = await visit.ask("ait_getReservations", client=address, **more)
        case "ledger":
            found = await visit.ask("ait_getLedger", address=address, **more)
        case _:
            found = await visit.ask("ait_getTransactions", address=address, **more)
    listed: Json = found
    return listed


async def _roles(visit: Visit, address: str) -> list[str]:
    """Return the parts that an account has played."""
    roles = []
    for word, name in (("client", "client"), ("miner", "provider")):
        found = await visit.call("ait_getReceipts", {name: address, "limit": 1})
        roles += [word] if found["items"] else []
    seats = await visit.call("ait_getValidators", {})
    roles += ["validator"] if any(one["payee"] == address for one in seats["validators"]) else []
    return roles


def _months_chart(months: list[Json], *, now_ms: int) -> str | None:
    """Return what was spent in each of the last twelve months; types of unit add up in money."""
    sums: dict[str, int] = {}
    for one in months:
        sums[one["month"]] = sums.get(one["month"], 0) + int(one["spent"])
    if not sums:
        return None
    bars = [
        charts.Bar(sums.get(month, 0), f"{month}: {looks.amount(sums.get(month, 0))} AITBC")
        for month in looks.months(now_ms)
    ]
    return charts.columns(bars, title="AITBC spent in each of the last twelve months")


async def accounts(visit: Visit) -> View:
    """Who has bought or sold the most."""
    side = visit.text("side") if visit.text("side") in dict(SIDES) else SIDES[0][0]
    found = await visit.ask("ait_getTraders", side=side, limit=PAGE_ROWS, **visit.given("cursor"))
    statistics = await visit.ask("ait_getStatistics", hours=1)
    values = {
        "items": found["items"],
        "page": visit.paging(found["nextCursor"]),
        "side": side,
        "tabs": [
            {"name": name, "url": f"/accounts?side={key}", "here": key == side}
            for key, name in SIDES
        ],
        "count": statistics["totals"]["accounts"],
    }
    return View("accounts.html", values, section="/accounts")


async def reservations(visit: Visit) -> View:
    """Reservations of the chain or of an account, newest first."""
    asked = visit.given("address", "status")
    wanted = {"client" if name == "address" else name: value for name, value in asked.items()}
    found = await visit.ask(
        "ait_getReservations", limit=PAGE_ROWS, **wanted, **visit.given("cursor")
    )
    values = {
        "items": found["items"],
        "page": visit.paging(found["nextCursor"]),
        "wanted": {"address": "", "status": ""} | asked,
        "statuses": STATUSES,
    }
    return View("reservations.html", values)


async def reservation(visit: Visit) -> View:
    """One reservation: its terms, its money, its claims."""
    one = await visit.ask("ait_getReservation", reservationId=visit.parts["id"])
    left = int(one["cap"]) - int(one["spent"]) - int(one["pending"])
    return View("reservation.html", {"one": one, "left": left})


async def job(visit: Visit) -> View:
    """One job of a client: its reservations, receipts and what became of them."""
    client, job_id = visit.parts["client"], visit.parts["job"]
    one = await visit.ask("ait_getJob", client=client, jobId=job_id)
    return View("job.html", {"one": one, "job_id": job_id})


def job_url(client: str, job_id: str) -> str:
    """Return the page of a client's job."""
    return f"/job/{client}/{quote(job_id, safe=':')}"
