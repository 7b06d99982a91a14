"""Starts a node's processes and keeps them: a dead edge is started again, a dead core ends all.

Children hold the read end of a lifeline, their standard input: when the supervisor is gone, however
it went, they end by themselves. The core beats on a pipe; silence for a minute ends the node, and
the core in turn watches its edges.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from chain.errors import ConfigError
from genesis.document import read_genesis
from node.api.settings import ApiEdgeSettings, Limits
from node.clock import monotonic_ms, now_ms
from node.config import NodeSettings
from node.home import SUPERVISOR_LOCK, Home, HomeLock
from p2p.settings import EdgeSettings

SILENCE_MS = 60_000
"""A core that does not beat for so long is stuck; executing the widest block takes seconds."""

STOP_S = 10.0
"""Seconds that children get to end by themselves."""

RESTART_FIRST_S = 0.2
RESTART_MAX_S = 5.0
RESTART_CALM_MS = 30_000
"""An edge that lived this long starts again at once; one that keeps dying waits ever longer."""

EXIT_CONFIG = 2
EXIT_LOST = 71

LIFELINE_FD = 0
"""Every child's standard input is the read end of the lifeline."""

log = structlog.get_logger()


@dataclass
class Child:
    """One process of the node.

    Attributes:
        name: ``core``, ``network`` or ``api``.
        command: what is run, with the home as its working folder.
        wait_s: seconds before the next start.
        started_ms: when it was started.
        process: while it runs.
    """

    name: str
    command: Sequence[str]
    wait_s: float = RESTART_FIRST_S
    started_ms: int = 0
    process: asyncio.subprocess.Process | None = field(default=None)


