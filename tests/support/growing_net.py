"""A devnet that begins with one validator; others come and go by the commands of operators."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chain.address import format_address
from node.config import NodeSettings, P2pSettings, RpcSettings
from node.devnet import Devnet, DevnetNode
from node.home import Home
from node.init import init_home
from node.keystore import read_key
from node.ports import free_ports
from node.process import kill_node, start_node
from p2p.identity import peer_of_seed
from p2p.identity import write_key as write_node_key
from tests.support.running import find_height, wait_height

COMMAND_S = 60.0
"""Seconds in which a command ends, the waiting for a final block included."""

SYNC_S = 60.0


@dataclass
class GrowingNet:
    """Nodes of one chain, some of them validators.

    Attributes:
        devnet: the first node.
        nodes: all that have the chain, in the order in which they came; none ever ends.
        voting: names of those that are validators, or will be two heights from now.
    """

    devnet: Devnet
    nodes: list[DevnetNode]
    voting: list[str]
    _started: list[DevnetNode] = field(default_factory=list)

    def add_node(self) -> DevnetNode:
        """Start a node with a key and no seat, and wait until it has the chain."""
        name = f"member-{len(self._started) + 1}"
        home = Home(self.devnet.root / name)
        rpc_port, p2p_port = free_ports(2, near=str(home.root))
        listen = f"/ip4/127.0.0.1/tcp/{p2p_port}"
        settings = NodeSettings(
            name=name,
            rpc=RpcSettings(port=rpc_port),
            p2p=P2pSettings(listen=listen, peers=tuple(node.p2p for node in self.nodes)),
        )
        genesis = self.devnet.root / "genesis.json"
        key = init_home(home, genesis=genesis, validator=True, settings=settings)
        assert key is not None
        seed = key.public_key  # of a node that nobody has to trust
        write_node_key(home.node_key, seed)
        p2p = f"{listen}/p2p/{peer_of_seed(seed)}"
        url = f"http://127.0.0.1:{rpc_port}"
        node = DevnetNode(name, url, home.root, start_node(home.root), p2p)
        self._started.append(node)
        wait_height(node, find_height(self.nodes[0]) or 0, within_s=SYNC_S)
        self.nodes.append(node)
        return node

    def find(self, name: str) -> DevnetNode:
        """Return the node of a name."""
        return next(node for node in self.nodes if node.name == name)

    def join(self, node: DevnetNode) -> int:
        """Give a node a seat, as its operator and those of the validators do.

        Returns:
            The height of the block that holds the change.
        """
        return self._change([node], [])

    def leave(self, *names: str) -> int:
        """Take seats away, and return the height of the block that does."""
        return self._change([], list(names))

    def rotate(self, node: DevnetNode, name: str) -> int:
        """Give a validator's seat to another node's key in one change, and return its height."""
        return self._change([node], [name])

    def _change(self, joining: list[DevnetNode], leaving: list[str]) -> int:
        proposer = self.find(self.voting[0])
        update = self.devnet.root / "update.json"
        additions = []
        for node in joining:
            file = node.home / "acceptance.json"
            payee = format_address(read_key(Home(node.home).validator_key).address)
            home = str(node.home)
            named = ("--name", node.name, "--payee", payee)
            validator("accept", "--home", home, *named, "--output", str(file), rpc=node.rpc)
            additions += ["--add", str(file)]
        removals = [word for name in leaving for word in ("--remove", name)]
        validator("propose", *additions, *removals, "--output", str(update), rpc=proposer.rpc)
        for name in self.voting[: 2 * len(self.voting) // 3 + 1]:
            approver = self.find(name)
            validator("approve", "--home", str(approver.home), str(update), rpc=approver.rpc)
        said = validator("submit", str(update), "--wait", rpc=proposer.rpc)
        self.voting = [name for name in self.voting if name not in leaving]
        self.voting += [node.name for node in joining]
        return int(said.rpartition("final in block ")[2].partition(";")[0])

    def stop(self) -> None:
        """End every node."""
        self.devnet.stop()
        for node in self._started:
            kill_node(node.pid)


def validator(command: str, *arguments: str, rpc: str) -> str:
    """Run an ``aitbc validator`` command and return what it says."""
    line = (sys.executable, "-m", "node", "validator", command, *arguments, "--rpc", rpc)
    run = subprocess.run(line, capture_output=True, text=True, timeout=COMMAND_S, check=False)
    assert run.returncode == 0, f"{command} {arguments}: {run.stdout}{run.stderr}"
    return run.stdout


@contextmanager
def growing_net(home: Path, *, interval_ms: int) -> Iterator[GrowingNet]:
    """Run a devnet of one validator; stop it and all that came whatever happens."""
    devnet = Devnet(home)
    devnet.make(validators=1, block_interval_ms=interval_ms)
    net = GrowingNet(devnet, [], [])
    try:
        devnet.start()
        devnet.wait_ready()
        net.nodes = devnet.nodes()
        net.voting = [net.nodes[0].name]
        yield net
    finally:
        net.stop()


def key_of_node(node: DevnetNode) -> str:
    """Return a node's consensus key as the RPC writes it."""
    return f"0x{read_key(Home(node.home).validator_key).public_key.hex()}"
