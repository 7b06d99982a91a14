"""Receipts: the list with its filter, and one with everything that is known of it."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from chain.block import Header
from chain.receipt import decode_receipt
from chain.verdict import CheckState, Verification
from node.explorer import looks
from node.explorer.visit import File, Json, View, Visit
from node.receipt_check import verify_receipt

PAGE_ROWS = 25
STATUSES = ("pending", "disputed", "paid", "split", "refunded")
ROLES = (("either", "as client or miner"), ("client", "as client"), ("provider", "as miner"))
TIMES = (("", "any time"), ("1h", "last hour"), ("24h", "last 24 h"), ("30d", "last 30 days"))

_SPANS_MS = {"1h": 3_600_000, "24h": 86_400_000, "30d": 30 * 86_400_000}


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a receipt's life.

    Attributes:
        name: what it is called.
        what: what happened, in a few words.
        height: of its block; None for none.
        time_ms: unix milliseconds; None where nobody knows.
    """

    name: str
    what: str
    height: int | None = None
    time_ms: int | None = None

    @property
    def done(self) -> bool:
        """Whether it has happened, as far as the chain knows."""
        return self.time_ms is not None


async def receipts(visit: Visit) -> View:
    """Receipts by account, role, model, status and time."""
    asked = visit.given("address", "role", "model", "status", "since")
    wanted = filter_of(asked, now_ms=visit.now_ms)
    found = await visit.ask("ait_getReceipts", limit=PAGE_ROWS, **wanted, **visit.given("cursor"))
    pricing = await visit.call("ait_getPricing", {})
    values = {
        "items": found["items"],
        "page": visit.paging(found["nextCursor"]),
        "wanted": {"address": "", "role": "either", "model": "", "status": "", "since": ""} | asked,
        "roles": ROLES,
        "statuses": STATUSES,
        "times": TIMES,
        "models": sorted({one["model"] for one in pricing["baseRates"] + pricing["offers"]}),
        "totals": _totals(found["items"]),
        "sums": await _sums(visit, wanted),
        "files": files_of(wanted),
    }
    return View("receipts.html", values, section="/receipts")


def filter_of(asked: dict[str, str], *, now_ms: int) -> dict[str, Any]:
    """Return the API's filter for what a page's form asks."""
    wanted: dict[str, Any] = {name: asked[name] for name in ("model", "status") if name in asked}
    role = asked.get("role", "either")
    if "address" in asked:
        name = role if role in ("client", "provider") else "address"
        wanted[name] = asked["address"]
    if asked.get("since") in _SPANS_MS:
        wanted["fromMs"] = now_ms - _SPANS_MS[asked["since"]]
    return wanted


def files_of(wanted: dict[str, Any]) -> dict[str, str]:
    """Return the URLs of the same receipts as files."""
    names = {"provider": "miner", "fromMs": "start_time"}
    query = {names.get(name, name): value for name, value in wanted.items()}
    if "start_time" in query:
        query["start_time"] = query["start_time"] // 1_000
    query["limit"] = 500
    return {
        "csv": f"/v1/receipts?{urlencode(query | {'format': 'csv'})}",
        "json": f"/v1/receipts?{urlencode(query)}",
    }


async def _sums(visit: Visit, wanted: dict[str, Any]) -> list[Json]:
    """Return what the chain keeps sums of: all receipts, or those of one account in each role."""
    if not wanted:
        found = await visit.ask("ait_getStatistics", hours=1)
        return [{"of": "All receipts", **found["totals"]}]
    if len(wanted) > 1 or wanted.keys() & {"model", "status", "fromMs"}:
        return []
    sides = {"client": "As client", "provider": "As miner"}
    sums = []
    for side, word in sides.items():
        address = wanted.get("address", wanted.get(side))
        if address is not None:
            found = await visit.ask("ait_getTraders", side=side, address=address)
            sums += [{"of": word, **one} for one in found["items"]]
    return sums


