"""How a form of REST is put together of the path, the query and the body of a request."""

from collections.abc import Mapping
from typing import Any, TypeVar

from aiohttp import web
from pydantic import ValidationError

from node.api import problems
from node.api.rest_calls import RestCall
from node.api.rest_forms import Asked
from node.api.rest_problems import WHOLE

FAULTS_MAX = 10
"""Faults of a form that are told at once."""

Form = TypeVar("Form", bound=Asked)


def query_of(request: web.Request) -> dict[str, str]:
    """Return the query of a request.

    Raises:
        RpcError: a name is given twice.
    """
    query = dict(request.query)
    if len(query) != len(request.query):
        raise problems.invalid_param(path=WHOLE, msg="a name is given twice")
    return query


def read_form(
    one: RestCall[Form],
    query: Mapping[str, str],
    path: Mapping[str, str],
    body: Mapping[str, Any] | None = None,
) -> Form:
    """Return the form of a call.

    Args:
        one: the call.
        query: of the request.
        path: what stands where the path has braces.
        body: its fields; None where there is no body.

    Raises:
        RpcError: a field is missing, unknown, ill-typed or not in its place; names each.
    """
    elsewhere = one.path_names | one.query_names
    if not set(query) <= one.query_names or elsewhere.intersection(body or ()):
        raise problems.invalid_param(path=WHOLE, msg="it has a name that is not asked for there")
    try:
        return one.form.model_validate({**query, **path, **(body or {})})
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        known = one.form.model_fields
        told = [_fault(fault, known) for fault in faults[:FAULTS_MAX]]
        raise problems.invalid_params(told) from None


def _fault(fault: Any, known: Mapping[str, object]) -> dict[str, str]:  # noqa: ANN401 - the library's own
    """Say where and what, without repeating a name or a value that the caller made up."""
    place, *deeper = fault["loc"] or (WHOLE,)
    index = [str(one) for one in deeper[:1] if isinstance(one, int)]
    path = ".".join([place, *index]) if place in known else WHOLE
    return {"path": path, "msg": fault["msg"].removeprefix("Value error, ")}
