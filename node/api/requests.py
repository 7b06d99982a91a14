"""Reading what callers send: which method, with which parameters, under which id.

Ids come back exactly as they were sent, and an id of null is answered: only a request without one
is a notification.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from node.api import problems

Params = TypeVar("Params", bound=BaseModel)


@dataclass(frozen=True)
class Request:
    """One call.

    Attributes:
        method: its name; it need not exist.
        params: by name or by position.
        id_text: the id as JSON text; None for a notification.
    """

    method: str
    params: Mapping[str, Any] | Sequence[Any]
    id_text: str | None


def read_request(item: object) -> Request:
    """Return the request that an element is.

    Raises:
        RpcError: it is none.
    """
    if not isinstance(item, dict):
        raise problems.invalid_request(detail="it is not an object")
    if "id" in item and not _is_id(item["id"]):
        raise problems.invalid_request(detail="its id is neither a string nor a number nor null")
    if item.get("jsonrpc") != "2.0":
        raise problems.invalid_request(detail='its jsonrpc is not "2.0"')
    method, params = item.get("method"), item.get("params", {})
    if not isinstance(method, str):
        raise problems.invalid_request(detail="its method is not a string")
    if not isinstance(params, dict | list):
        raise problems.invalid_request(detail="its params are neither an object nor an array")
    return Request(method, params, _id_text(item["id"]) if "id" in item else None)


def _is_id(value: object) -> bool:
    return value is None or (isinstance(value, str | int | Decimal) and not isinstance(value, bool))


def _id_text(value: object) -> str:
    """Return an id as JSON; ASCII, so that even half a surrogate pair comes back as it was."""
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def readable_id(item: object) -> str:
    """Return the id of what is no request, or null where it has none that can be read."""
    value = item.get("id") if isinstance(item, dict) else None
    return _id_text(value) if _is_id(value) else "null"


def read_params(form: type[Params], given: Mapping[str, Any] | Sequence[Any]) -> Params:
    """Return parameters in their form.

    Raises:
        RpcError: one is missing, unknown or ill-typed; names each.
    """
    names = [field.alias or name for name, field in form.model_fields.items()]
    if not isinstance(given, Mapping):
        if len(given) > len(names):
            raise problems.invalid_param(path="params", msg=f"at most {len(names)} are taken")
        given = dict(zip(names, given, strict=False))
    try:
        return form.model_validate(given)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise problems.invalid_params([_fault(fault, names) for fault in faults[:10]]) from None


def _fault(fault: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """Say where and what, without repeating a name or a value that the caller made up."""
    place = fault["loc"][0] if fault["loc"] else "params"
    return {
        "path": place if place in names else "params",
        "msg": fault["msg"].removeprefix("Value error, "),
    }
