"""The validators and this node: agreement, network, mempool, parameters, genesis, API."""

import json
from itertools import pairwise
from typing import Any

from node.explorer import charts, looks
from node.explorer.chain_pages import names_of
from node.explorer.visit import File, Json, View, Visit

SHOWN = 50
PAGE_ROWS = 25
SILENT = 20
"""Blocks without a signature after which a validator counts as silent: a certificate holds the
first signatures that suffice, so one that is slower than the others is missing in many."""

ACCOUNTS_SHOWN = 50
"""Of the genesis document; the file that can be saved has them all."""

_WORDS = {
    "none": "no validator then",
    "proposed": "proposed",
    "signed": "signed",
    "absent": "not among the first that sufficed",
}


async def validators(visit: Visit) -> View:
    """Who votes, and how they did in the last blocks."""
    seats = await visit.ask("ait_getValidators")
    signing = await visit.ask("ait_getSigning", limit=SHOWN)
    blocks = (await visit.ask("ait_getBlocks", limit=SHOWN))["items"]
    state = await visit.find("ait_getConsensusState")
    evidence = await visit.ask("ait_getEvidence", limit=5)
    records = {one["publicKey"]: one for one in seats["validators"]}
    rows = [one | record_of(key, signing) for key, one in records.items()]
    values = {
        "seats": seats,
        "state": state,
        "rows": rows,
        "shown": len(signing["items"]),
        "signed_share": _signed_share(signing["items"]),
        "more_rounds": sum(one["round"] > 0 for one in signing["items"]),
        "intervals_count": max(len(blocks) - 1, 0),
        "intervals_chart": _intervals_chart(blocks),
        "evidence": evidence["items"],
    }
    return View("validators.html", values, section="/validators")


def record_of(public_key: str, signing: Json) -> Json:
    """Return what a validator did in some blocks.

    Args:
        public_key: whose record it is.
        signing: what ``ait_getSigning`` answers.
    """
    keys = [one["publicKey"] for one in signing["validators"]]
    place = keys.index(public_key) if public_key in keys else None
    marks = [(one["height"], _mark(one, place)) for one in reversed(signing["items"])]
    proposed, signed = (sum(mark == name for _, mark in marks) for name in ("proposed", "signed"))
    bars = [charts.Bar(1, f"#{height:,}: {_WORDS[mark]}", mark) for height, mark in marks]
    title = f"proposed {proposed} and signed {signed} more of the last {len(marks)} blocks"
    lately = {mark for _, mark in marks[-SILENT:]}
    return {
        "strip": charts.strip(bars, title=title),
        "proposed": proposed,
        "signed": proposed + signed,
        "is_silent": not lately & {"proposed", "signed"},
    }


def _mark(one: Json, place: int | None) -> str:
    """Return what the validator at a place did for a block."""
    if place not in one["members"]:
        return "none"
    if place == one["proposer"]:
        return "proposed"
    return "signed" if place in one["signed"] else "absent"


def _signed_share(items: list[Json]) -> str:
    signed = sum(len(one["signed"]) for one in items)
    return looks.percent(signed, sum(len(one["members"]) for one in items))


def _intervals_chart(blocks: list[Json]) -> str:
    pairs = [(one, two) for one, two in pairwise(blocks) if two["height"]]
    bars = [
        charts.Bar(
            later["timeMs"] - earlier["timeMs"],
            f"#{later['height']:,}: {looks.span(later['timeMs'] - earlier['timeMs'])}",
        )
        for later, earlier in reversed(pairs)
    ]
    return charts.columns(bars, title="time between blocks")


async def validator(visit: Visit) -> View:
    """One validator."""
    key = visit.parts["key"]
    seats = await visit.ask("ait_getValidators")
    signing = await visit.ask("ait_getSigning", limit=SHOWN)
    blocks = await visit.find("ait_getBlocks", proposer=key, limit=PAGE_ROWS)
    known = {one["publicKey"]: one for one in seats["validators"]}
    absent = {"publicKey": key, "name": looks.short(key), "payee": None, "sinceHeight": 1}
    values = {
        "one": known.get(key, absent) | record_of(key, signing),
        "fallen": key in seats["tombstoned"],
        "shown": len(signing["items"]),
        "blocks": (blocks or {"items": []})["items"],
        "count": len(seats["validators"]),
        "names": names_of(seats),
    }
    return View("validator.html", values, section="/validators")


