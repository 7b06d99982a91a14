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

import structlog

from genesis.document import read_genesis
from node.api.edge import ApiEdgeSettings
from node.clock import monotonic_ms
from node.config import NodeSettings
from node.core import EXIT_CONFIG
from node.home import Home

SILENCE_MS = 60_000
"""A core that does not beat for so long is stuck; executing the widest block takes seconds."""

STOP_S = 10.0
"""Seconds that children get to end by themselves."""

RESTART_FIRST_S = 0.2
RESTART_MAX_S = 5.0
RESTART_CALM_MS = 30_000
"""An edge that lived this long starts again at once; one that keeps dying waits ever longer."""

EXIT_STUCK = 71

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

    def __init__(self, home: Home, settings: NodeSettings) -> None:
        """Prepare to run the node of a home."""
        self._home, self._settings = home, settings
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
            The exit code: 0 stopped, 2 settings, 70 a damaged store, 71 a stuck core.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stopping.set)
        os.set_blocking(self._beat, False)
        loop.add_reader(self._beat, self._hear)
        self._write_settings()
        self._home.supervisor_pid.write_text(f"{os.getpid()}\n")
        core = Child("core", (sys.executable, "-m", "node.core", str(self._beat_written)))
        keepers = [asyncio.create_task(self._keep_core(core))]
        keepers += [asyncio.create_task(self._keep_edge(edge)) for edge in self._edges()]
        keepers.append(asyncio.create_task(self._watch_core(core)))
        await self._stopping.wait()
        for keeper in keepers:
            keeper.cancel()
        await self._stop_children()
        self._home.supervisor_pid.unlink(missing_ok=True)
        return self._exit_code

    def _edges(self) -> list[Child]:
        network = (sys.executable, "-m", "p2p.edge", "run/network.json")
        edges = [Child("network", network)]
        if self._settings.rpc.enabled:
            edges.append(Child("api", (sys.executable, "-m", "node.api.edge", "run/api.json")))
        return edges

    def _write_settings(self) -> None:
        """Write what each process reads at its start."""
        run, settings = self._home.run, self._settings
        genesis = read_genesis(self._home.genesis)
        (run / "settings.json").write_text(settings.model_dump_json())
        network = {
            "core_socket": "run/network.sock",
            "key_file": "node_key",
            "genesis_hash": genesis.hash.hex(),
            "listen": [settings.p2p.listen],
            "peers": list(settings.p2p.peers),
            "lifeline_fd": 0,
        }
        (run / "network.json").write_text(json.dumps(network))
        api = ApiEdgeSettings()
        (run / "api.json").write_text(str(api))

    def _hear(self) -> None:
        os.read(self._beat, 4_096)
        self._heard_ms = monotonic_ms()
        self._first_beat.set()

    async def _start(self, child: Child) -> asyncio.subprocess.Process:
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
        self._end(code if code > 0 else EXIT_STUCK, reason="core_ended")

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
        for child in sorted(self._children, key=lambda one: one.name == "core"):
            if child.process is not None and child.process.returncode is None:
                child.process.terminate()
        waits = [one.process.wait() for one in self._children if one.process is not None]
        try:
            await asyncio.wait_for(asyncio.gather(*waits), STOP_S)
        except TimeoutError:
            for child in self._children:
                if child.process is not None and child.process.returncode is None:
                    child.process.kill()


def run_node(home: Home, settings: NodeSettings) -> int:
    """Run a node in the foreground and return its exit code.

    Raises:
        ConfigError: the home or its genesis document cannot work.
    """
    home.check()

    async def run() -> int:
        return await Supervisor(home, settings).run()

    return asyncio.run(run())
