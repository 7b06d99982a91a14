"""The HTTP side of the API edge: one path to post to, and limits before anything is read.

Web pages cannot reach a node by accident: the content type makes browsers ask first, the Origin
must be allowed and the Host must be a loopback name, an address or a configured name, so that no
page can call through a name of its own (DNS rebinding). Bodies have a size and a time to arrive
in; compressed ones are refused.
"""

import ipaddress
import re
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from node.api.allowances import Allowances
from node.api.bodies import SMALL_BYTES, Bodies
from node.api.callers import API_KEY_HEADER, caller_of
from node.api.connections import Runner
from node.api.jsonrpc import Charge
from node.api.settings import ApiEdgeSettings
from node.api.sockets import Converse, Sockets

Answer = Callable[[bytes, Charge], Awaitable[bytes]]
"""Takes a body and returns the reply's, for a charge; empty when there is nothing to say."""

Health = Callable[[], dict[str, object] | None]
"""Returns a few facts while the node is well, else None."""

JSON = "application/json"
LOOPBACK_NAMES = frozenset({"localhost", "ip6-localhost"})

_ALLOWED_HEADERS: Final = f"content-type, authorization, {API_KEY_HEADER}, x-request-id".lower()
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)


class RpcServer:
    """Serves one answering function over HTTP until it is closed."""

    def __init__(
        self, settings: ApiEdgeSettings, *, answer: Answer, converse: Converse, health: Health
    ) -> None:
        """Prepare to serve; nothing listens before :meth:`start`."""
        self._settings = settings
        self._answer, self._health = answer, health
        self._bodies = Bodies(settings.limits)
        self._sockets = Sockets(settings.limits, converse)
        self._allowances = Allowances(settings.limits)
        application = web.Application(client_max_size=settings.limits.body_bytes_max)
        for path in ("/", "/rpc"):
            application.router.add_post(path, self._post, expect_handler=_expect)
            application.router.add_route("GET", path, self._upgrade, expect_handler=_expect)
            application.router.add_options(path, self._preflight, expect_handler=_expect)
        application.router.add_get("/healthz", self._healthz, expect_handler=_expect)
        self._runner = Runner(application, settings.limits)

    async def start(self) -> str:
        """Listen, and return the URL that callers reach.

        Raises:
            OSError: the address is taken or not ours.
        """
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._settings.host, self._settings.port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def close(self) -> None:
        """Finish what is being answered, then close every connection."""
        self._sockets.leave()
        await self._runner.cleanup()

    async def _post(self, request: web.Request) -> web.Response:
        self._check_host(request)
        headers = self._origin_headers(request) | _request_id(request)
        if request.content_type != JSON or hdrs.CONTENT_ENCODING in request.headers:
            raise web.HTTPUnsupportedMediaType(text="send application/json, not compressed\n")
        allowance = self._allowances.of(caller_of(request.remote, request.headers))
        async with self._bodies.held(request) as body:
            reply = await self._answer(body, allowance.take)
            response = web.Response(body=reply, content_type=JSON, headers=headers)
            if allowance.retry_ms:
                response.set_status(429)
                response.headers[hdrs.RETRY_AFTER] = allowance.retry_after
            if len(reply) > SMALL_BYTES:
                await response.prepare(request)
                await response.write_eof()
        return response if reply else web.Response(status=204, headers=headers)

    async def _upgrade(self, request: web.Request) -> web.StreamResponse:
        self._check_host(request)
        self._origin_headers(request)
        if request.headers.get(hdrs.UPGRADE, "").lower() != "websocket":
            raise web.HTTPMethodNotAllowed("GET", ["POST", "OPTIONS"], text="post JSON-RPC\n")
        caller = caller_of(request.remote, request.headers)
        return await self._sockets.serve(request, caller, self._allowances.of(caller).take)

    async def _preflight(self, request: web.Request) -> web.Response:
        self._check_host(request)
        headers = self._origin_headers(request) | {
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: "POST",
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: _ALLOWED_HEADERS,
            hdrs.ACCESS_CONTROL_MAX_AGE: "600",
        }
        return web.Response(status=204, headers=headers)

    async def _healthz(self, request: web.Request) -> web.Response:
        self._check_host(request)
        facts = self._health()
        if facts is None:
            return web.json_response({"status": "unavailable"}, status=503)
        return web.json_response({"status": "ok", **facts})

    def _check_host(self, request: web.Request) -> None:
        """Refuse a name that is not ours.

        Raises:
            HTTPForbidden: the Host header carries it, or there is none.
        """
        allowed = LOOPBACK_NAMES.union(self._settings.allowed_hosts)
        host = _host_name(request.headers.get(hdrs.HOST, ""))
        if host not in allowed and "*" not in allowed and not _is_address(host):
            raise web.HTTPForbidden(text="this node does not answer to this Host\n")

    def _origin_headers(self, request: web.Request) -> dict[str, str]:
        """Return the headers that let an allowed web page read the answer.

        Raises:
            HTTPForbidden: the page's origin is not allowed.
        """
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is None:
            return {}
        allowed = self._settings.allowed_origins
        same = f"{request.scheme}://{request.headers.get(hdrs.HOST, '')}"
        if origin != same and origin not in allowed and "*" not in allowed:
            raise web.HTTPForbidden(text="this node does not answer to this Origin\n")
        return {hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: origin, hdrs.VARY: hdrs.ORIGIN}


def _request_id(request: web.Request) -> dict[str, str]:
    """Return the caller's own id of the request, to be echoed."""
    value = request.headers.get("X-Request-Id", "")
    return {"X-Request-Id": value} if _REQUEST_ID.fullmatch(value) else {}


async def _expect(request: web.Request) -> None:
    """Let a body come; the library would repeat any other wish to the caller.

    Raises:
        HTTPExpectationFailed: the caller expects something else.
    """
    if request.headers.get(hdrs.EXPECT, "").lower() != "100-continue":
        raise web.HTTPExpectationFailed(text="expect 100-continue or nothing\n")
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # the answer has not begun


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