class Supervisor:
    """Runs one node until it is told to stop or its core ends."""

    def __init__(self, home: Home, settings: NodeSettings, *, stop_s: float = STOP_S) -> None:
        """Prepare to run the node of a home.

        Args:
            home: locked by the caller.
            settings: checked.
            stop_s: seconds that children get to end by themselves.

        Raises:
            ConfigError: its genesis document is not valid.
        """
        self._home, self._settings, self._stop_s = home, settings, stop_s
        self._genesis = read_genesis(home.genesis)
        self._stopping = asyncio.Event()
        self._exit_code = 0
        self._children: list[Child] = []
        self._lifeline, self._lifeline_held = os.pipe()
        self._beat, self._beat_written = os.pipe()
        self._heard_ms = monotonic_ms()
        self._first_beat = asyncio.Event()

    async def run(self) -> int:
        """Run the node.

        Returns:
            The exit code: 0 stopped, 2 settings, 70 a damaged store, 71 a core that was killed.

        Raises:
            ConfigError: the home cannot be written.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stopping.set)
        os.set_blocking(self._beat, False)
        loop.add_reader(self._beat, self._hear)
        try:
            self._write_settings()
            self._home.supervisor_pid.write_text(f"{os.getpid()}\n")
        except OSError as error:
            raise ConfigError(detail=f"cannot write {self._home.run}: {error.strerror}") from None
        core = self._core()
        keepers = [asyncio.create_task(self._keep_core(core))]
        keepers += [asyncio.create_task(self._keep_edge(edge)) for edge in self._edges()]
        keepers.append(asyncio.create_task(self._watch_core(core)))
        await self._stopping.wait()
        for keeper in keepers:
            keeper.cancel()
        await self._stop_children()
        self._home.supervisor_pid.unlink(missing_ok=True)
        return self._exit_code

    def _core(self) -> Child:
        return Child("core", (sys.executable, "-m", "node.core", str(self._beat_written)))

    def _edges(self) -> list[Child]:
        network = (sys.executable, "-m", "p2p.edge", "run/network.json")
        edges = [Child("network", network)]
        if self._settings.rpc.enabled:
            edges.append(Child("api", (sys.executable, "-m", "node.api.edge", "run/api.json")))
        return edges

    def _write_settings(self) -> None:
        """Write what the core and the API edge read at their start."""
        run, settings, rpc = self._home.run, self._settings, self._settings.rpc
        (run / "settings.json").write_text(settings.model_dump_json())
        api = ApiEdgeSettings(
            chain_id=self._genesis.chain_id,
            genesis_hash=self._genesis.hash.hex(),
            admin_socket=Path("run/admin.sock"),
            host=rpc.host,
            port=rpc.port,
            allowed_hosts=rpc.allowed_hosts,
            allowed_origins=rpc.allowed_origins,
            eth_compat=rpc.eth_compat,
            lifeline_fd=LIFELINE_FD,
            metrics=rpc.metrics,
            name=settings.name,
            log_level=settings.log.level,
            log_form=settings.log.form,
            limits=Limits(
                connections_max=rpc.connections_max,
                rate_per_s=rpc.rate_per_s,
                rate_local_per_s=rpc.rate_local_per_s,
                rate_key_per_s=rpc.rate_key_per_s,
            ),
        )
        (run / "api.json").write_text(api.model_dump_json())

    def _write_network_settings(self) -> None:
        """Write what the network edge reads; its gossip counter must rise with every start."""
        genesis, p2p = self._genesis, self._settings.p2p
        network = EdgeSettings(
            genesis_hash=genesis.hash,
            listen=(p2p.listen,),
            node_key=Path("node_key"),
            core_socket="run/network.sock",
            gossip_counter=now_ms() * 1_000_000,
            persistent_peers=p2p.peers,
            connections_max=p2p.peers_max,
            lifeline_fd=LIFELINE_FD,
            checks="p2p.checks:chain_checks",
            checks_options={"chain_id": genesis.chain_id, "database": "data/chain.db"},
            log_level=self._settings.log.level.upper(),
        )
        (self._home.run / "network.json").write_text(json.dumps(network.document()))

    def _hear(self) -> None:
        os.read(self._beat, 4_096)
        self._heard_ms = monotonic_ms()
        self._first_beat.set()

    async def _start(self, child: Child) -> asyncio.subprocess.Process:
        if child.name == "network":
            self._write_network_settings()
        child.started_ms = monotonic_ms()
        child.process = await asyncio.create_subprocess_exec(
            *child.command,
            cwd=self._home.root,
            stdin=self._lifeline,
            stdout=subprocess.DEVNULL,
            pass_fds=(self._beat_written,) if child.name == "core" else (),
        )
        self._children.append(child)
        return child.process

    async def _keep_core(self, core: Child) -> None:
        """Run the core; when it ends, so does the node."""
        process = await self._start(core)
        code = await process.wait()
        self._children.remove(core)
        self._end(
            code if code > 0 else EXIT_LOST, reason="core_killed" if code < 0 else "core_ended"
        )

    async def _keep_edge(self, edge: Child) -> None:
        """Run an edge once the core is up, again and again."""
        await self._first_beat.wait()
        while True:
            process = await self._start(edge)
            code = await process.wait()
            self._children.remove(edge)
            if code == EXIT_CONFIG:
                self._end(EXIT_CONFIG, reason=f"{edge.name}_cannot_start")
                return
            if monotonic_ms() - edge.started_ms > RESTART_CALM_MS:
                edge.wait_s = RESTART_FIRST_S
            log.warning("edge_restarts", edge=edge.name, code=code, wait_s=edge.wait_s)
            await asyncio.sleep(edge.wait_s)
            edge.wait_s = min(edge.wait_s * 2, RESTART_MAX_S)

    async def _watch_core(self, core: Child) -> None:
        await self._first_beat.wait()
        quiet_ms = 0
        while quiet_ms < SILENCE_MS:
            await asyncio.sleep((SILENCE_MS - quiet_ms) / 1_000)
            quiet_ms = monotonic_ms() - self._heard_ms
        log.error("core_silent", silence_ms=SILENCE_MS)
        if core.process is not None:
            core.process.kill()

    def _end(self, code: int, *, reason: str) -> None:
        log.error("node_stops", reason=reason, code=code)
        self._exit_code = code
        self._stopping.set()

    async def _stop_children(self) -> None:
        """Ask every child to end, edges first; kill what does not."""
        ordered = sorted(self._children, key=lambda one: one.name == "core")
        running = [child.process for child in ordered if child.process is not None]
        ends = {asyncio.create_task(process.wait()): process for process in running}
        for process in running:
            if process.returncode is None:
                process.terminate()
        late = (await asyncio.wait(ends, timeout=self._stop_s))[1] if ends else set()
        for end in late:
            ends[end].kill()
        if late:
            await asyncio.wait(late)


def run_node(home: Home, settings: NodeSettings) -> int:
    """Run a node in the foreground and return its exit code.

    Raises:
        ConfigError: the home or its genesis document cannot work, or its node runs already.
    """
    home.check()
    lock = HomeLock(home, name=SUPERVISOR_LOCK)

    async def run() -> int:
        return await Supervisor(home, settings).run()

    try:
        return asyncio.run(run())
    finally:
        lock.release()
