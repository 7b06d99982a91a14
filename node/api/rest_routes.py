"""REST beside JSON-RPC: every line of a table becomes routes, under each root.

One path of a request for all: the form is checked, the call answers within its time, and the answer
becomes JSON or, where it is a table, CSV. An answer has an ETag over its bytes, so that whoever has
it gets 304; one that can never be another may be kept for ever.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from aiohttp import hdrs, web

from node.api import problems
from node.api.attempts import attempt
from node.api.bodies import SMALL_BYTES, Bodies
from node.api.problems import RpcError
from node.api.rest_accept import CSV, FORMAT, wanted_type
from node.api.rest_calls import ROOTS, RestCall
from node.api.rest_csv import csv_of
from node.api.rest_problems import problem_response, unread
from node.api.rest_reading import query_of, read_form
from node.api.rest_writes import Writes
from node.api.routes import HEADERS, Respond, Route
from node.api.services import Services

ETAG_DIGITS = 32

_FOR_EVER: Final = "public, max-age=31536000, immutable"

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Rest:
    """Answers by a table of calls."""

    def __init__(self, calls: Sequence[RestCall[Any]], services: Services, writes: Writes) -> None:
        """Serve these calls.

        Args:
            calls: the table.
            services: the first argument of each.
            writes: answers those that are no GET.
        """
        self._calls, self._services, self._writes = calls, services, writes
        limits = services.settings.limits
        self._bodies, self._limit_ms = Bodies(limits), limits.call_timeout_ms

    def routes(self) -> tuple[Route, ...]:
        """Return the routes of all calls, and of what is none."""
        return tuple(route for root in ROOTS for route in self._below(root))

    def _below(self, root: str) -> Iterator[Route]:
        methods: dict[str, list[str]] = defaultdict(list)
        for one in self._calls:
            path, respond = f"{root}{one.path}", self._answering(one)
            for method in ("GET", "HEAD") if one.method == "GET" else (one.method,):
                methods[path].append(method)
                yield Route(path, respond, method, cost=one.cost, refuse=problem_response)
        for path, names in methods.items():
            yield Route(path, _not_allowed(names), hdrs.METH_ANY, refuse=problem_response)
        yield Route(root + "/{nothing:.*}", _find_nothing, hdrs.METH_ANY, refuse=problem_response)

    def _answering(self, one: RestCall[Any]) -> Respond:
        async def respond(request: web.Request) -> web.StreamResponse:
            try:
                if one.method != hdrs.METH_GET:
                    self._writes.check(one, request)
                async with self._bodies.held(request) as body:
                    doing = self._answer_with(one, request, body)
                    response = await attempt(doing, name=one.path, limit_ms=self._limit_ms)
                    await _send_large(request, response)
                    return response
            except RpcError as error:
                return problem_response(error)
            except web.HTTPException as error:
                return problem_response(unread(error))

        return respond

    async def _answer_with(
        self, one: RestCall[Any], request: web.Request, body: bytes
    ) -> web.Response:
        if one.method == hdrs.METH_GET:
            return await self._answer(one, request)
        return await self._writes.answer(one, request, body)

    async def _answer(self, one: RestCall[Any], request: web.Request) -> web.Response:
        query = query_of(request)
        format_name, accept = query.pop(FORMAT, None), request.headers.get(hdrs.ACCEPT)
        media_type = wanted_type(accept, format_name, has_table=one.row is not None)
        form = read_form(one, query, dict(request.match_info))
        content = await one.call(self._services, form)
        if media_type == CSV:
            body, place = csv_of(content.data, one.columns), _place_after(request, content)
        else:
            body, place = _encode(content), {}
        keep = _FOR_EVER if one.is_final(content) else "no-cache"
        return _response(request, body, media_type, {hdrs.CACHE_CONTROL: keep} | place)


def _response(
    request: web.Request, body: bytes, media_type: str, headers: dict[str, str]
) -> web.Response:
    """Return an answer, or that the caller has it."""
    etag = f'"{sha256(body).hexdigest()[:ETAG_DIGITS]}"'
    headers |= {hdrs.ETAG: etag, "X-Content-Type-Options": "nosniff"}
    carried = request[HEADERS]
    carried[hdrs.VARY] = ", ".join(filter(None, (hdrs.ACCEPT, carried.get(hdrs.VARY))))
    known = [
        one.strip().removeprefix("W/")
        for one in request.headers.get(hdrs.IF_NONE_MATCH, "").split(",")
    ]
    if etag in known or "*" in known:
        return web.Response(status=304, headers=headers)
    charset = "utf-8" if media_type == CSV else None
    return web.Response(body=body, content_type=media_type, charset=charset, headers=headers)


async def _send_large(request: web.Request, response: web.Response) -> None:
    """Send an answer that is not small at once, while it has its place among those answered."""
    if isinstance(response.body, bytes) and len(response.body) > SMALL_BYTES:
        response.headers.update(request[HEADERS])
        await response.prepare(request)
        await response.write_eof()


def _place_after(request: web.Request, content: Any) -> dict[str, str]:  # noqa: ANN401 - of any shape
    """Return the header that says where a table goes on."""
    cursor = getattr(content, "next_cursor", None)
    if cursor is None:
        return {}
    query = urlencode(dict(request.query) | {"cursor": cursor})
    return {hdrs.LINK: f'<{request.path}?{query}>; rel="next"'}


def _not_allowed(methods: Sequence[str]) -> Respond:
    async def respond(_: web.Request) -> web.StreamResponse:
        response = problem_response(problems.method_not_allowed())
        response.headers[hdrs.ALLOW] = ", ".join((*methods, "OPTIONS"))
        return response

    return respond


async def _find_nothing(_: web.Request) -> web.StreamResponse:
    return problem_response(problems.unknown_path())
