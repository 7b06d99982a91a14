"""Whether the node is well, for whoever watches over it: ``/healthz`` and ``/readyz``.

Health is about the processes: the core is there. Readiness is about the chain: this node knows it
to its end, and it goes on. A node that is not ready says what is missing.
"""

from collections.abc import Iterator

from aiohttp import web

from chain.store.market_queries import MarketReader
from node.api.routes import Route
from node.api.services import Services
from node.clock import now_ms

STALE_INTERVALS, STALE_MS = 5, 10_000
"""The last block is too old when both have passed: so many block intervals, and so long."""


class Health:
    """Answers how a node is."""

    def __init__(self, services: Services) -> None:
        """Look through an edge's services."""
        self._services = services

    def routes(self) -> tuple[Route, ...]:
        """Return what is asked for."""
        return Route("/healthz", self._healthz, cost=0), Route("/readyz", self._readyz)

    async def _healthz(self, _: web.Request) -> web.Response:
        known = self._services.core.status
        if known is None or not self._services.core.is_open:
            return web.json_response({"status": "unavailable"}, status=503)
        facts = {"best": known.best, "catchingUp": known.catching_up, "peers": known.peers}
        return web.json_response({"status": "ok", **facts})

    async def _readyz(self, _: web.Request) -> web.Response:
        missing = list(self.missing(now_ms=now_ms()))
        status = "ready" if not missing else "not_ready"
        body = {"status": status, "missing": missing}
        return web.json_response(body, status=503 if missing else 200)

    def missing(self, *, now_ms: int) -> Iterator[str]:
        """Yield what keeps the node from being ready, a sentence each.

        Args:
            now_ms: unix milliseconds.
        """
        known = self._services.core.status
        if known is None or not self._services.core.is_open:
            yield "the core is away"
            return
        try:
            with self._services.reading() as reader:
                tip, voters = reader.tip(), len(reader.validators())
                interval_ms = MarketReader(reader).parameters().block_interval_ms
        except TimeoutError:
            yield "the database does not answer in time"
            return
        if known.catching_up:
            yield f"the chain is at height {known.best}, this node at {tip.height}"
        if not known.peers and voters > 1:
            yield "no peer is connected"
        age_ms = now_ms - tip.time_ms
        if tip.height and age_ms > max(STALE_MS, STALE_INTERVALS * interval_ms):
            yield f"the last block is {age_ms // 1_000} s old"
        if not tip.height:
            yield "there is no block yet"
