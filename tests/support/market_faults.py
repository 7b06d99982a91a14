"""Jobs through real miners while workers crash and miners and clients are killed.

A devnet, miners and clients run as processes. While jobs are done, a seeded choice of miners and
clients is killed by force and started again; in the end ``market_audit`` compares every journal
with the chain.
"""

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chain.payloads import Transfer
from chain.primitives import BASE_UNITS
from genesis.make import development_key, development_seed
from node.clock import monotonic_ms, pause
from node.devnet import Devnet
from node.keystore import write_key
from node.market.account import Account
from node.market.card import put_card, read_card
from node.market.journal import Journal
from node.market.node_view import NodeView
from node.ports import free_ports
from tests.support.market_plan import EXPIRES_AFTER, MODEL, WORKER
from tests.support.market_processes import ROOT, STOP_S, MinerProcess

CLIENTS = 2
FUNDS = 10 * BASE_UNITS
"""What a miner of the run begins with, for the fees of its offers and releases."""

FUNDED_MS = 60_000
LOOK_S = 0.25


@dataclass(frozen=True)
class Scale:
    """How large a run is.

    Attributes:
        jobs: in all.
        miners: that do them.
        validators: of the devnet.
        interval_ms: milliseconds from block to block.
        threads: jobs that a client has at once.
        kill_every_s: seconds between two kills, on average.
        within_s: seconds in which all must have ended.
    """

    jobs: int
    miners: int
    validators: int
    interval_ms: int
    threads: int
    kill_every_s: float
    within_s: float

    @property
    def late_s(self) -> int:
        """Seconds of work that end after a late job's expiry, if blocks come in time."""
        return -(-2 * EXPIRES_AFTER * self.interval_ms // 1_000)


@dataclass
class ClientProcess:
    """A client's process.

    Attributes:
        number: which client.
        words: what it is told at every start.
        log: file that takes what it says.
    """

    number: int
    words: list[str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it, or start it again."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                (
                    *(sys.executable, "-X", "faulthandler"),
                    *("-m", "tests.support.market_client", *self.words),
                ),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def code(self) -> int | None:
        """Its exit code, or None while it runs."""
        assert self.process is not None
        return self.process.poll()

    def kill(self) -> None:
        """Kill it at once."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
        if self.process is not None:
            self.process.wait(STOP_S)


@dataclass
class MarketRun:
    """A run.

    Attributes:
        folder: everything is in it.
        scale: how large it is.
        seed: decides jobs and kills.
        net: the devnet.
        miners: their processes.
        clients: their processes.
        killed_miners: how often one was killed.
        killed_clients: how often one was killed.
        killed_by_others: how often a client was killed by somebody else on the machine.
    """

    folder: Path
    scale: Scale
    seed: int
    net: Devnet
    miners: list[MinerProcess] = field(default_factory=list)
    clients: list[ClientProcess] = field(default_factory=list)
    killed_miners: int = 0
    killed_clients: int = 0
    killed_by_others: int = 0

    @property
    def view(self) -> NodeView:
        """The devnet's first node."""
        return NodeView(self.net.nodes()[0].rpc)

    def key_file(self, name: str) -> Path:
        """Return the key file of somebody of the devnet."""
        path = self.folder / f"{name}.key"
        if not path.exists():
            write_key(path, development_seed(name))
        return path

    def home(self, name: str) -> Path:
        """Return the folder of somebody."""
        return self.folder / "homes" / name

    def prepare(self) -> None:
        """Give every miner money, and prepare all processes."""
        journal = Journal.open(self.folder / "funds.db")
        bank = Account(development_key("miner-1"), self.view, journal)
        names = [f"miner-{number}" for number in range(self.scale.miners)]
        for name in names[2:]:
            sent = bank.write_down(Transfer(development_key(name).address, FUNDS))
            bank.wait_final(sent, timeout_ms=FUNDED_MS)
        marks = self.folder / "marks"
        marks.mkdir()
        worker = self.folder / "worker.py"
        worker.write_text(WORKER)
        command = f"{sys.executable} {worker} {marks} {self.scale.late_s}"
        for name, port in zip(names, free_ports(len(names), near=f"{self.folder}m"), strict=True):
            self.miners.append(self._miner(name, port, command))
        for number in range(CLIENTS):
            self.clients.append(self._client(number))

    def _miner(self, name: str, port: int, command: str) -> MinerProcess:
        options = (
            *("--from", self.key_file(name), "--home", self.home(name)),
            *("--rpc", self.view.url, "--listen", f"/ip4/127.0.0.1/tcp/{port}"),
            *("--price", f"{MODEL}=2", "--command", command),
            *("--jobs", 4, "--timeout-s", self.scale.late_s + 2),
        )
        log = self.folder / f"{name}.log"
        return MinerProcess(options, log, module=("tests.support.greedy_miner",))

    def _client(self, number: int) -> ClientProcess:
        name = f"client-{number}"
        counts = (self.seed, self.scale.jobs, CLIENTS, number, self.scale.threads)
        places = (self.key_file(name), self.home(name), self.view.url, self.folder / "cards")
        return ClientProcess(
            number, [*map(str, places), *map(str, counts)], self.folder / f"{name}.log"
        )

    def start_miner(self, miner: MinerProcess) -> None:
        """Start a miner and hand its card to the clients."""
        miner.start()
        assert miner.card is not None
        card = read_card(miner.card, genesis_hash=self.view.tip().genesis_hash)
        put_card(self.folder / "cards", card)

    def play(self) -> None:
        """Have all jobs done while processes are killed.

        Raises:
            AssertionError: the clients do not end in time.
        """
        for miner in self.miners:
            self.start_miner(miner)
        for client in self.clients:
            client.start()
        dice = random.Random(self.seed)
        deadline_ms = monotonic_ms() + int(self.scale.within_s * 1_000)
        kill_ms = self._next_kill(dice)
        while any(one.code != 0 for one in self.clients):
            assert monotonic_ms() < deadline_ms, f"not at an end in {self.scale.within_s} s"
            for client in self.clients:
                self._look_after(client)
            if monotonic_ms() > kill_ms:
                self._kill(dice)
                kill_ms = self._next_kill(dice)
            pause(LOOK_S)
        self._let_miners_end(deadline_ms)

    def _look_after(self, client: ClientProcess) -> None:
        """Start a client again that somebody else has killed; no client ends that way by itself.

        Raises:
            AssertionError: it has ended by itself, and not well.
        """
        if client.code == -signal.SIGKILL:
            self.killed_by_others += 1
            client.start()
        said = f"a client ended with {client.code}: {client.log.read_text()[-2_000:]}"
        assert client.code in (None, 0), said

    def _next_kill(self, dice: random.Random) -> int:
        pause_s = self.scale.kill_every_s * dice.uniform(0.5, 1.5)
        return monotonic_ms() + int(pause_s * 1_000)

    def _kill(self, dice: random.Random) -> None:
        """Kill a miner or a client, and start it again."""
        running = [one for one in self.clients if one.code is None]
        if running and dice.random() < 0.4:
            client = dice.choice(running)
            client.kill()
            client.start()
            self.killed_clients += 1
            return
        miner = dice.choice(self.miners)
        miner.kill()
        self.start_miner(miner)
        self.killed_miners += 1

    def _let_miners_end(self, deadline_ms: int) -> None:
        """Wait until no miner has anything left to claim or to give back.

        Raises:
            AssertionError: one has, when the time is up.
        """
        ended = "SELECT count(*) FROM work WHERE state NOT IN ('settled', 'released', 'lost')"
        for number in range(self.scale.miners):
            journal = Journal(self.home(f"miner-{number}") / "journal.db")
            while journal.read(ended) != [(0,)]:
                assert monotonic_ms() < deadline_ms, journal.read(
                    "SELECT job_id, state, reason FROM work "
                    "WHERE state NOT IN ('settled', 'released', 'lost')"
                )
                pause(LOOK_S)

    def stop(self) -> None:
        """End every process."""
        for client in self.clients:
            client.kill()
        for miner in self.miners:
            miner.kill()


@contextmanager
def market_run(folder: Path, scale: Scale, *, seed: int) -> Iterator[MarketRun]:
    """Prepare a run on a devnet of its own; everything ends with the context."""
    net = Devnet(folder / "devnet")
    net.make(validators=scale.validators, block_interval_ms=scale.interval_ms)
    run = MarketRun(folder, scale, seed, net)
    try:
        net.start()
        net.wait_ready()
        run.prepare()
        yield run
    finally:
        run.stop()
        net.stop()
