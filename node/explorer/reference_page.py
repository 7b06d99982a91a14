"""The reference of the API: what ``rpc.discover`` tells, to be tried where it is read."""

import json

from node.explorer.visit import Json, View, Visit

GROUPS = (
    ("Chain", ("Block", "Transaction", "Genesis", "Parameters", "status", "Statistics")),
    ("Receipts and money", ("Receipt", "Account", "Reservation", "Ledger", "Job", "Payout")),
    ("Market", ("Offers", "Pricing", "Grants", "Fee", "Miners")),
)
REST = "More"
ANSWER_MAX = 1_500
"""Characters of an example's answer that are shown."""


async def reference(visit: Visit) -> View:
    """Every method of the API."""
    document = await visit.ask("rpc.discover")
    groups: dict[str, list[Json]] = {name: [] for name in (*dict(GROUPS), REST)}
    for method in document["methods"]:
        groups[_group_of(method["name"])].append(_shape(method))
    shown = [{"name": name, "methods": methods} for name, methods in groups.items() if methods]
    return View("api.html", {"groups": shown}, section="/api")


def _group_of(name: str) -> str:
    fits = (group for group, words in GROUPS if any(word in name for word in words))
    return next(fits, REST)


def _shape(method: Json) -> Json:
    request = json.dumps(_request(method), indent=2)
    return {
        "name": method["name"],
        "says": _said(method.get("summary", "")),
        "fields": [_field(one) for one in method["params"]],
        "request": request,
        "lines": request.count("\n") + 1,
        "answer": _answer(method),
    }


def _request(method: Json) -> Json:
    """Return a call of the first example's parameters."""
    examples = method.get("examples") or [{"params": []}]
    given = {one["name"]: one["value"] for one in examples[0]["params"]}
    params = {name: value for name, value in given.items() if value is not None}
    return {"jsonrpc": "2.0", "id": 1, "method": method["name"], "params": params}


def _answer(method: Json) -> str:
    """Return the first example's answer, cut where it grows long; "" where there is none."""
    examples = method.get("examples")
    if not examples:
        return ""
    text = json.dumps(examples[0]["result"]["value"], indent=2)
    return text if len(text) <= ANSWER_MAX else f"{text[:ANSWER_MAX]} …"


def _field(descriptor: Json) -> Json:
    return {
        "name": descriptor["name"],
        "required": descriptor.get("required", False),
        "form": _form_of(descriptor["schema"]),
        "says": _said(descriptor.get("description", "")),
    }


def _said(text: str) -> str:
    """Return words without their marks of code."""
    return text.replace("`", "")


def _form_of(schema: Json) -> str:
    """Return a JSON schema in a few words."""
    if "anyOf" in schema:
        words = (_form_of(one) for one in schema["anyOf"] if one.get("type") != "null")
        return " or ".join(dict.fromkeys(words))
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    bounds = [f"{schema[name]}" for name in ("minimum", "maximum") if name in schema]
    return f"{schema.get('type', 'any')} {' to '.join(bounds)}".strip()
