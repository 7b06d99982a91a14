"""Connections to the API edge, bounded: how many are open, and how long each may be slow.

The library reads HTTP; here is what it leaves open. Too many connections, in all or of one
address, are turned away before a byte is read. Headers have the keep-alive time to arrive in. A
caller that does not take what was written is cut. What is no HTTP is answered without repeating it,
and no answer tells what the program is made of.
"""

import asyncio
import logging
from collections import Counter
from typing import Any, Final

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from node.api.callers import Caller, caller_at
from node.api.settings import Limits

HEADER_BYTES_MAX = 8_190
HEADERS_MAX = 64
LINGER_S = 1.0
"""Seconds that the rest of a refused body may take; else the connection closes."""

SHUTDOWN_S = 2.0

SERVER_NAME = "aitbc"

_TURNED_AWAY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 31\r\n"
    b"Retry-After: 5\r\nConnection: close\r\n\r\nthere are too many connections\n"
)


class Gate:
    """Counts the connections that are open.

    Attributes:
        turned_away: how many were too many, since the start.
        cut: how many took no reply.
    """

    def __init__(self, limits: Limits) -> None:
        """Start with none."""
        self._max, self._of_one_max = limits.connections_max, limits.connections_per_address_max
        self._open: Counter[bytes] = Counter()
        self.turned_away = self.cut = 0

    def __len__(self) -> int:
        """Return how many are open."""
        return self._open.total()

    def enter(self, caller: Caller) -> bool:
        """Count one more, and return whether there is room for it; if not, it does not count."""
        is_crowd = self._open[caller.network] >= self._of_one_max and not caller.is_local
        if is_crowd or len(self) >= self._max:
            self.turned_away += 1
            return False
        self._open[caller.network] += 1
        return True

    def leave(self, caller: Caller) -> None:
        """Count one less."""
        self._open[caller.network] -= 1
        if not self._open[caller.network]:
            del self._open[caller.network]


class _Connection(web.RequestHandler):
    """One of them."""

    __slots__ = ("_caller", "_cutting", "_gate", "_write_s")

    def __init__(self, server: web.Server, gate: Gate, *, write_s: float, **options: Any) -> None:  # noqa: ANN401 - the library's own
        super().__init__(server, **options)
        self._gate, self._write_s = gate, write_s
        self._caller: Caller | None = None
        self._cutting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, if there is room."""
        assert isinstance(transport, asyncio.Transport)
        peer = transport.get_extra_info("peername")
        caller = caller_at(peer[0] if isinstance(peer, tuple) else None)
        if not self._gate.enter(caller):
            transport.write(_TURNED_AWAY)
            transport.close()
            return
        self._caller = caller
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """End."""
        if self._caller is not None:
            self._gate.leave(self._caller)
            self._caller = None
        self._cut_no_more()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to wait for the caller to take what was written; not for ever."""
        super().pause_writing()
        if self.transport is not None:
            self._cutting = self._loop.call_later(self._write_s, self._cut)

    def _cut(self) -> None:
        self._gate.cut += 1
        if self.transport is not None:
            self.transport.abort()

    def resume_writing(self) -> None:
        """Write on."""
        super().resume_writing()
        self._cut_no_more()

    def _cut_no_more(self) -> None:
        if self._cutting is not None:
            self._cutting.cancel()
            self._cutting = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the answer to a request that could not be read or handled."""
        said = None if message is None else "this is no HTTP request\n"
        response = super().handle_error(request, status, exc, said)
        response.headers[hdrs.SERVER] = SERVER_NAME
        return response


class _Server(web.Server):
    """Makes our connections."""

    def __init__(self, made: web.Server, limits: Limits, gate: Gate) -> None:
        options: dict[str, Any] = made._kwargs  # noqa: SLF001 - what the application made of ours
        loop = asyncio.get_running_loop()
        factory = made.request_factory
        super().__init__(made.request_handler, request_factory=factory, loop=loop, **options)
        self._gate, self._write_s = gate, limits.write_timeout_ms / 1_000

    def __call__(self) -> web.RequestHandler:
        """Return what serves a new connection."""
        return _Connection(self, self._gate, write_s=self._write_s, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Runs an application on such connections.

    Attributes:
        gate: counts them.
    """

    def __init__(self, application: web.Application, limits: Limits) -> None:
        """Prepare to run it."""
        application.on_response_prepare.append(_sign)
        super().__init__(
            application,
            access_log=None,
            logger=_http_log(),
            keepalive_timeout=limits.keepalive_ms / 1_000,
            lingering_time=LINGER_S,
            max_line_size=HEADER_BYTES_MAX,
            max_field_size=HEADER_BYTES_MAX,
            max_headers=HEADERS_MAX,
            auto_decompress=False,
            shutdown_timeout=SHUTDOWN_S,
        )
        self._limits = limits
        self.gate = Gate(limits)

    async def _make_server(self) -> web.Server:
        return _Server(await super()._make_server(), self._limits, self.gate)


async def _sign(_: web.Request, response: web.StreamResponse) -> None:
    """Put our name where the library puts its own and its version."""
    response.headers[hdrs.SERVER] = SERVER_NAME


class _OwnFaultsOnly(logging.Filter):
    """Keeps callers' broken HTTP out of the log; the caller has its 400."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is about a fault of ours."""
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, HttpProcessingError | ConnectionError)


def _http_log() -> logging.Logger:
    log = logging.getLogger("node.api.server")
    log.addFilter(_OwnFaultsOnly())
    return log
