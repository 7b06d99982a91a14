"""The API edge's process: a server, a line to the core, a lifeline to the supervisor.

It holds nothing that a restart would lose. When the lifeline closes it ends by itself, so that no
edge outlives its node.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import structlog

from chain.errors import ConfigError, StoreError
from node.api.admin_server import operator_served
from node.api.block_watch import BlockWatch
from node.api.conversation import Conversation
from node.api.counters import Counters
from node.api.dev import DEV_METHODS
from node.api.eth_methods import ETH_METHODS
from node.api.health import Health
from node.api.jsonrpc import Method, Rpc
from node.api.methods import METHODS
from node.api.metrics import NodeMetrics, ServerMetrics, metrics_route
from node.api.openrpc import with_discovery
from node.api.rest_routes import Rest
from node.api.rest_stream import Streams
from node.api.rest_table import CALLS
from node.api.rest_writes import Writes
from node.api.server import RpcServer
from node.api.services import Services
from node.api.settings import ApiEdgeSettings, read_edge_settings
from node.explorer.pages import PAGES
from node.explorer.site import Site
from node.logs import configure_logs

EXIT_CONFIG = 2
EXIT_STORE = 70

NICE = 5
"""Steps by which this process stands back when the processor is short: the core goes first."""

log = structlog.get_logger()


async def run_api_edge(settings: ApiEdgeSettings) -> None:
    """Serve until SIGTERM, SIGINT or the end of the lifeline.

    Raises:
        StoreError: there is no database to read.
        ConfigError: the address cannot be listened on.
    """
    with Services.open(settings) as services:
        counters = Counters()
        metrics = (metrics_route(counters.registry),) if settings.metrics else ()
        methods = offered_methods(services)
        rpc = Rpc(methods, services, limits=settings.limits, observe=counters.call)
        site = Site(PAGES, rpc.ask)
        server = RpcServer(
            settings,
            answer=rpc.answer,
            converse=lambda: Conversation(rpc, services),
            routes=(
                *Health(services).routes(),
                *metrics,
                *Streams(services).routes(),
                *Rest(CALLS, services, Writes.open(services)).routes(),
                *site.routes,
            ),
            observe=counters.request,
        )
        counters.registry.register(NodeMetrics(services))
        counters.registry.register(ServerMetrics(server.figures))
        try:
            url = await server.start()
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            detail = f"cannot listen on {where}: {error.strerror}"
            raise ConfigError(detail=detail) from None
        log.info("api_listens", url=url)
        try:
            async with operator_served(services, methods), asyncio.TaskGroup() as tasks:
                line = tasks.create_task(services.core.run(url))
                watch = tasks.create_task(services.core.bell.watch(services.tip_height))
                count = tasks.create_task(BlockWatch(services, counters).run())
                tasks.create_task(site.prepare())
                await _stopped(settings.lifeline_fd)
                for task in (line, watch, count):
                    task.cancel()
        finally:
            await server.close()


def offered_methods(services: Services) -> tuple[Method[Services, Any], ...]:
    """Return what is offered on the network: the ``dev_`` methods on a devnet alone."""
    eth = ETH_METHODS if services.settings.eth_compat else ()
    return with_discovery(METHODS + eth + (DEV_METHODS if services.is_devnet() else ()))


async def _stopped(lifeline: int | None) -> None:
    """Wait for a signal, or for the other end of the lifeline to close."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    if lifeline is not None:
        loop.add_reader(lifeline, _watch_lifeline, lifeline, stop)
    await stop.wait()
    if lifeline is not None:
        loop.remove_reader(lifeline)


def _watch_lifeline(lifeline: int, stop: asyncio.Event) -> None:
    if not os.read(lifeline, 4_096):
        stop.set()


def main(arguments: list[str]) -> int:
    """Run an edge with the settings of a file; return the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m node.api.edge settings.json\n")
        return EXIT_CONFIG
    try:
        settings = read_edge_settings(Path(arguments[0]))
        configure_logs(level=settings.log_level, form=settings.log_form)
        structlog.contextvars.bind_contextvars(node=settings.name)
        asyncio.run(run_api_edge(settings))
    except ConfigError as error:
        sys.stderr.write(f"aitbc: {error}\n")
        return EXIT_CONFIG
    except StoreError as error:
        sys.stderr.write(f"aitbc: {error}\n")
        return EXIT_STORE
    return 0


if __name__ == "__main__":
    os.nice(NICE)
    sys.exit(main(sys.argv[1:]))
