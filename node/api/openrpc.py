"""The OpenRPC document: every method with its parameters, its result and its errors.

Parameters come from the forms that check them, results from ``results``, errors from ``reasons``,
and the words from the docstrings, so none of it can be another thing than what is served. The
examples were recorded from a real chain, which a test does again.
"""

import inspect
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from node.api import forms
from node.api.jsonrpc import Method
from node.api.reasons import REASONS, RpcCode
from node.api.result_components import COMPONENTS
from node.api.results import RESULTS
from node.api.services import Services
from node.api.words import Json

OPENRPC = "1.2.6"
"""The version of the specification."""

DISCOVER = "rpc.discover"

EXAMPLES = Path(__file__).with_name("openrpc_examples.json")
"""Calls and their answers by method."""

_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)

_SUBMISSIONS_ONLY = frozenset({RpcCode.REJECTED})


def with_discovery(
    methods: Sequence[Method[Services, Any]],
) -> tuple[Method[Services, Any], ...]:
    """Return the methods with the one that tells of them all, and of no others."""

    async def discover(_: Services, __: forms.Nothing) -> Json:
        """Every method with its parameters, result, errors and examples, as OpenRPC."""
        return document()

    @cache
    def document() -> Json:
        return openrpc_document(whole)

    others = (one for one in methods if one.name != DISCOVER)
    whole = (*others, Method(DISCOVER, forms.Nothing, discover, {}, cost=20))
    return whole


def openrpc_document(methods: Iterable[Method[Services, Any]]) -> Json:
    """Return the document of these methods."""
    methods, examples = tuple(methods), json.loads(EXAMPLES.read_bytes())
    parts = [_schema_of(method.params).get("$defs", {}) for method in methods]
    return {
        "openrpc": OPENRPC,
        "info": {
            "title": "aitbc",
            "version": version("aitbc"),
            "description": "A node of a blockchain whose money follows receipts for computation. "
            "Amounts are decimal strings of base units; whatever is answered is final.",
        },
        "methods": [_method(method, examples.get(method.name, ())) for method in methods],
        "components": {
            "schemas": {
                **COMPONENTS,
                **{key: value for one in parts for key, value in one.items()},
            },
            "errors": {code.name.lower(): _error(code) for code in RpcCode},
        },
    }


def _method(method: Method[Services, Any], examples: Sequence[Json]) -> Json:
    codes = [code for code in RpcCode if method.is_submission or code not in _SUBMISSIONS_ONLY]
    descriptors = _descriptors(method.params)
    return {
        "name": method.name,
        "summary": (inspect.getdoc(method.call) or "").partition("\n")[0],
        "paramStructure": "either",
        "params": descriptors,
        "result": {"name": "result", "schema": RESULTS.get(method.name, {})},
        "errors": [{"$ref": f"#/components/errors/{code.name.lower()}"} for code in codes],
        **({"examples": [_example(one, method.params) for one in examples]} if examples else {}),
    }


def _descriptors(form: type[BaseModel]) -> list[Json]:
    """Return what a form takes, in the order of its positions."""
    whole = _schema_of(form)
    words = dict(_ATTRIBUTE.findall(inspect.getdoc(form) or ""))
    return [
        {
            "name": field.alias or name,
            "description": re.sub(r"\s+", " ", words.get(name, name)).replace("``", "`"),
            "required": field.is_required(),
            "schema": _without_titles(whole["properties"][field.alias or name]),
        }
        for name, field in form.model_fields.items()
    ]


def _schema_of(form: type[BaseModel]) -> Json:
    """Return a form as JSON Schema; a form inside it is a component."""
    return form.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")


def _without_titles(schema: Mapping[str, Any]) -> Json:
    """Leave out the names that the library makes up."""
    return {
        key: _without_titles(value) if isinstance(value, dict) else value
        for key, value in schema.items()
        if key != "title"
    }


def _example(recorded: Mapping[str, Any], form: type[BaseModel]) -> Json:
    """Return a recorded call with its parameters by position, up to the last that was given."""
    given = dict(recorded["params"])
    names = [field.alias or name for name, field in form.model_fields.items()]
    defaults = [field.default for field in form.model_fields.values()]
    last = max((names.index(name) for name in given), default=-1)
    pairs = list(zip(names, defaults, strict=True))[: last + 1]
    return {
        "name": recorded["name"],
        "params": [{"name": name, "value": given.get(name, value)} for name, value in pairs],
        "result": {"name": "result", "value": recorded["result"]},
    }


def _error(code: RpcCode) -> Json:
    reasons = [reason for reason in REASONS.values() if reason.code is code]
    return {
        "code": int(code),
        "message": code.name.replace("_", " ").capitalize(),
        "data": {
            "reasons": [
                {"reason": one.name, "status": one.status, "advice": one.advice} for one in reasons
            ]
        },
    }
