"""A devnet in a temporary folder, payers with money on it, and the client that drives it."""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chain.crypto import SecretKey
from chain.errors import ConfigError
from chain.genesis import Genesis
from chain.primitives import VALID_UNTIL_HEIGHTS_MAX
from chain.transaction import SignedTransaction
from genesis.document import read_genesis
from genesis.make import development_accounts
from node.devnet import Devnet
from node.rpc_client import call
from scripts.benchmarks.client import Job, Lane, Outcome
from scripts.benchmarks.figures import say
from scripts.benchmarks.interrupts import Interrupts
from scripts.benchmarks.workload import Payers, account_key, transfer_fee

SHARE = 1_000_000
"""Base units that each payer gets before anything is measured."""

FUNDING_WAVE = 60
"""Transfers of one key that wait at once while payers get their money; nodes keep 64."""

TICKS = os.sysconf("SC_CLK_TCK")
"""Units a second in which the kernel counts processor time."""

BATCH = 100
"""Calls in one request; nodes take no more."""

TIMEOUT_S = 600.0
"""For one run of the client; a chain that is that slow is not worth waiting for."""

LOG_LINES = 5

ROLES = {b"node.core": "core", b"node.api.edge": "API edge", b"p2p.edge": "network edge"}
"""A node's processes by the module they run; the rest is its supervisor."""


@dataclass
class Network:
    """A running devnet.

    Attributes:
        net: the devnet.
        folder: where jobs are written.
        genesis: what its chain began with.
        interrupts: held while a client is started or ended.
        payers: accounts with money, once :meth:`fund` gave it to them.
    """

    net: Devnet
    folder: Path
    genesis: Genesis
    interrupts: Interrupts
    payers: Payers = field(init=False)

    def __post_init__(self) -> None:
        """Begin with no payers."""
        self.payers = self._payers_of([])

    @property
    def urls(self) -> list[str]:
        """JSON-RPC URLs of the nodes."""
        return [node.rpc for node in self.net.nodes()]

    def _payers_of(self, keys: Sequence[SecretKey]) -> Payers:
        fee = transfer_fee(self.genesis.parameters)
        return Payers(keys=keys, genesis_hash=self.genesis.hash, fee=fee, valid_until=0)

    def fund(self, count: int) -> None:
        """Give money to ``count`` new accounts, by transfers of the devnet's own."""
        self.payers = self._payers_of([account_key(index) for index in range(count)])
        rich = self._payers_of([one.key for one in development_accounts()])
        wave = FUNDING_WAVE * len(rich.keys)
        for first in range(0, count, wave):
            self.refresh(rich)
            transfers = [
                rich.sign(index % len(rich.keys), to=key.address, amount=SHARE)
                for index, key in enumerate(self.payers.keys[first : first + wave])
            ]
            self.run(lanes_of(transfers, urls=self.urls, lanes=1, batch=BATCH), poll_s=0.05)
            say(f"{min(first + wave, count)} of {count} payers have money")

    def refresh(self, payers: Payers) -> None:
        """Let the transfers that these payers sign next be valid for as long as can be."""
        height = call(self.urls[0], "ait_status")["height"]
        payers.valid_until = height + VALID_UNTIL_HEIGHTS_MAX - 1

    def sign(self, count: int) -> list[SignedTransaction]:
        """Return ``count`` transfers, each payer's turn after turn, valid from now."""
        self.refresh(self.payers)
        turns = [index % len(self.payers.keys) for index in range(count)]
        return list(self.payers.between(turns))

    def run(self, lanes: list[Lane], *, poll_s: float) -> Outcome:
        """Have a client process send these lanes and wait until all is final.

        Raises:
            ConfigError: the client failed; says with what.
        """
        job = self.folder / "job.json"
        Job(watch=self.urls[0], lanes=lanes, poll_s=poll_s, timeout_s=TIMEOUT_S).write(job)
        command = [sys.executable, "-m", "scripts.benchmarks.client", str(job)]
        with self.interrupts.held():
            client = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
            )
        try:
            output, errors = client.communicate(timeout=2 * TIMEOUT_S)
        finally:
            client.kill()
            client.wait()
        if client.returncode != 0:
            last = errors.decode(errors="replace").strip().splitlines()[-1:]
            raise ConfigError(detail=f"the client failed: {' '.join(last)}")
        return Outcome(**json.loads(output))

    def processor_seconds(self) -> dict[str, float]:
        """Return the processor seconds that the nodes' processes have used, by role."""
        groups = {node.pid for node in self.net.nodes()}
        used: dict[str, float] = defaultdict(float)
        for place in Path("/proc").glob("[0-9]*"):
            try:
                fields = (place / "stat").read_text().rpartition(")")[2].split()
                words = (place / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if int(fields[2]) in groups:
                role = next((ROLES[word] for word in words if word in ROLES), "supervisor")
                used[role] += (int(fields[11]) + int(fields[12])) / TICKS
        return used


def _hex(transaction: SignedTransaction) -> str:
    return f"0x{transaction.encode().hex()}"


def lanes_of(
    transfers: Sequence[SignedTransaction], *, urls: Sequence[str], lanes: int, batch: int
) -> list[Lane]:
    """Divide transfers among lanes, each payer's in one lane and in order.

    Args:
        transfers: each payer's turn after turn, the payers a multiple of the lanes.
        urls: of the nodes, which the lanes share.
        lanes: how many requests are under way at once.
        batch: transfers in one request.
    """
    shares = [[_hex(one) for one in transfers[lane::lanes]] for lane in range(lanes)]
    return [
        Lane(
            url=urls[number % len(urls)],
            groups=[share[first : first + batch] for first in range(0, len(share), batch)],
        )
        for number, share in enumerate(shares)
        if share
    ]


def paced_lanes(
    transfers: Sequence[SignedTransaction], *, urls: Sequence[str], every_s: float
) -> list[Lane]:
    """Return a lane for each transfer, one every so many seconds."""
    return [
        Lane(url=urls[number % len(urls)], groups=[[_hex(one)]], at_s=number * every_s)
        for number, one in enumerate(transfers)
    ]


@contextmanager
def open_network(
    folder: Path, *, validators: int, payers: int, interrupts: Interrupts
) -> Iterator[Network]:
    """Run a devnet with payers while the context lasts.

    Raises:
        ConfigError: it does not come up; the ends of its logs are printed.
    """
    net = Devnet(Path(tempfile.mkdtemp(prefix=f"devnet-{validators}-", dir=folder)))
    net.make(validators=validators)
    try:
        with interrupts.held():
            net.start()
        say(f"a devnet of {validators} starts")
        net.wait_ready()
        network = Network(net, folder, read_genesis(net.root / "genesis.json"), interrupts)
        network.fund(payers)
        yield network
    except ConfigError:
        _show_logs(net)
        raise
    finally:
        with interrupts.held():
            net.stop()


def _show_logs(net: Devnet) -> None:
    for log in sorted(net.root.glob("*/node.log")):
        for line in log.read_text(errors="replace").splitlines()[-LOG_LINES:]:
            say(f"{log.parent.name}: {line}")