def _totals(items: list[Json]) -> Json | None:
    if not items:
        return None
    by_type: dict[str, int] = {}
    for one in items:
        by_type[one["unitType"]] = by_type.get(one["unitType"], 0) + int(one["unitsMicro"])
    said = [f"{looks.units(micro)} {looks.unit_word(name)}" for name, micro in by_type.items()]
    return {
        "count": len(items),
        "units": ", ".join(said),
        "price": sum(int(one["price"]) for one in items),
        "paid": sum(int(one["paid"]) for one in items),
    }


async def receipt(visit: Visit) -> View:
    """One receipt: who, for whom, what, how much, and whether it is true."""
    one = await visit.ask("ait_getReceipt", receipt=visit.parts["receipt"])
    proof = await visit.ask("ait_getReceiptProof", receipt=one["receiptHash"])
    reservation = await visit.find("ait_getReservation", reservationId=one["reservationId"])
    reserved = await visit.find("ait_getTransaction", transactionId=one["reservationId"])
    settled = one["settledHeight"]
    block = await visit.call("ait_getBlock", {"block": settled}) if settled else None
    verification = verify_receipt(proof, genesis=await visit.beginning.genesis())
    leaf = proof["receipt"]["document"]
    values = {
        "one": one,
        "sentence": {"verb": "paid" if one["status"] == "paid" else "was asked to pay"},
        "steps": steps_of(one, reserved, block),
        "reservation": reservation,
        "released": released_of(reservation),
        "rate": _rate(one),
        "verification": {"is_valid": bool(verification)},
        "checks": _checks(verification),
        "payload": decode_receipt(leaf.encode()).signed_bytes.decode(),
        "leaf": leaf,
        "path": proof["receipt"]["path"],
        "receipts_root": f"0x{Header.decode(bytes.fromhex(proof['header'])).receipts_root.hex()}",
    }
    return View("receipt.html", values, section="/receipts")


def steps_of(one: Json, reserved: Json | None, settled: Json | None) -> list[Step]:
    """Return the five steps of a receipt's life.

    Args:
        one: the receipt.
        reserved: the transaction that reserved the money; None where it is not known.
        settled: the block that ended the claim; None before.
    """
    started_ms, completed_ms = one["startedAt"] * 1_000, one["completedAt"] * 1_000
    worked_ms = one["document"].get("duration_ms", completed_ms - started_ms)
    held = f"{looks.amount(reserved['amount'])} held" if reserved else "money held"
    ended = {
        "paid": f"{looks.amount(one['paid'])} paid",
        "split": f"{looks.amount(one['paid'])} paid, the rest returned",
        "refunded": "returned to the client",
    }.get(one["status"], f"waits until #{one['dueHeight']:,}" if one["dueHeight"] else "waits")
    return [
        Step("Reserved", held, *_place(reserved)),
        Step("Computed", f"{looks.span(int(worked_ms))} on the miner", None, started_ms),
        Step("Signed", f"key {one['document']['signature']['key_id']}", None, completed_ms),
        Step("Included", "claimed on chain", *_place(one)),
        Step("Final", ended, *_place(settled)),
    ]


def _place(one: Json | None) -> tuple[int | None, int | None]:
    return (None, None) if one is None else (one["height"], one["timeMs"])


def released_of(reservation: Json | None) -> int | None:
    """Return the base units that went back when a reservation ended; None before."""
    if reservation is None or reservation["status"] != "ended":
        return None
    return int(reservation["cap"]) - int(reservation["spent"])


def _rate(one: Json) -> str | None:
    """Return the price of a whole unit where it is a whole number of base units."""
    micro, price = int(one["unitsMicro"]), int(one["price"])
    whole, rest = divmod(price * 10**looks.MICRO_DIGITS, micro or 1)
    return None if rest or not micro else looks.amount(whole)


def _checks(verification: Verification) -> list[Json]:
    marks = {CheckState.PASSED: "good", CheckState.FAILED: "bad", CheckState.NOT_CHECKED: "soft"}
    return [
        {"mark": marks[check.state], "name": check.name, "said": check.said}
        for check in verification.checks
    ]


async def proof(visit: Visit) -> File:
    """A receipt's proof, as ``aitbc receipt verify`` reads it."""
    found = await visit.ask("ait_getReceiptProof", receipt=visit.parts["receipt"])
    return File(json.dumps(found, sort_keys=True, separators=(",", ":")).encode())
