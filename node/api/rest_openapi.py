"""The OpenAPI document: every path with what it takes and answers, at ``/v1/openapi.json``.

It is made of the table that is served: parameters of the forms that check them, schemas of the
dataclasses that are answered, words of the docstrings. So it cannot tell of another API than this.
"""

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter

from node.api.reasons import REASONS
from node.api.rest_accept import CSV, FORMAT, JSON
from node.api.rest_calls import ROOTS, RestCall
from node.api.rest_forms import Nothing
from node.api.rest_problems import MEDIA_TYPE as PROBLEM
from node.api.rest_schemas import (
    REF,
    field_schemas,
    object_schema,
    tidy_schema,
    words_of,
)
from node.api.rest_stream import MEDIA_TYPE as EVENTS
from node.api.rest_stream import PATH as STREAM
from node.api.rest_stream import StreamAsked
from node.api.services import Services
from node.api.words import Json

OPENAPI: Final = "3.1.0"
"""The version of the specification."""

PATH: Final = "/openapi.json"

_ROOT: Final = ROOTS[0]

_PROBLEM_SCHEMA: Final[Json] = {
    "type": "object",
    "description": "Why a call failed, as RFC 9457 has it; fields beside these are of the reason.",
    "properties": {
        "type": {"type": "string", "description": "where there is more about the code"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(REASONS)},
        "detail": {"type": "string", "description": "a sentence for people; it may change"},
        "advice": {"type": "string", "description": "what the caller can do"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
                "required": ["pointer", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "code", "detail", "advice"],
}


@dataclass(frozen=True, slots=True)
class Document:
    """This document.

    Attributes:
        openapi: version of the specification.
        info: what the API is.
        paths: what may be called.
        components: what they have in common.
    """

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]
    components: dict[str, Any]


def with_openapi(calls: Sequence[RestCall[Any]]) -> tuple[RestCall[Any], ...]:
    """Return the calls with the one that tells of them all."""

    async def get_openapi(_: Services, __: Nothing) -> Document:
        """Every path with what it takes and answers, as OpenAPI 3.1."""
        return document()

    @cache
    def document() -> Document:
        return Document(**openapi_document(whole))

    whole = (*calls, RestCall(PATH, Nothing, get_openapi, Document, cost=20))
    return whole


def openapi_document(calls: Sequence[RestCall[Any]]) -> Json:
    """Return the document of these calls, and of the stream of events."""
    shapes = {one.shape for one in calls}
    keyed: Any = [(shape, "serialization", TypeAdapter(shape)) for shape in shapes]
    refs, whole = TypeAdapter.json_schemas(keyed, ref_template=REF)
    words = {shape.__name__: words_of(shape) for shape in shapes}
    schemas = {
        name: tidy_schema(schema, words.get(name))
        for name, schema in whole.get("$defs", {}).items()
    }
    paths: dict[str, Json] = {}
    for one in calls:
        operation = _operation(one, refs[one.shape, "serialization"])
        paths.setdefault(_ROOT + one.path, {})[one.method.lower()] = operation
    paths[_ROOT + STREAM] = {"get": _stream()}
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "aitbc",
            "version": version("aitbc"),
            "description": "Receipts and billing of a blockchain whose money follows computation. "
            "Amounts are strings of AITBC with six digits after the point, times unix seconds; "
            f"whatever is answered is final. `{ROOTS[1]}` is the same as `{_ROOT}`.",
        },
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted({**schemas, "Problem": _PROBLEM_SCHEMA}.items())),
            "responses": {"Problem": _problem()},
            "securitySchemes": {
                "operator": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "the token in a file of the node's home",
                }
            },
        },
    }


def _operation(one: RestCall[Any], schema: Mapping[str, Any]) -> Json:
    words = inspect.getdoc(one.call) or ""
    query = [] if one.row is None else [_format()]
    operation: Json = {
        "operationId": one.call.__name__,
        "summary": words.partition("\n")[0],
        "tags": [one.path.split("/")[1]],
        "parameters": [
            *_parameters(one.form, "path", one.path_names),
            *_parameters(one.form, "query", one.query_names),
            *query,
            *([_key()] if one.is_idempotent else []),
        ],
        "responses": {
            str(one.status): _answer(one, schema),
            **({"304": _same()} if one.method == "GET" else {}),
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    body = set(one.form.model_fields) - one.path_names - one.query_names
    if one.method != "GET":
        operation["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": object_schema(one.form, body)}},
        }
    if one.is_guarded:
        operation["security"] = [{"operator": []}]
    return operation


def _answer(one: RestCall[Any], schema: Mapping[str, Any]) -> Json:
    content: Json = {JSON: {"schema": schema}}
    if one.row is not None:
        content[CSV] = {"schema": {"type": "string", "description": ", ".join(one.columns)}}
    headers = {"ETag": {"schema": {"type": "string"}}} if one.method == "GET" else {}
    words = re.sub(r"\s+", " ", (inspect.getdoc(one.shape) or "").partition("\n\n")[0])
    return {
        "description": words,
        "content": content,
        **({"headers": headers} if headers else {}),
    }


def _stream() -> Json:
    return {
        "operationId": "get_stream",
        "summary": "Blocks, receipts and transactions as they come: server-sent events.",
        "tags": ["stream"],
        "parameters": [
            *_parameters(StreamAsked, "query", StreamAsked.model_fields),
            {
                "name": "Last-Event-ID",
                "in": "header",
                "description": "go on behind this event",
                "schema": {"type": "string"},
            },
        ],
        "responses": {
            "200": {
                "description": "events without end",
                "content": {EVENTS: {"schema": {"type": "string"}}},
            },
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }


def _parameters(form: type[BaseModel], place: str, names: Iterable[str]) -> list[Json]:
    """Return the parameters of a form that are in a place, in the order of the form."""
    schema, words, wanted = field_schemas(form), words_of(form), set(names)
    return [
        {
            "name": name,
            "in": place,
            "description": words.get(name, name),
            "required": field.is_required() or place == "path",
            "schema": schema[name],
            **({"style": "form", "explode": False} if schema[name].get("type") == "array" else {}),
        }
        for name, field in form.model_fields.items()
        if name in wanted
    ]


def _format() -> Json:
    words = "of the answer; it comes before Accept"
    schema = {"type": "string", "enum": ["json", "csv"]}
    return {"name": FORMAT, "in": "query", "description": words, "schema": schema}


def _key() -> Json:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "names what is to happen once, however often it is asked for",
        "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    }


def _same() -> Json:
    return {"description": "the caller has this answer: its ETag is in If-None-Match"}


def _problem() -> Json:
    statuses = sorted({one.status for one in REASONS.values()})
    names = "; ".join(f"{status} {HTTPStatus(status).phrase}" for status in statuses)
    schema = {"$ref": REF.format(model="Problem")}
    return {"description": f"it failed: {names}", "content": {PROBLEM: {"schema": schema}}}
