"""The HTTP side of the API edge: one path to post to, routes beside it, and limits before all.

Everything passes the same door (``door``) and pays from the same allowances (``allowances``).
Bodies have a size and a time to arrive in; compressed ones are refused.
"""

import os
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import hdrs, web

from node.api.allowances import Allowances
from node.api.bodies import SMALL_BYTES, Bodies
from node.api.callers import CALLER, caller_of
from node.api.connections import Runner
from node.api.door import Door, expect
from node.api.jsonrpc import Charge
from node.api.routes import ALLOWANCE, HEADERS, Respond, Route
from node.api.settings import ApiEdgeSettings
from node.api.sockets import Converse, Sockets
from node.clock import monotonic_us

Answer = Callable[[bytes, Charge], Awaitable[bytes]]
"""Takes a body and returns the reply's, for a charge; empty when there is nothing to say."""

Observe = Callable[[str, int, int | None], None]
"""Is told the route, the status, and microseconds unless it was a stream; status 0 is none."""

JSON = "application/json"
PATHS = ("/", "/rpc")
"""Where JSON-RPC is."""


@dataclass(frozen=True)
class ServerFigures:
    """The numbers.

    Attributes:
        connections: open.
        sockets: of these, WebSocket connections.
        subscriptions: of these.
        refused: how many were refused or cut since the start, by reason: ``connection`` too many
            of them, ``door`` a foreign Host or Origin, ``rate`` too often, ``slow_body`` not in
            time, ``busy`` too much at once, ``slow_reader`` took no reply, ``socket`` too many of
            them, ``stalled_socket`` took nothing.
    """

    connections: int
    sockets: int
    subscriptions: int
    refused: Mapping[str, int]


class RpcServer:
    """Serves one answering function over HTTP, and routes beside it, until it is closed."""

    def __init__(
        self,
        settings: ApiEdgeSettings,
        *,
        answer: Answer,
        converse: Converse,
        routes: Sequence[Route] = (),
        observe: Observe | None = None,
    ) -> None:
        """Prepare to serve; nothing listens before :meth:`start`.

        Args:
            settings: of the edge.
            answer: answers a body of JSON-RPC.
            converse: makes what a WebSocket connection says.
            observe: is told of every answer.
            routes: what else there is; one for GET of ``/`` answers who asks for no WebSocket.
        """
        self._settings, self._answer, self._observe = settings, answer, observe
        self._door = Door(settings)
        self._bodies = Bodies(settings.limits)
        self._sockets = Sockets(settings.limits, converse)
        self._allowances = Allowances(settings.limits)
        self._home = next((one for one in routes if (one.method, one.path) == ("GET", "/")), None)
        size_max = settings.limits.body_bytes_max
        application = web.Application(client_max_size=size_max, middlewares=(self._watched,))
        served = [one for one in routes if one is not self._home]
        served += [Route(path, self._post, "POST", cost=0) for path in PATHS]
        served += [Route(path, self._upgrade, cost=0) for path in PATHS]
        by_path = defaultdict(list)
        for route in served:
            by_path[route.path].append(route)
        for path, routes_there in by_path.items():
            names = ", ".join(one.method for one in routes_there if one.method != hdrs.METH_ANY)
            answers = [(one.method, self._entered(one.answer)) for one in routes_there]
            for method, respond in ((hdrs.METH_OPTIONS, self._preflight(names)), *answers):
                application.router.add_route(method, path, respond, expect_handler=expect)
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

    async def start_at(self, path: Path) -> None:
        """Listen on a Unix socket that our user alone may open.

        Raises:
            OSError: there is no such folder, or the path is too long.
        """
        path.unlink(missing_ok=True)  # noqa: ASYNC240 - once, at start
        await self._runner.setup()
        before = os.umask(0o177)
        try:
            await web.UnixSite(self._runner, str(path)).start()
        finally:
            os.umask(before)

    async def close(self) -> None:
        """Finish what is being answered, then close every connection."""
        self._sockets.leave()
        await self._runner.cleanup()

    def figures(self) -> ServerFigures:
        """Return how the server is at this moment."""
        gate = self._runner.gate
        refused = {
            "busy": self._bodies.busy,
            "connection": gate.turned_away,
            "door": self._door.turned_away,
            "rate": self._allowances.refused,
            "slow_body": self._bodies.late,
            "slow_reader": gate.cut,
            "socket": self._sockets.turned_away,
            "stalled_socket": self._sockets.stalled,
        }
        return ServerFigures(len(gate), len(self._sockets), self._sockets.subscriptions, refused)

    @web.middleware
    async def _watched(self, request: web.Request, handler: Respond) -> web.StreamResponse:
        """Answer, and tell how that went; what is no route of ours goes by the name of none."""
        began_us, status, is_whole = monotonic_us(), 0, False
        try:
            response = await handler(request)
            status, is_whole = response.status, isinstance(response, web.Response)
        except web.HTTPException as error:
            status, is_whole = error.status, True
            raise
        finally:
            if self._observe is not None:
                resource = request.match_info.route.resource
                took_us = monotonic_us() - began_us if is_whole else None
                self._observe("none" if resource is None else resource.canonical, status, took_us)
        return response

    def _entered(self, respond: Respond) -> Respond:
        """Return what lets a request in by the door before it is answered."""

        async def enter(request: web.Request) -> web.StreamResponse:
            request[HEADERS] = self._door.enter(request)
            caller = caller_of(request.remote, request.headers)
            request[ALLOWANCE] = self._allowances.of(caller)
            CALLER.set(caller)
            response = await respond(request)
            if not response.prepared:
                response.headers.update(request[HEADERS])
            return response

        return enter

    def _preflight(self, methods: str) -> Respond:
        async def allow(request: web.Request) -> web.StreamResponse:
            return self._door.preflight(request, methods)

        return allow

    async def _post(self, request: web.Request) -> web.Response:
        if request.content_type != JSON or hdrs.CONTENT_ENCODING in request.headers:
            raise web.HTTPUnsupportedMediaType(text="send application/json, not compressed\n")
        allowance = request[ALLOWANCE]
        async with self._bodies.held(request) as body:
            reply = await self._answer(body, allowance.take)
            response = web.Response(body=reply, content_type=JSON, headers=request[HEADERS])
            if allowance.retry_ms:
                response.set_status(429)
                response.headers[hdrs.RETRY_AFTER] = allowance.retry_after
            if len(reply) > SMALL_BYTES:
                await response.prepare(request)
                await response.write_eof()
        return response if reply else web.Response(status=204)

    async def _upgrade(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get(hdrs.UPGRADE, "").lower() == "websocket":
            caller = caller_of(request.remote, request.headers)
            return await self._sockets.serve(request, caller, request[ALLOWANCE].take)
        if self._home is not None and request.path == self._home.path:
            return await self._home.answer(request)
        raise web.HTTPMethodNotAllowed("GET", ["POST", "OPTIONS"], text="post JSON-RPC\n")
