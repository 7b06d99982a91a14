"""Validators come and go on a running chain while people pay: what is done and what must hold."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from node.clock import monotonic_ms
from node.devnet import DevnetNode
from node.rpc_client import call
from tests.support.chaos_checks import Agreement
from tests.support.chaos_transfers import Transfers
from tests.support.growing_net import GrowingNet, key_of_node
from tests.support.running import find_height, wait_height

PAY_EVERY_S = 0.3
FOLLOWED_S = 90.0
SETTLED_S = 60.0
TURNS = 3
"""Turns of everybody within which a new validator has proposed a block."""


@dataclass(frozen=True)
class Change:
    """A change of the validators that is final.

    Attributes:
        what: in words.
        count: validators after it.
        height: of the block that holds it.
        took_s: seconds from the first command to that block.
    """

    what: str
    count: int
    height: int
    took_s: float

    def __str__(self) -> str:
        """Say what was done, and what came of it."""
        return (
            f"{self.what}: {self.count} validators from height {self.height + 2} on, "
            f"commands and block took {self.took_s:.1f} s"
        )


@dataclass
class SeatRun:
    """What happened to a growing network so far.

    Attributes:
        net: the nodes.
        seed: decides who pays whom.
        told: of each change.
        changes: that are final.
        agreement: what all nodes agree on.
        transfers: that were sent meanwhile.
    """

    net: GrowingNet
    seed: int
    told: Callable[[Change], None] = lambda _: None
    changes: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Know who pays whom."""
        genesis = self.net.devnet.root / "genesis.json"
        self.transfers = Transfers(genesis, random.Random(self.seed))
        self.agreement = Agreement(self.net)

    @contextmanager
    def paying(self) -> Iterator[None]:
        """Send transfers through all nodes, from another thread, and see all of them final.

        Raises:
            AssertionError: a node did not take one, or one is not final exactly once.
        """
        stop = threading.Event()

        def pay() -> None:
            while not stop.wait(PAY_EVERY_S):
                node = self.transfers.dice.choice(self.net.nodes)
                self.transfers.send(node, height=find_height(node) or 0)

        with ThreadPoolExecutor(1) as pool:
            payer = pool.submit(pay)
            try:
                yield
            finally:
                stop.set()
            payer.result()
        self.transfers.settle(self.net.nodes, within_s=SETTLED_S)
        self._follow(find_height(self.net.nodes[0]) or 0)
        self.transfers.check(self.net.nodes[0], self.agreement.final)
        assert not self.transfers.failures, self.transfers.failures

    def grow(self, count: int) -> None:
        """Let new nodes become validators until there are so many."""
        while len(self.net.voting) < count:
            node = self.net.add_node()
            self._change(f"{node.name} joins", partial(self.net.join, node), joins=node)

    def shrink(self, count: int) -> None:
        """Let the oldest validators but the first leave until there are so many."""
        while len(self.net.voting) > count:
            node = self.net.find(self.net.voting[1])
            self._change(f"{node.name} leaves", partial(self.net.leave, node.name), leaves=node)

    def rotate(self) -> None:
        """Give the newest validator's seat to a new key."""
        old, new = self.net.find(self.net.voting[-1]), self.net.add_node()
        what = f"{new.name} takes the seat of {old.name}"
        self._change(what, partial(self.net.rotate, new, old.name), joins=new, leaves=old)

    def _change(
        self,
        what: str,
        act: Callable[[], int],
        *,
        joins: DevnetNode | None = None,
        leaves: DevnetNode | None = None,
    ) -> None:
        """Make a change, and see who votes and who proposes after it.

        Raises:
            AssertionError: somebody does not who should, or does who should not.
        """
        started_ms = monotonic_ms()
        height = act()
        took_s = (monotonic_ms() - started_ms) / 1_000
        count = len(self.net.voting)
        self.changes.append(Change(what, count, height, took_s))
        self.told(self.changes[-1])
        starts, ends = height + 2, height + 2 + TURNS * count
        before, after = self._voters(starts - 1), self._voters(starts)
        self._follow(ends)
        proposers = {block.proposer for block in self.agreement.blocks[starts : ends + 1]}
        if joins is not None:
            assert key_of_node(joins) in (after - before) & proposers, f"{what} in {height}"
        if leaves is not None:
            assert key_of_node(leaves) in before - after - proposers, f"{what} in {height}"

    def _voters(self, height: int) -> set[str]:
        """Return the keys of the validators of a height that is decided or about to be."""
        shown = call(self.net.nodes[0].rpc, "ait_getValidators", height)
        return {one["publicKey"] for one in shown["validators"]}

    def _follow(self, height: int) -> None:
        """Wait until every node, validator or not, has a height, and compare their chains."""
        for node in self.net.nodes:
            wait_height(node, height, within_s=FOLLOWED_S)
        self.agreement.check()

    @property
    def rounds_max(self) -> int:
        """Rounds that the height which took most of them took; 1 when all went well."""
        return 1 + max(block.round for block in self.agreement.blocks)
