"""The network edge: the process that owns libp2p, and its one connection to the core.

It ends when the core's socket closes, when its lifeline closes, or at SIGTERM. Start it with
``python -m p2p.edge settings.json``; exit code 2 and one sentence mean that the settings cannot
work, a taken port included.
"""

import importlib
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import trio

from chain.errors import ConfigError
from p2p.core_link import CoreLink, open_core_link
from p2p.identity import load_keys
from p2p.network import Network, open_network
from p2p.reports import Ready
from p2p.settings import EdgeSettings
from p2p.switchboard import Switchboard
from p2p.verdicts import Checks, SizeChecks

BEAT_S = 0.5
STOP_S = 2.8
"""A stop that takes longer than this ends the process by SIGALRM."""

EXIT_CONFIG = 2
STATM = Path("/proc/self/statm")

ChecksFactory = Callable[[EdgeSettings], Checks]

log = logging.getLogger(__name__)


def run_edge(settings: EdgeSettings, make_checks: ChecksFactory | None = None) -> int:
    """Run the edge until it is told to stop.

    Args:
        settings: everything it needs to know.
        make_checks: makes the stateless checks; by default what the settings name.

    Returns:
        The exit code: 0 after a stop, 2 when the settings cannot work, said on stderr.
    """
    _set_up_logs(settings.log_level)
    code = 0
    try:
        checks = (make_checks or _checks_factory(settings.checks))(settings)
        trio.run(_run, settings, checks)
    except* ConfigError as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        sys.stderr.write(f"{error}\n")
        code = EXIT_CONFIG
    return code


def _checks_factory(name: str) -> ChecksFactory:
    """Return the function that ``module:function`` names, or the one for checks of size alone.

    Raises:
        ConfigError: there is no such function.
    """
    if not name:
        return lambda _: SizeChecks()
    module, _, function = name.partition(":")
    try:
        factory: ChecksFactory = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(detail=f"the edge's checks {name!r} cannot be loaded: {error}") from error
    return factory


def _set_up_logs(level: str) -> None:
    """Log to stderr; libp2p only when it fails itself, since strangers could fill the disk."""
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("p2p").setLevel(level)
    logging.getLogger("libp2p").setLevel(logging.CRITICAL)


async def _run(settings: EdgeSettings, checks: Checks) -> None:
    """Run everything; the network closes before what serves it.

    Raises:
        ConfigError: the port is taken, the key cannot be read, or the core does not listen.
    """
    keys = load_keys(settings.node_key)
    async with (
        open_core_link(settings.core_socket) as core,
        open_network(
            keys, list(settings.listen), connections_max=settings.connections_max
        ) as network,
    ):
        switchboard = Switchboard(settings, network, core, checks)
        async with switchboard.gossip.running():
            try:
                await _serve(settings, switchboard, network, core)
            finally:
                await network.close()


async def _serve(
    settings: EdgeSettings, switchboard: Switchboard, network: Network, core: CoreLink
) -> None:
    """Work until the first reason to stop."""
    async with trio.open_nursery() as nursery:
        stop = nursery.cancel_scope
        nursery.start_soon(_await_signal, stop)
        if settings.lifeline_fd is not None:
            nursery.start_soon(_await_lifeline, settings.lifeline_fd, stop)
        nursery.start_soon(core.send_all)
        await core.report(Ready(tuple(network.addresses()), network.peer))
        nursery.start_soon(switchboard.run)
        nursery.start_soon(_beat, switchboard, core)
        async for order in core.orders():
            await switchboard.obey(order)
        log.info("the core has gone")
        _stop(stop)


def _stop(scope: trio.CancelScope) -> None:
    """Stop, and see to it that stopping ends."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, STOP_S)
    scope.cancel()


async def _await_signal(scope: trio.CancelScope) -> None:
    """Stop at SIGTERM or SIGINT."""
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for number in signals:
            log.info("stopping at %s", signal.Signals(number).name)
            _stop(scope)


async def _await_lifeline(descriptor: int, scope: trio.CancelScope) -> None:
    """Stop when the other end of the lifeline closes, and with it the supervisor."""
    async with trio.lowlevel.FdStream(os.dup(descriptor)) as lifeline:
        try:
            while await lifeline.receive_some():
                pass
        except trio.BrokenResourceError:
            pass
    log.info("the supervisor has gone")
    _stop(scope)


async def _beat(switchboard: Switchboard, core: CoreLink) -> None:
    """Tell the core twice a second that this process is alive."""
    while True:
        await core.report(switchboard.beat(_rss_bytes()))
        await trio.sleep(BEAT_S)


def _rss_bytes() -> int:
    """Return the memory that this process has in RAM; 0 where the system does not tell."""
    try:
        pages = STATM.read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def main(arguments: list[str]) -> int:
    """Run the edge with the settings of a file; return the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m p2p.edge settings.json\n")
        return EXIT_CONFIG
    try:
        settings = EdgeSettings.load(Path(arguments[0]))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIG
    return run_edge(settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
