"""What an edge's ``/metrics`` shows, as Prometheus reads it."""

import asyncio
from pathlib import Path

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from node.api.block_watch import BlockWatch
from node.api.counters import Counters
from node.api.metrics import NodeMetrics, ServerMetrics
from node.api.server import ServerFigures
from node.api.services import Services
from tests.support.builders import a_transfer
from tests.support.fake_core import STATUS, FakeCore
from tests.support.small_chain import edge_settings, services_of, stored_chain

REFUSED = {"rate": 7, "busy": 0}

Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]
"""Values by name and by labels."""


def samples_of(counters: Counters) -> Samples:
    """Read what a registry shows."""
    found: Samples = {}
    text = generate_latest(counters.registry).decode()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def exposed(folder: Path, *, with_core: bool = True) -> Samples:
    """Let an edge see a few blocks, calls and requests, and read what it shows."""
    with (
        stored_chain(folder, validators=4) as stored,
        services_of(edge_settings(folder)) as services,
    ):
        stored.block()
        counters = Counters()
        watch = BlockWatch(services, counters)
        for nonce in range(2):
            stored.block(a_transfer(1, nonce=nonce))
        counters.call("ait_status", "ok", 1_500)
        counters.call("unknown", "method_not_found", 20)
        counters.request("/", 200, 2_000)
        counters.request("/v1/stream", 200, None)
        counters.registry.register(NodeMetrics(services))
        counters.registry.register(ServerMetrics(lambda: ServerFigures(5, 3, 2, REFUSED)))
        return asyncio.run(_look(services, counters, watch, folder if with_core else None))


async def _look(
    services: Services, counters: Counters, watch: BlockWatch, folder: Path | None
) -> Samples:
    following = asyncio.create_task(watch.run())
    await asyncio.sleep(0)
    services.core.bell.ring(services.tip_height())
    tasks = [following]
    if folder is not None:
        async with asyncio.timeout(10), FakeCore(folder / "api.sock") as core:
            tasks.append(asyncio.create_task(services.core.run("http://localhost")))
            await core.wait_for(lambda: bool(core.ready))
            while services.core.status != STATUS:  # noqa: ASYNC110 - nothing rings for it
                await asyncio.sleep(0.001)
            found = samples_of(counters)
    else:
        for _ in range(5):
            await asyncio.sleep(0)
        found = samples_of(counters)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return found
