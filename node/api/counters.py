"""What the edge counts as it goes, for Prometheus: calls, requests and blocks.

Labels come from closed lists alone (the names of methods, the paths of routes, codes), so nobody
can make them many; none of them says who.
"""

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from chain.primitives import ZERO_HASH
from chain.store.follow_queries import CertifiedBlock

CALL_BOUNDS_S: Final = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0)
INTERVAL_BOUNDS_S: Final = (0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0, 20.0, 60.0)

_US: Final = 1_000_000
_MS: Final = 1_000


class Counters:
    """The counters of one edge.

    Attributes:
        registry: holds them; what is only looked at when asked may be added to it.
    """

    def __init__(self) -> None:
        """Start at 0."""
        disable_created_metrics()  # type: ignore[no-untyped-call] # the library left it untyped
        self.registry = CollectorRegistry(auto_describe=False)
        self._calls = self._counter("api_calls", "JSON-RPC calls by outcome.", "method", "outcome")
        self._call_seconds = self._histogram(
            "api_call_seconds", "How long JSON-RPC calls took.", "method"
        )
        self._requests = self._counter("api_requests", "HTTP requests.", "route", "status")
        self._request_seconds = self._histogram(
            "api_request_seconds", "How long HTTP requests took to answer.", "route"
        )
        self._blocks = self._counter("chain_blocks", "Blocks that became final.")
        self._late = self._counter("chain_late_blocks", "Of these, decided above round 0.")
        self._transactions = self._counter("chain_transactions", "That became final.")
        self._receipts = self._counter("chain_receipts", "That became final.")
        self._evidence = self._counter("chain_evidence_blocks", "Blocks that hold evidence.")
        interval = "From one block to the next, by their own times."
        self._interval = self._histogram(
            "chain_block_interval_seconds", interval, bounds_s=INTERVAL_BOUNDS_S
        )
        certificate = "In the certificate of the last block."
        self._signatures = Gauge("aitbc_chain_signatures", certificate, registry=self.registry)

    def _counter(self, name: str, documentation: str, *labels: str) -> Counter:
        return Counter(f"aitbc_{name}", documentation, labels, registry=self.registry)

    def _histogram(
        self,
        name: str,
        documentation: str,
        *labels: str,
        bounds_s: tuple[float, ...] = CALL_BOUNDS_S,
    ) -> Histogram:
        return Histogram(
            f"aitbc_{name}", documentation, labels, buckets=bounds_s, registry=self.registry
        )

    def call(self, method: str, outcome: str, took_us: int) -> None:
        """Count a JSON-RPC call; the names are of the tables."""
        self._calls.labels(method, outcome).inc()
        self._call_seconds.labels(method).observe(took_us / _US)

    def request(self, route: str, status: int, took_us: int | None) -> None:
        """Count an HTTP request.

        Args:
            route: the path in the router's table, not the one that was asked for.
            status: of the answer.
            took_us: microseconds; None for what is a stream and takes as long as it likes.
        """
        self._requests.labels(route, str(status)).inc()
        if took_us is not None:
            self._request_seconds.labels(route).observe(took_us / _US)

    def blocks(self, after_ms: int, found: Iterable[CertifiedBlock]) -> int:
        """Count blocks that follow each other, and return the time of the last one.

        Args:
            after_ms: time of the block before them, unix milliseconds.
            found: the blocks.
        """
        for one in found:
            view, certificate = one.block, one.certificate
            if certificate is None or view.header is None:  # it is genesis
                continue
            self._blocks.inc()
            self._late.inc(1 if certificate.round else 0)
            self._transactions.inc(view.transaction_count)
            self._receipts.inc(view.receipt_count)
            self._evidence.inc(1 if view.header.evidence_hash != ZERO_HASH else 0)
            self._signatures.set(len(certificate.signatures))
            if view.height > 1:  # genesis may be of any time
                self._interval.observe((view.time_ms - after_ms) / _MS)
            after_ms = view.time_ms
        return after_ms
