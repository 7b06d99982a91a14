"""What must hold of a network of real nodes, whatever was done to them."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol

from chain.primitives import INDEX_BITS
from chain.store.audit_queries import recount_supply
from chain.store.connection import open_reader
from chain.store.queries import ChainReader
from node.devnet import DevnetNode
from node.home import Home
from node.rpc_client import call

FORBIDDEN = (b"equivocation", b"validator_tombstoned", b"Traceback", b"invariant_broken")
"""What no log of an honest node says."""

WITH_TRANSACTIONS = True

ROWS = {
    "block": "SELECT * FROM block WHERE height <= ? ORDER BY height",
    "transaction": 'SELECT * FROM "transaction" WHERE id <= ? ORDER BY id',
}
"""What is the same in the database of every node, up to a height or a row id."""


class Network(Protocol):
    """Nodes whose chains are compared."""

    @property
    def nodes(self) -> list[DevnetNode]:
        """All nodes; the first knows the rounds."""
        ...


@dataclass(frozen=True)
class Seen:
    """A height that all nodes agree on.

    Attributes:
        hash: of the block, as the RPC writes it.
        state_root: likewise.
        proposer: public key, likewise.
        time_ms: of its header, unix milliseconds.
        round: in which it was decided, as the first node knows it.
    """

    hash: str
    state_root: str
    proposer: str
    time_ms: int
    round: int


@dataclass
class Agreement:
    """Compares the chains of all nodes, each height once.

    Attributes:
        blocks: by height from 0 on, what all nodes have.
        final: how often each transfer's id is in these blocks.
    """

    net: Network
    blocks: list[Seen] = field(default_factory=list)
    final: Counter[str] = field(default_factory=Counter)
    _read: Counter[str] = field(default_factory=Counter)

    def check(self) -> None:
        """Check everything that can be seen from outside while the nodes run.

        Raises:
            AssertionError: says what is wrong.
        """
        nodes = self.net.nodes
        lowest = min(call(node.rpc, "ait_status")["height"] for node in nodes)
        for height in range(len(self.blocks), lowest + 1):
            self._take(height, [call(node.rpc, "ait_getBlock", height) for node in nodes])
        self._check_logs(nodes)
        self._check_money(nodes)

    def _take(self, height: int, shown: list[dict[str, Any]]) -> None:
        """Check that all nodes show the same block, and remember it."""
        pairs = {(one["hash"], one.get("stateRoot", "")) for one in shown}
        assert len(pairs) == 1, f"height {height} differs: {pairs}"
        block_hash, state_root = pairs.pop()
        certificate, proposer = shown[0]["certificate"], shown[0]["proposer"] or ""
        round_ = certificate["round"] if certificate else 0
        self.blocks.append(Seen(block_hash, state_root, proposer, shown[0]["timeMs"], round_))
        if shown[0]["transactionCount"]:
            whole = call(self.net.nodes[0].rpc, "ait_getBlock", height, WITH_TRANSACTIONS)
            for one in whole["transactions"]:
                if one["kind"] == "transfer":
                    self.final[one["transactionId"]] += 1

    def _check_logs(self, nodes: list[DevnetNode]) -> None:
        """Check what the nodes have logged since the last time."""
        for node in nodes:
            with (node.home / "node.log").open("rb") as log:
                log.seek(self._read[node.name])
                said = log.read()
            self._read[node.name] += len(said)
            for word in FORBIDDEN:
                assert word not in said, f"{node.name} says {word!r}: {said.decode()[-4_000:]}"

    def _check_money(self, nodes: list[DevnetNode]) -> None:
        for node in nodes:
            reader = ChainReader.open(Home(node.home).database)
            try:
                audit = recount_supply(reader.connection)
            finally:
                reader.close()
            assert audit.difference == 0, f"{node.name} at {audit.height}: {audit}"

    def check_files(self) -> int:
        """Check that the databases of nodes that have ended hold the same rows.

        Returns:
            The height up to which they were compared.
        """
        files = [open_reader(Home(node.home).database) for node in self.net.nodes]
        try:
            tips = [
                file.exec_driver_sql("SELECT max(height) FROM block").scalar_one() for file in files
            ]
            lowest: int = min(tips)
            ends = {"block": lowest, "transaction": ((lowest + 1) << INDEX_BITS) - 1}
            for table, query in ROWS.items():
                digests = {_digest(file.exec_driver_sql(query, (ends[table],))) for file in files}
                assert len(digests) == 1, f"the {table} rows differ up to height {lowest}"
        finally:
            for file in files:
                file.close()
        assert len(self.blocks) <= lowest + 1, "a final block is gone"
        return lowest

    @property
    def longest_gap_ms(self) -> int:
        """Milliseconds between two blocks of all, by their headers."""
        return max(self.gaps_ms(1, len(self.blocks)), default=0)

    def gaps_ms(self, first: int, last: int) -> list[int]:
        """Return the milliseconds between the blocks of some heights, by their headers."""
        times = [block.time_ms for block in self.blocks[max(first, 1) : last + 1]]
        return [later - earlier for earlier, later in pairwise(times)]


def _digest(rows: Iterable[object]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr(row).encode())
    return digest.hexdigest()
