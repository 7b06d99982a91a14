"""Several validators on one machine, with keys that everybody knows.

A devnet is a folder: ``genesis.json``, one node's home for each validator, and ``devnet.json``,
which says everything a program needs to use it. Starting it again continues its chain.
"""

import json
import os
import shlex
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chain.address import format_address
from chain.errors import ConfigError, PeerError
from genesis.document import read_genesis
from genesis.make import (
    DEVNET_BALANCE,
    DEVNET_CHAIN_ID,
    development_accounts,
    development_seed,
    development_validators,
    format_document,
    make_devnet_document,
)
from node.clock import monotonic_ms, now_ms, pause
from node.config import NodeSettings, P2pSettings, RpcSettings
from node.home import Home
from node.init import init_home
from node.ports import free_ports
from node.process import is_running, kill_node, start_node
from node.rpc_client import call

READY_MS = 90_000
"""Milliseconds in which a devnet must reach its first block after its start."""

STOP_MS = 20_000
"""Milliseconds in which nodes end by themselves; then they are killed."""

POLL_S = 0.1


@dataclass(frozen=True)
class DevnetNode:
    """One validator of a devnet.

    Attributes:
        name: such as ``validator-0``.
        rpc: URL of its JSON-RPC server.
        home: its folder.
        pid: process id of its supervisor, or 0 when it is not running.
        p2p: its multiaddress.
    """

    name: str
    rpc: str
    home: Path
    pid: int
    p2p: str


