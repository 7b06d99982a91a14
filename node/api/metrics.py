"""What Prometheus reads at ``/metrics``: what was counted, and how the node is at this moment.

The core's figures come with its status once a second; the rest is looked up when it is asked for.
While the core is away, what only it knows is left out.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from pathlib import Path

from aiohttp import hdrs, web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from node.api.routes import Route
from node.api.server import ServerFigures
from node.api.services import Services
from node.api_frames import NodeStatus
from node.figures import COMMIT_BOUNDS_MS, Figures, resident_bytes

COST = 10
"""Of one look: some milliseconds."""


class NodeMetrics(Collector):
    """How the node is."""

    def __init__(self, services: Services) -> None:
        """Look through an edge's services."""
        self._services = services

    def collect(self) -> Iterator[Metric]:
        """Yield what is known at this moment."""
        known = self._services.core.status
        is_there = known is not None and self._services.core.is_open
        yield _gauge("aitbc_core_up", "Whether the core is there.", is_there)
        yield from self._chain()
        yield self._files()
        yield _memory(known.figures if known else Figures())
        if known is not None:
            yield from _consensus(known)
            yield from _network(known)
            yield _commits(known.figures)

    def _chain(self) -> Iterator[Metric]:
        try:
            with self._services.reading() as reader:
                tip, validators = reader.tip(), reader.validators()
        except TimeoutError:
            return
        yield _gauge("aitbc_chain_height", "Of the last final block.", tip.height)
        time = "When the last block was made, in unix seconds."
        yield _gauge("aitbc_chain_last_block_time_seconds", time, tip.time_ms / 1_000)
        yield _gauge("aitbc_chain_validators", "That vote on the next block.", len(validators))
        yield _gauge("aitbc_chain_quorum", "Votes that make a block final.", validators.quorum)

    def _files(self) -> Metric:
        made = GaugeMetricFamily("aitbc_store_bytes", "Size of the database.", labels=("file",))
        database = self._services.settings.database
        for name, path in (("database", database), ("log", Path(f"{database}-wal"))):
            made.add_metric((name,), path.stat().st_size if path.exists() else 0)
        return made


class ServerMetrics(Collector):
    """How the server is."""

    def __init__(self, figures: Callable[[], ServerFigures]) -> None:
        """Ask the server."""
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Yield what is open, and what was refused."""
        found = self._figures()
        yield _gauge("aitbc_api_connections", "Open connections.", found.connections)
        yield _gauge("aitbc_api_sockets", "Open WebSocket connections.", found.sockets)
        yield _gauge("aitbc_api_subscriptions", "Of these connections.", found.subscriptions)
        refused = CounterMetricFamily(
            "aitbc_api_refused", "What was refused or cut, by the limit.", labels=("reason",)
        )
        for reason, count in sorted(found.refused.items()):
            refused.add_metric((reason,), count)
        yield refused


def metrics_route(registry: CollectorRegistry) -> Route:
    """Return the route that shows everything of a registry."""

    async def show(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get(hdrs.ACCEPT, ""))
        return web.Response(body=encode(registry), headers={hdrs.CONTENT_TYPE: content_type})

    return Route("/metrics", show, cost=COST)


def _consensus(known: NodeStatus) -> Iterable[Metric]:
    figures = known.figures
    yield _gauge("aitbc_consensus_round", "Of the height being agreed on.", known.round)
    step = "0 none, 1 to prevote, 2 to precommit, 3 to decide, 4 decided."
    yield _gauge("aitbc_consensus_step", step, figures.step)
    yield _gauge("aitbc_consensus_validator", "Whether this node votes.", known.validator)
    votes = CounterMetricFamily(
        "aitbc_consensus_votes",
        "Blocks whose certificate holds this validator's signature, or does not.",
        labels=("outcome",),
    )
    votes.add_metric(("signed",), figures.signed)
    votes.add_metric(("missed",), figures.missed)
    yield votes
    yield _gauge("aitbc_sync_behind", "Whether the chain is farther.", known.catching_up)
    yield _gauge("aitbc_sync_best_height", "How high the chain is, as far as known.", known.best)
    yield _gauge("aitbc_mempool_transactions", "Waiting transactions.", known.mempool)
    yield _gauge("aitbc_mempool_bytes", "Bytes of these.", figures.mempool_bytes)


def _network(known: NodeStatus) -> Iterable[Metric]:
    figures = known.figures
    yield _gauge("aitbc_network_peers", "That speak consensus with us.", known.peers)
    yield _gauge("aitbc_network_connections", "To peers of any kind.", figures.connections)
    yield CounterMetricFamily("aitbc_network_bans", "Peers banned.", figures.bans)
    shed = "Consensus messages dropped because a peer took none."
    yield CounterMetricFamily("aitbc_network_shed_messages", shed, figures.shed)


def _memory(figures: Figures) -> Metric:
    made = GaugeMetricFamily(
        "aitbc_process_resident_bytes", "Memory of each process.", labels=("process",)
    )
    made.add_metric(("core",), figures.core_bytes)
    made.add_metric(("network",), figures.network_bytes)
    made.add_metric(("api",), resident_bytes())
    return made


def _commits(figures: Figures) -> Metric:
    bounds = [str(bound / 1_000) for bound in COMMIT_BOUNDS_MS] + ["+Inf"]
    return HistogramMetricFamily(
        "aitbc_store_commit_seconds",
        "Until a block was on the disk.",
        buckets=list(zip(bounds, accumulate(figures.commits), strict=True)),
        sum_value=figures.commit_us / 1_000_000,
    )


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(name, documentation, float(value))
