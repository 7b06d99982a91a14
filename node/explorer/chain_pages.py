"""Blocks and transactions."""

from typing import Any

from markupsafe import Markup, escape

from chain.kind import Kind
from node.explorer import looks
from node.explorer.visit import Json, View, Visit

KINDS = tuple(kind.name.lower() for kind in Kind)
PAGE_ROWS = 25
BLOCK_ROWS = 50
"""Transactions of a block on one page."""

DIGITS_MAX = 16

_SENTENCES = {
    "transfer": "{from_} sent {sum} to {to}.",
    "reserve": "{from_} reserved {sum} for {to}, for the job {jobId}.",
    "claim": "{to} claimed {sum} for the job {jobId} by a receipt.",
    "claim_batch": "{to} claimed {sum} for {count} receipts at once.",
    "release": "{from_} ended a reservation, and {back} went back.",
    "accept": "{from_} accepted a claim of {sum}.",
    "dispute": "{from_} disputed a claim of {sum}.",
    "grant": "{from_} lets the key {label} spend from its balance, within limits.",
    "revoke": "{from_} took back what it had granted to a key.",
    "offer": "{from_} says what it asks for a unit of {model}.",
}
"""What a kind of transaction does, with fields of its payload; others are validators' decisions."""

_AMOUNTS = frozenset(
    {"amount", "cap", "maxRate", "rate", "providerAmount", "totalLimit", "transactionLimit"}
    | {"periodLimit"}
)
_ACCOUNTS = frozenset({"to", "provider", "client"})


async def blocks(visit: Visit) -> View:
    """All blocks, newest first."""
    found = await visit.ask("ait_getBlocks", limit=PAGE_ROWS, **visit.given("cursor"))
    seats = await visit.ask("ait_getValidators")
    values = {
        "blocks": found["items"],
        "page": visit.paging(found["nextCursor"]),
        "seats": len(seats["validators"]),
        "names": names_of(seats),
    }
    return View("blocks.html", values, section="/blocks")


async def block(visit: Visit) -> View:
    """One block: its header, who signed it, what it holds."""
    name, start = visit.parts["block"], visit.text("from")
    height = _number(name)
    found = await visit.ask(
        "ait_getBlock",
        block=name if height is None else height,
        transactions=True,
        fromIndex=_number(start) or 0,
        limit=BLOCK_ROWS,
    )
    signing: Json = {"validators": [], "items": []}
    if found["height"]:
        signing = await visit.ask("ait_getSigning", height=found["height"], limit=1)
    status = await visit.call("ait_status", {})
    values = {
        "block": found,
        "tip": status["height"],
        "first": _number(start) or 0,
        "votes": _votes(signing),
        "names": {one["publicKey"]: one["name"] for one in signing["validators"]},
    }
    return View("block.html", values, section="/blocks")


def _number(text: str) -> int | None:
    """Return a number of a few digits, or None: Python itself refuses to read very long ones."""
    return int(text) if text.isdecimal() and len(text) <= DIGITS_MAX else None


def _votes(signing: Json) -> list[Json]:
    """Return for each validator of one block whether the certificate has its signature."""
    return [
        signing["validators"][place] | {"signed": place in one["signed"]}
        for one in signing["items"]
        for place in one["members"]
    ]


async def transactions(visit: Visit) -> View:
    """Transactions of the chain or of an account, newest first."""
    wanted = visit.given("address", "kind")
    found = await visit.ask(
        "ait_getTransactions", limit=PAGE_ROWS, **wanted, **visit.given("cursor")
    )
    values = {
        "items": found["items"],
        "page": visit.paging(found["nextCursor"]),
        "wanted": {"address": "", "kind": ""} | wanted,
        "kinds": KINDS,
    }
    return View("transactions.html", values, section="/txs")


async def transaction(visit: Visit) -> View:
    """One transaction: what it says, what it moved, which receipts it claims."""
    one = await visit.ask("ait_getTransaction", transactionId=visit.parts["id"])
    receipts = [
        found
        for claim in claims_of(one)[:10]
        if (found := await visit.find("ait_getReceipt", receipt=claim["receiptHash"]))
    ]
    values = {
        "one": one,
        "sentence": sentence_of(one),
        "said": [(name, _said(name, value)) for name, value in one["payload"].items()],
        "receipts": receipts,
    }
    return View("transaction.html", values, section="/txs")


def claims_of(one: Json) -> list[Json]:
    """Return the claims that a transaction makes."""
    payload: Json = one["payload"]
    if one["kind"] == "claim":
        return [payload]
    claims: list[Json] = payload.get("claims", [])
    return claims


def sentence_of(one: Json) -> str:
    """Return what a transaction did, in a sentence."""
    names = {
        "from_": looks.shorter(one["sender"] or ""),
        "to": looks.shorter(one["recipient"] or "any miner"),
        "sum": f"{looks.amount(one['amount'])} AITBC",
        "back": f"{looks.amount(one['returned'])} AITBC",
        "count": len(one["payload"].get("claims", ())),
        "what": looks.words(one["kind"]),
    }
    sentence = _SENTENCES.get(one["kind"], "The validators decided: {what}.")
    return sentence.format(**(one["payload"] | names))


def _said(name: str, value: Any) -> Markup | str:  # noqa: ANN401 - any field of a payload
    """Return a field of a payload as it is shown."""
    if value is None or value == []:
        return Markup('<span class="soft">{}</span>').format(looks.NONE)
    if name in _ACCOUNTS:
        return link(f"/account/{value}", value)
    if name == "receiptHash":
        return link(f"/receipt/{value}", value)
    if name == "reservationId":
        return link(f"/reservation/{value}", value)
    if name in _AMOUNTS:
        return f"{looks.amount(value)} AITBC"
    if name == "unitsMicro":
        return looks.units(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        parts = [_plain(one) for one in value]
        return Markup("<br>").join(parts)
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{looks.words(name)} {one}" for name, one in value.items())
    return str(value)


def link(url: str, text: str) -> Markup:
    """Return a link with a text in the type of code."""
    return Markup('<a class="mono" href="{}">{}</a>').format(escape(url), text)


def names_of(seats: Json) -> dict[str, str]:
    """Return the names of validators by their public keys."""
    return {one["publicKey"]: one["name"] for one in seats["validators"]}
