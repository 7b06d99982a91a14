"""Who is let in: by the name they call us, and by the web page that calls.

Web pages cannot reach a node by accident: the content type makes browsers ask first, the Origin
must be allowed and the Host must be a loopback name, an address or a configured name, so that no
page can call through a name of its own (DNS rebinding).
"""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from aiohttp import HttpVersion10, hdrs, web

from node.api.callers import API_KEY_HEADER
from node.api.settings import ApiEdgeSettings

LOOPBACK_NAMES = frozenset({"localhost", "ip6-localhost"})
REQUEST_ID = "X-Request-Id"

_SENT: Final = (
    f"content-type, authorization, idempotency-key, last-event-id, {API_KEY_HEADER}, {REQUEST_ID}"
).lower()
_SEEN: Final = (
    f"{hdrs.RETRY_AFTER}, {hdrs.ETAG}, {hdrs.LINK}, {REQUEST_ID}, Idempotent-Replayed".lower()
)
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)


class Door:
    """Checks each request before anything else is read of it.

    Attributes:
        turned_away: how many requests were not let in, since the start.
    """

    def __init__(self, settings: ApiEdgeSettings) -> None:
        """Let in whom the settings name."""
        self._hosts = LOOPBACK_NAMES.union(settings.allowed_hosts)
        self._origins = frozenset(settings.allowed_origins)
        self.turned_away = 0

    def enter(self, request: web.Request) -> dict[str, str]:
        """Let a request in, and return the headers that its answer must carry.

        Raises:
            HTTPForbidden: it calls us by a name that is not ours, or comes from a foreign page.
            HTTPVersionNotSupported: it is older than HTTP/1.0.
        """
        if request.version < HttpVersion10:
            raise web.HTTPVersionNotSupported(text="speak HTTP/1.1\n")
        try:
            self._check_host(request)
            return self._origin_headers(request) | _request_id(request)
        except web.HTTPForbidden:
            self.turned_away += 1
            raise

    def preflight(self, request: web.Request, methods: str) -> web.Response:
        """Return the answer to a browser that asks before it calls.

        Args:
            request: what it asks.
            methods: that the path has, divided by commas.

        Raises:
            HTTPForbidden: it may not.
        """
        headers = self.enter(request) | {
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: methods,
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: _SENT,
            hdrs.ACCESS_CONTROL_MAX_AGE: "600",
        }
        return web.Response(status=204, headers=headers)

    def _check_host(self, request: web.Request) -> None:
        host = _host_name(request.headers.get(hdrs.HOST, ""))
        if host not in self._hosts and "*" not in self._hosts and not _is_address(host):
            raise web.HTTPForbidden(text="this node does not answer to this Host\n")

    def _origin_headers(self, request: web.Request) -> dict[str, str]:
        """Return the headers that let an allowed web page read the answer."""
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is None:
            return {}
        same = f"{request.scheme}://{request.headers.get(hdrs.HOST, '')}"
        if origin != same and origin not in self._origins and "*" not in self._origins:
            raise web.HTTPForbidden(text="this node does not answer to this Origin\n")
        return {
            hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: origin,
            hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: _SEEN,
            hdrs.VARY: hdrs.ORIGIN,
        }


async def expect(request: web.Request) -> None:
    """Let a body come; the library would repeat any other wish to the caller.

    Raises:
        HTTPExpectationFailed: the caller expects something else.
    """
    if request.headers.get(hdrs.EXPECT, "").lower() != "100-continue":
        raise web.HTTPExpectationFailed(text="expect 100-continue or nothing\n")
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # the answer has not begun


def _request_id(request: web.Request) -> dict[str, str]:
    """Return the caller's own id of the request, to be echoed."""
    value = request.headers.get(REQUEST_ID, "")
    return {REQUEST_ID: value} if _ID.fullmatch(value) else {}


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