class Devnet:
    """The devnet of one folder."""

    def __init__(self, root: Path) -> None:
        """Name the folder; nothing is read or made yet."""
        self.root = root.resolve()
        self.file = self.root / "devnet.json"

    @property
    def exists(self) -> bool:
        """Whether this folder holds a devnet."""
        return self.file.is_file()

    def read(self) -> dict[str, Any]:
        """Return what ``devnet.json`` says.

        Raises:
            ConfigError: there is none, or it is not readable.
        """
        try:
            document = json.loads(self.file.read_text())
            for node in document["nodes"]:
                _node(node, self.root)
        except OSError:
            command = f"aitbc devnet up --home {shlex.quote(str(self.root))}"
            detail = f"{self.root} holds no devnet: there is no devnet.json; make one: {command}"
            raise ConfigError(detail=detail) from None
        except (ValueError, KeyError, TypeError):
            raise ConfigError(detail=f"{self.file} does not describe a devnet") from None
        assert isinstance(document, dict)
        return document

    @property
    def block_interval_ms(self) -> int:
        """Milliseconds between blocks, as its genesis says.

        Raises:
            ConfigError: there is no devnet, or its genesis document cannot be read.
        """
        self.read()
        return read_genesis(self.root / "genesis.json").parameters.block_interval_ms

    def nodes(self) -> list[DevnetNode]:
        """Return the nodes as ``devnet.json`` has them."""
        return [_node(one, self.root) for one in self.read()["nodes"]]

    def make(self, *, validators: int, block_interval_ms: int = 1_000) -> None:
        """Make a new devnet: genesis document, homes and ``devnet.json``.

        Raises:
            ConfigError: a file cannot be written or there are not enough free ports.
        """
        # It brings libp2p along, which takes a second, and only a new devnet needs it.
        from p2p.identity import peer_of_seed  # noqa: PLC0415

        self._take_folder()
        document = make_devnet_document(
            validators=validators, time_ms=now_ms(), block_interval_ms=block_interval_ms
        )
        genesis = self.root / "genesis.json"
        genesis.write_text(format_document(document))
        ports = list(free_ports(2 * validators, near=str(self.root)))
        names = [name for name, _ in development_validators(validators)]
        addresses = [
            f"/ip4/127.0.0.1/tcp/{port}/p2p/{peer_of_seed(development_seed(f'{name} network'))}"
            for name, port in zip(names, ports[:validators], strict=True)
        ]
        nodes = []
        for index, name in enumerate(names):
            rpc_port = ports[validators + index]
            self._make_node(name, addresses, index=index, rpc_port=rpc_port)
            nodes.append(
                {
                    "name": name,
                    "rpc": f"http://127.0.0.1:{rpc_port}",
                    "home": str(self.root / name),
                    "pid": 0,
                    "p2p": addresses[index],
                }
            )
        self._write(nodes)

    def _take_folder(self) -> None:
        """Make the folder.

        Raises:
            ConfigError: it cannot be made, or holds something else.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            is_taken = any(self.root.iterdir())
        except OSError as error:
            raise ConfigError(detail=f"cannot make {self.root}: {error.strerror}") from None
        if is_taken:
            detail = f"{self.root} holds something that is no devnet; name an empty folder"
            raise ConfigError(detail=detail)

    def _make_node(self, name: str, addresses: list[str], *, index: int, rpc_port: int) -> None:
        from p2p.identity import write_key as write_node_key  # noqa: PLC0415 - as above

        listen, _, _ = addresses[index].partition("/p2p/")
        peers = tuple(one for one in addresses if one != addresses[index])
        settings = NodeSettings(
            name=name,
            rpc=RpcSettings(port=rpc_port),
            p2p=P2pSettings(listen=listen, peers=peers),
        )
        home = Home(self.root / name)
        init_home(
            home,
            genesis=self.root / "genesis.json",
            validator=True,
            seed=development_seed(name),
            settings=settings,
        )
        write_node_key(home.node_key, development_seed(f"{name} network"))

    def _write(self, nodes: list[dict[str, Any]]) -> None:
        document = {
            "chain_id": DEVNET_CHAIN_ID,
            "genesis_hash": read_genesis(self.root / "genesis.json").hash.hex(),
            "nodes": nodes,
            "accounts": [
                {
                    "name": account.name,
                    "role": account.role,
                    "address": format_address(account.key.address),
                    "private_key": development_seed(account.name).hex(),
                    "balance": str(DEVNET_BALANCE),
                }
                for account in development_accounts()
            ],
        }
        draft = self.file.with_suffix(".tmp")
        draft.write_text(json.dumps(document, indent=2) + "\n")
        draft.replace(self.file)

    def start(self, *names: str) -> None:
        """Start the nodes of these names that are not running, and note the process ids.

        Args:
            names: such as ``validator-0``; every node when there is none.
        """
        document = self.read()
        for entry in document["nodes"]:
            node = _node(entry, self.root)
            if (node.name in names or not names) and not is_running(node.pid, node.home):
                entry["pid"] = start_node(node.home)
                self._write(document["nodes"])

    def wait_ready(self, *, is_asked_to_stop: Callable[[], bool] = lambda: False) -> int:
        """Wait until every node has a new block, and return its height.

        Args:
            is_asked_to_stop: ends the waiting early; 0 is returned then.

        Raises:
            ConfigError: a node ended, or no block came in time; says which log to read.
        """
        deadline_ms = monotonic_ms() + READY_MS
        nodes = self.nodes()
        first_seen: dict[str, int] = {}
        while not is_asked_to_stop():
            heights = {node.name: _height(node) for node in nodes}
            seen = {name: height for name, height in heights.items() if height is not None}
            first_seen = seen | first_seen
            if len(seen) == len(nodes) and all(seen[one] > first_seen[one] for one in seen):
                return min(seen.values())
            self._check_waiting(nodes, deadline_ms)
            pause(POLL_S)
        return 0

    def _check_waiting(self, nodes: list[DevnetNode], deadline_ms: int) -> None:
        """Check that waiting for a block still makes sense.

        Raises:
            ConfigError: a node ended, or the time is up; says which log to read.
        """
        for node in nodes:
            if not is_running(node.pid, node.home):
                raise ConfigError(detail=f"{node.name} ended; read {node.home}/node.log")
        if monotonic_ms() > deadline_ms:
            detail = f"no block within {READY_MS // 1_000} s; read {self.root}/*/node.log"
            raise ConfigError(detail=detail)

    def find(self, number: int) -> DevnetNode:
        """Return a node by its number, from 0.

        Raises:
            ConfigError: there is none of this number.
        """
        nodes = self.nodes()
        if not 0 <= number < len(nodes):
            detail = f"there is no validator {number}; there are 0 to {len(nodes) - 1}"
            raise ConfigError(detail=detail)
        return nodes[number]

    def stop(self) -> None:
        """End every node: politely, then by force."""
        nodes = self.nodes()
        for node in nodes:
            if is_running(node.pid, node.home):
                os.kill(node.pid, signal.SIGTERM)
        deadline_ms = monotonic_ms() + STOP_MS
        while any(is_running(node.pid, node.home) for node in nodes):
            if monotonic_ms() > deadline_ms:
                for node in nodes:
                    if is_running(node.pid, node.home):
                        kill_node(node.pid)
                break
            pause(POLL_S)
        document = self.read()
        for entry in document["nodes"]:
            entry["pid"] = 0
        self._write(document["nodes"])


def _node(entry: dict[str, Any], root: Path) -> DevnetNode:
    """Return a node of ``devnet.json``; its home is below the devnet's folder, wherever that is."""
    name = str(entry["name"])
    return DevnetNode(name, str(entry["rpc"]), root / name, int(entry["pid"]), str(entry["p2p"]))


def _height(node: DevnetNode) -> int | None:
    try:
        status = call(node.rpc, "ait_status", timeout_s=2.0)
    except PeerError:
        return None
    height = status["height"]
    assert isinstance(height, int)
    return height