async def network(visit: Visit) -> View:
    """This node, and how it stands with the others."""
    status = await visit.ask("ait_status")
    synced = "in step" if status["catchingUp"] is False else "catching up"
    node = (
        ("Name", status["name"]),
        ("Version", _or_dash(status["version"])),
        ("Part", "validator" if status["validator"] else "full node"),
        ("State", synced if status["coreConnected"] else "its core is away"),
        ("Height", f"{status['height']:,}"),
        ("Highest known", _or_dash(status["best"])),
        ("Blocks a second", _or_dash(status["blocksPerS"])),
        ("Time left", _or_dash(status["remainingS"])),
        ("Peers", _or_dash(status["peers"])),
        ("Transactions that wait", _or_dash(status["mempool"])),
    )
    limits = tuple((_label(name), f"{value:,}") for name, value in status["limits"].items())
    groups = (
        {"name": "This node", "facts": node, "live": "node"},
        {"name": "What a caller may ask", "facts": limits, "live": ""},
    )
    return _facts("Network", groups, section="/network")


async def mempool(visit: Visit) -> View:
    """What waits for a block."""
    found = await visit.ask("ait_getMempool")
    facts = tuple((_label(name), _plain(value)) for name, value in found.items())
    text = "Transactions that are valid and not in a block yet; their contents are not shown."
    groups = ({"name": "", "facts": facts, "live": "mempool"},)
    return _facts("Mempool", groups, text=text)


async def parameters(visit: Visit) -> View:
    """The chain's parameters, which its validators may change together."""
    found = await visit.ask("ait_getParameters")
    fees = tuple(
        (_label(name), f"{looks.amount(fee)} AITBC") for name, fee in found["fees"].items()
    )
    rest = tuple(
        (_label(name), _plain(value))
        for name, value in found.items()
        if name not in ("fees", "baseRates")
    )
    rates = tuple(
        (one["model"], f"{looks.amount(one['rate'])} AITBC per {one['unitType']}")
        for one in found["baseRates"]
    )
    groups = (
        {"name": "", "facts": rest, "live": ""},
        {"name": "Fees", "facts": fees, "live": ""},
        {"name": "Base rates", "facts": rates, "live": ""},
    )
    return _facts("Parameters", groups)


async def genesis(visit: Visit) -> View:
    """What the chain began with."""
    document = await visit.ask("ait_getGenesis")
    accounts = document.get("accounts", [])
    shown = document | ({"accounts": accounts[:ACCOUNTS_SHOWN]} if accounts else {})
    values = {
        "document": json.dumps(shown, indent=2, sort_keys=True),
        "accounts": len(accounts),
        "left_out": max(len(accounts) - ACCOUNTS_SHOWN, 0),
        "supply": sum(int(one["balance"]) for one in accounts),
    }
    return View("genesis.html", values)


async def genesis_file(visit: Visit) -> File:
    """The whole document, as ``--genesis`` of the commands reads it."""
    document = await visit.ask("ait_getGenesis")
    return File(json.dumps(document, separators=(",", ":"), sort_keys=True).encode())


def _facts(heading: str, groups: tuple[Json, ...], *, text: str = "", section: str = "") -> View:
    values: dict[str, Any] = {"heading": heading, "groups": groups, "text": text, "buttons": ()}
    return View("facts.html", values, section=section)


def _label(name: str) -> str:
    return looks.words(name).capitalize()


def _or_dash(value: object) -> str:
    return looks.NONE if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, dict):
        return ", ".join(f"{looks.words(name)} {one}" for name, one in value.items()) or looks.NONE
    if isinstance(value, list):
        return ", ".join(map(str, value)) or looks.NONE
    return str(value)
