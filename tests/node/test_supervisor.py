import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chain.errors import ConfigError
from node.clock import monotonic_ms
from node.config import NodeSettings
from node.home import Home, HomeLock
from node.supervisor import EXIT_LOST, Child, Supervisor, run_node
from tests.support.cores import make_homes
from tests.support.running import wait_for

pytestmark = pytest.mark.network

DEADLINE_S = 20.0

# What children of these tests do; each first notes its process id and its descriptors.
NOTE = "import os, sys, time, signal; name = sys.argv[1]; "
NOTE += "fds = sorted(int(one) for one in os.listdir('/proc/self/fd'))[:-1]; "
NOTE += "open(f'run/{name}.{os.getpid()}', 'w').write(' '.join(map(str, fds))); "
BEAT = "os.write(int(sys.argv[2]), b'.'); "
WAIT = "sys.stdin.read()"
DIE = "sys.exit(int(sys.argv[2]))"
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN); "


class StandIns(Supervisor):
    """A supervisor whose children are small programs."""

    core, core_argument, edge, edge_argument = NOTE + BEAT + WAIT, "", NOTE + WAIT, ""

    def _core(self) -> Child:
        beat = self.core_argument or str(self._beat_written)
        return Child("core", (sys.executable, "-c", self.core, "core", beat))

    def _edges(self) -> list[Child]:
        return [Child("api", (sys.executable, "-c", self.edge, "api", self.edge_argument))]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """The home of a validator."""
    (home,) = make_homes(tmp_path)
    return home


def pids(home: Home, name: str) -> list[int]:
    """Return the process ids of a child's lives so far."""
    return [int(path.suffix[1:]) for path in home.run.glob(f"{name}.[0-9]*")]


def is_alive(pid: int) -> bool:
    """Tell whether a process runs."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def supervise(
    home: Home, until: Callable[[], bool], then: Callable[[], None], **programs: str
) -> int:
    """Run stand-ins until something is so, then do something; return the exit code."""

    async def run() -> int:
        supervisor = StandIns(home, NodeSettings(), stop_s=1.0)
        for name, program in programs.items():
            setattr(supervisor, name, program)
        running = asyncio.create_task(supervisor.run())
        async with asyncio.timeout(DEADLINE_S):
            while not until() and not running.done():
                await asyncio.wait({running}, timeout=0.01)
            if not running.done():
                then()
            code = await running
        for descriptor in ("_lifeline", "_lifeline_held", "_beat", "_beat_written"):
            os.close(getattr(supervisor, descriptor))
        return code

    return asyncio.run(run())


def ask_to_stop() -> None:
    """Tell this very process to stop, as an operator would."""
    os.kill(os.getpid(), signal.SIGTERM)


def everybody(home: Home) -> bool:
    """Tell whether core and edge are up."""
    return bool(pids(home, "core") and pids(home, "api"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_ends_every_child_and_leaves_nothing(home: Home, number: int) -> None:
    def then() -> None:
        assert home.supervisor_pid.read_text() == f"{os.getpid()}\n"
        os.kill(os.getpid(), number)

    assert supervise(home, lambda: everybody(home), then) == 0
    assert not any(is_alive(pid) for pid in pids(home, "core") + pids(home, "api"))
    assert not home.supervisor_pid.exists()


def test_dead_edge_is_started_again_and_again_with_growing_waits(home: Home) -> None:
    began_ms = monotonic_ms()
    code = supervise(
        home,
        lambda: len(pids(home, "api")) == 4,
        ask_to_stop,
        edge=NOTE + DIE,
        edge_argument="1",
    )
    assert code == 0
    assert monotonic_ms() - began_ms >= 200 + 400 + 800
    assert len(pids(home, "core")) == 1


def test_edge_that_cannot_start_stops_the_node_with_its_code(home: Home) -> None:
    code = supervise(home, lambda: False, ask_to_stop, edge=NOTE + DIE, edge_argument="2")
    assert code == 2
    assert len(pids(home, "api")) == 1


@pytest.mark.parametrize(("code", "told"), [(70, 70), (2, 2), (0, EXIT_LOST)])
def test_core_that_ends_stops_the_node(home: Home, code: int, told: int) -> None:
    got = supervise(home, lambda: False, ask_to_stop, core=NOTE + DIE, core_argument=str(code))
    assert got == told
    assert not pids(home, "api")


def test_core_that_is_killed_stops_the_node_and_its_edges(home: Home) -> None:
    def then() -> None:
        (core,) = pids(home, "core")
        os.kill(core, signal.SIGKILL)

    assert supervise(home, lambda: everybody(home), then) == EXIT_LOST
    assert not any(is_alive(pid) for pid in pids(home, "api"))


def test_child_that_does_not_listen_is_killed(home: Home) -> None:
    deaf = NOTE.replace("; ", "; " + DEAF, 1) + WAIT + "; time.sleep(60)"
    assert supervise(home, lambda: everybody(home), ask_to_stop, edge=deaf) == 0
    wait_for(lambda: not any(is_alive(pid) for pid in pids(home, "api")), what="death", within_s=10)


def test_children_inherit_their_own_descriptors_only(home: Home) -> None:
    supervise(home, lambda: everybody(home), ask_to_stop)
    (core,) = home.run.glob("core.[0-9]*")
    (api,) = home.run.glob("api.[0-9]*")
    assert api.read_text().split()[:3] == ["0", "1", "2"]
    assert len(api.read_text().split()) == 3
    assert len(core.read_text().split()) == 4


def test_children_end_when_the_supervisor_is_killed(home: Home) -> None:
    command = (sys.executable, "-m", "node", "node", "start", "--home", str(home.root))
    environment = os.environ | {"AITBC_P2P__LISTEN": "/ip4/127.0.0.1/tcp/0"}
    written = home.root / "log"
    with written.open("wb") as log:
        process = subprocess.Popen((*command, "--rpc-port", "0"), stderr=log, env=environment)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    try:
        found = wait_for(
            lambda: "network_ready" in written.read_text() and children.read_text().split(),
            what="core and edges",
            within_s=30,
        )
        assert len(found) == 3
        with pytest.raises(ConfigError, match=r"another node is running in .*; stop it first"):
            run_node(home, NodeSettings())
        assert home.supervisor_pid.read_text() == f"{process.pid}\n"
    finally:
        process.kill()
        process.wait()
    wait_for(
        lambda: not any(is_alive(int(one)) for one in found), what="end of children", within_s=15
    )
    HomeLock(home).release()


def test_home_without_a_chain_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no node's home"):
        run_node(Home(tmp_path), NodeSettings())
