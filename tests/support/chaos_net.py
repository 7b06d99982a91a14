"""A devnet whose nodes reach each other through relays, and whose processes can be struck."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from itertools import permutations
from pathlib import Path

from node.devnet import Devnet, DevnetNode
from node.home import Home
from node.process import is_running, kill_node
from tests.support.relays import Relays
from tests.support.running import wait_for

END_S = 30.0
"""Seconds in which a node ends that was told to, or whose core is gone."""

WRONG_CLOCK = Path(__file__).parent / "wrong_clock"
"""Folder of the module that puts the clock of a Python process wrong."""

TCP_ESTABLISHED = "01"


class Part(StrEnum):
    """A process of a node, by the module that it runs."""

    CORE = "node.core"
    NETWORK = "p2p.edge"
    API = "node.api.edge"


class ChaosNet:
    """Real validators between relays.

    Attributes:
        devnet: their folder.
        relays: one for each directed pair of them.
        clocks_ms: by how much a node's clock is ahead from its next start on; below 0, behind.
    """

    def __init__(self, devnet: Devnet, relays: Relays) -> None:
        """Put relays between the nodes of a devnet that was just made."""
        self.devnet, self.relays = devnet, relays
        self.clocks_ms: dict[int, int] = {}
        self.homes = [node.home for node in devnet.nodes()]
        ports = [p2p_port(node) for node in devnet.nodes()]
        for route in permutations(range(len(ports)), 2):
            dialler, dialled = route
            relay = relays.open(route, ports[dialled])
            config = Home(self.homes[dialler]).config
            # Only the address of a peer goes on with its id; the one to listen on does not.
            direct, relayed = (f"/tcp/{port}/p2p/" for port in (ports[dialled], relay))
            said = config.read_text()
            assert said.count(direct) == 1
            config.write_text(said.replace(direct, relayed))

    def __len__(self) -> int:
        """Return how many nodes there are."""
        return len(self.homes)

    @property
    def nodes(self) -> list[DevnetNode]:
        """The nodes with their present process ids."""
        return self.devnet.nodes()

    def process(self, index: int, part: Part) -> int | None:
        """Return the process id of a part of a node, or None while it does not run."""
        supervisor = self.nodes[index].pid
        for pid in _children(supervisor):
            with suppress(OSError):
                if part.value.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                    return pid
        return None

    def strike(self, index: int, part: Part, number: signal.Signals) -> int:
        """Send a signal to a part of a node, once it runs, and return its process id."""
        what = f"{part} of {self.homes[index].name}"
        pid = wait_for(lambda: self.process(index, part), what=what, within_s=END_S)
        os.kill(pid, number)
        return pid

    def freeze(self, index: int) -> None:
        """Stop all processes of a node where they stand."""
        os.killpg(self.nodes[index].pid, signal.SIGSTOP)

    def thaw(self, index: int) -> None:
        """Let all processes of a node go on."""
        os.killpg(self.nodes[index].pid, signal.SIGCONT)

    def kill(self, index: int) -> None:
        """Kill a node as a power cut would."""
        kill_node(self.nodes[index].pid)

    def stop(self, index: int) -> None:
        """Ask a node to end, and wait until it has."""
        os.kill(self.nodes[index].pid, signal.SIGTERM)
        self.wait_ended(index)

    def wait_ended(self, index: int) -> None:
        """Wait until a node has ended by itself."""
        node = self.nodes[index]
        wait_for(
            lambda: not is_running(node.pid, node.home),
            what=f"end of {node.name}",
            within_s=END_S,
        )

    def start(self, *indexes: int) -> None:
        """Start these nodes, or every one, if they do not run."""
        for index in indexes or range(len(self)):
            with _environment(self._clock_of(index)):
                self.devnet.start(self.homes[index].name)

    def _clock_of(self, index: int) -> dict[str, str]:
        """Return the variables that put a node's clock wrong, or none."""
        shift_ms = self.clocks_ms.get(index, 0)
        if not shift_ms:
            return {}
        path = os.pathsep.join(filter(None, (str(WRONG_CLOCK), os.environ.get("PYTHONPATH"))))
        return {"PYTHONPATH": path, "CLOCK_SHIFT_MS": str(shift_ms)}

    def find_bypasses(self) -> list[str]:
        """Return the connections between nodes that go through no relay."""
        found = []
        for index, node in enumerate(self.nodes):
            relayed = self.relays.source_ports(index)
            strangers = _callers(p2p_port(node)) - relayed - self.relays.source_ports(index)
            found += [f"port {port} is connected with {node.name}" for port in sorted(strangers)]
        return found


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Give variables to the processes that are started meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def p2p_port(node: DevnetNode) -> int:
    """Return the port where a node's peers reach it."""
    return int(node.p2p.split("/")[4])


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _callers(port: int) -> set[int]:
    """Return the remote ports of the established connections that a port has accepted."""
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, remote, state = line.split()[1:4]
        if state == TCP_ESTABLISHED and int(local.split(":")[1], 16) == port:
            found.add(int(remote.split(":")[1], 16))
    return found


@contextmanager
def chaos_net(home: Path, *, validators: int = 4, interval_ms: int = 500) -> Iterator[ChaosNet]:
    """Make and run a devnet between relays; stop it whatever happens."""
    with Relays() as relays:
        devnet = Devnet(home)
        devnet.make(validators=validators, block_interval_ms=interval_ms)
        net = ChaosNet(devnet, relays)
        try:
            net.start()
            devnet.wait_ready()
            yield net
        finally:
            thaw_all(net)
            devnet.stop()


def thaw_all(net: ChaosNet) -> None:
    """Let every stopped process go on, so that it can end."""
    for node in net.nodes:
        if node.pid:
            with suppress(ProcessLookupError):
                os.killpg(node.pid, signal.SIGCONT)
