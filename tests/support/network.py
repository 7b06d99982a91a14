"""Edges as real processes, each with a fake core: a plain Unix socket that the test holds."""

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from chain.exchange import ProtocolId, Topic
from chain.primitives import Hash
from node.ports import free_ports
from p2p.frames import FrameDecoder, pack, unpack
from p2p.identity import peer_of_seed, write_key
from p2p.orders import Answer, Broadcast, Order, Publish, Request
from p2p.reports import (
    REPORTS,
    Consensus,
    Gossip,
    Incoming,
    PeerUp,
    Ready,
    Report,
    Response,
)

GENESIS = Hash(bytes.fromhex("0123abcd") + bytes(28))
DEADLINE_S = 20.0
ROOT = Path(__file__).resolve().parents[2]

R = TypeVar("R", bound=Report)

Setting = str | int | list[str] | dict[str, str]

EDGE = """
import sys
from p2p import edge
edge.STOP_S = float(sys.argv[1])
sys.exit(edge.main(["edge.json"]))
"""

_asked = itertools.count()


def free_port() -> int:
    """Return a TCP port of the loopback that nobody uses now, and no outgoing connection takes."""
    return next(free_ports(1, near=f"{os.getpid()} {next(_asked)}"))


class EdgeUnderTest:
    """One edge process and its fake core."""

    def __init__(self, home: Path, seed: bytes, **settings: Setting) -> None:
        """Prepare a home; nothing runs yet. ``settings`` replace those of the file."""
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.peer = peer_of_seed(seed)
        self.port = free_port()
        self.address = f"/ip4/127.0.0.1/tcp/{self.port}/p2p/{self.peer}"
        if not (home / "node_key").exists():
            write_key(home / "node_key", seed)
        self.settings: dict[str, Setting] = {
            "genesis_hash": GENESIS.hex(),
            "listen": [f"/ip4/127.0.0.1/tcp/{self.port}"],
            "node_key": "node_key",
            "core_socket": "core.sock",
            "lifeline_fd": 0,
            **settings,
        }
        self.reports: list[Report] = []
        self._news = threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._listener: socket.socket | None = None
        self._core: socket.socket | None = None
        self._reader: threading.Thread | None = None

    def start(self, *, stop_s: float = DEADLINE_S) -> Self:
        """Start the process, that may take so long to stop, and accept its connection."""
        settings = {"gossip_counter": time.time_ns(), **self.settings}
        (self.home / "edge.json").write_text(json.dumps(settings))
        path = self.home / "core.sock"
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._listener.settimeout(DEADLINE_S)
        with (self.home / "edge.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", EDGE, str(stop_s)],
                cwd=self.home,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stderr=log,
            )
        self._core, _ = self._listener.accept()
        self._reader = threading.Thread(target=self._read, args=(self._core,))
        self._reader.start()
        return self

    def _read(self, core: socket.socket) -> None:
        """Collect reports until the socket ends."""
        decoder = FrameDecoder()
        while data := _receive(core):
            news = [unpack(frame, REPORTS) for frame in decoder.feed(data)]
            with self._news:
                self.reports += news
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def tell(self, *orders: Order) -> None:
        """Send orders."""
        assert self._core is not None
        self._core.sendall(b"".join(pack(order) for order in orders))

    def wait(
        self, kind: type[R], matches: Callable[[R], bool] = lambda _: True, *, count: int = 1
    ) -> list[R]:
        """Return ``count`` matching reports, the earliest ones, as soon as they are there."""

        def found() -> list[R]:
            return [one for one in self.reports if isinstance(one, kind) and matches(one)]

        with self._news:
            in_time = self._news.wait_for(lambda: len(found()) >= count, DEADLINE_S)
            assert in_time, f"{len(found())} of {count} {kind.__name__}:\n{self.log()}"
            return found()[:count]

    def count(self, kind: type[Report]) -> int:
        """Return how many reports of a kind have come."""
        with self._news:
            return sum(isinstance(one, kind) for one in self.reports)

    def forget(self) -> None:
        """Drop the reports that have come."""
        with self._news:
            self.reports.clear()

    def log(self) -> str:
        """Return the end of what the process has logged."""
        return (self.home / "edge.log").read_text()[-4000:]

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The running process."""
        assert self._process is not None
        return self._process

    def kill(self) -> None:
        """Kill the process and forget its socket."""
        self.process.send_signal(signal.SIGKILL)
        self.stop()

    def close_core(self) -> None:
        """Let the core vanish."""
        assert self._core is not None
        self._core.shutdown(socket.SHUT_RDWR)

    def stop(self) -> int:
        """End the process if it runs, close everything, and return its exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.terminate()
        code = self._process.wait(DEADLINE_S)
        if self._process.stdin:
            self._process.stdin.close()
        if self._core:
            self._core.close()
        if self._reader:
            self._reader.join(DEADLINE_S)
        if self._listener:
            self._listener.close()
        self._process = self._core = self._reader = self._listener = None
        return code

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()


def exchange(left: EdgeUnderTest, right: EdgeUnderTest) -> None:
    """Check that two edges still serve their cores: consensus, gossip, questions and answers."""
    mark = str(time.monotonic_ns()).encode()
    for sender, receiver in ((left, right), (right, left)):
        sender.tell(Broadcast(mark), Publish(Topic.TX, mark + sender.peer.encode()))
        sender.tell(Request(7, ProtocolId.FETCH, receiver.peer, mark))
    for sender, receiver in ((left, right), (right, left)):
        receiver.wait(Consensus, lambda one: one.message == mark)
        receiver.wait(Gossip, lambda one: one.payload.startswith(mark))
        (question,) = receiver.wait(Incoming, lambda one: one.payload == mark)
        receiver.tell(Answer(question.id, b"answer " + mark))
        (answer,) = sender.wait(Response, lambda one: one.payload.endswith(mark))
        assert answer.ok


def _receive(core: socket.socket) -> bytes:
    """Return some bytes, or none at the end."""
    try:
        return core.recv(1024 * 1024)
    except OSError:
        return b""


@contextmanager
def running_edges(home: Path, count: int, **settings: Setting) -> Iterator[list[EdgeUnderTest]]:
    """Run edges that name each other as persistent peers, once all are linked."""
    edges = [
        EdgeUnderTest(home / f"node{index}", bytes([index + 1]) * 32, **settings)
        for index in range(count)
    ]
    addresses = [edge.address for edge in edges]
    try:
        for edge in edges:
            edge.settings["persistent_peers"] = addresses
            edge.start()
        for edge in edges:
            edge.wait(Ready)
            for other in edges:
                if other is not edge:
                    edge.wait(PeerUp, lambda up, peer=other.peer: up.peer == peer)  # type: ignore[misc] # mypy cannot infer a lambda with a default
        yield edges
    finally:
        for edge in edges:
            edge.stop()
