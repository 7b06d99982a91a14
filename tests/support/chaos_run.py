"""Rounds of faults on a running devnet: strike, heal, wait, and look whether all is well."""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter

from chain.errors import AitbcError
from node.clock import monotonic_ms, now_ms, pause
from node.devnet import DevnetNode
from tests.support.chaos_checks import Agreement
from tests.support.chaos_net import ChaosNet
from tests.support.chaos_plan import HALTING, Fault
from tests.support.chaos_strikes import Healer, strike
from tests.support.chaos_transfers import Transfers
from tests.support.running import find_height, wait_block_since, wait_height

RECOVERY_S = 60.0
"""Seconds in which every node has a block made after healing, on a machine that is busy."""

SETTLED_S = 60.0
TRANSFER_EVERY_S = 0.4


@dataclass(frozen=True)
class RoundReport:
    """What one round showed.

    Attributes:
        faults: what was done.
        recovery_s: seconds from the last healing until every node has a block made after it.
        first, last: heights at its start and at its end.
        longest_gap_ms: between two blocks of the round, by their headers.
        sent: transfers.
        load: of this machine over the last minute.
    """

    faults: tuple[Fault, ...]
    recovery_s: float
    first: int
    last: int
    longest_gap_ms: int
    sent: int
    load: float

    @property
    def keeps_a_quorum(self) -> bool:
        """Whether three of four validators could go on all the time."""
        return len(self.faults) == 1 and self.faults[0].kind not in HALTING


class ChaosRun:
    """The rounds of one network.

    Attributes:
        reports: of the rounds so far.
        agreement: what all nodes agree on.
        transfers: that were sent.
    """

    def __init__(self, net: ChaosNet, *, seed: int) -> None:
        """Begin; the seed decides who pays whom."""
        self._net, self._seed = net, seed
        self._dice = random.Random(seed)
        self.agreement = Agreement(net)
        self.transfers = Transfers(net.devnet.root / "genesis.json", self._dice)
        self.reports: list[RoundReport] = []
        self._struck: set[int] = set()
        self._height, self._healed_ms = 0, 0

    def play(self, faults: list[Fault]) -> RoundReport:
        """Play a round and check what must hold after it.

        Raises:
            AssertionError: something does not hold; says what, and a note what repeats it.
            PeerError: a node that should does not answer.
        """
        try:
            report = self._play(faults)
        except (AssertionError, AitbcError) as failed:
            what = " and ".join(map(str, faults))
            failed.add_note(f"seed {self._seed}, round {len(self.reports) + 1}: {what}")
            raise
        self.reports.append(report)
        return report

    def _play(self, faults: list[Fault]) -> RoundReport:
        first, sent = self._tip(), len(self.transfers.sent)
        self._strike_and_heal(faults)
        for node in self._net.nodes:
            wait_block_since(node, self._healed_ms, within_s=RECOVERY_S)
        recovery_s = (now_ms() - self._healed_ms) / 1_000
        self.transfers.settle(self._net.nodes, within_s=SETTLED_S)
        self._compare()
        last = len(self.agreement.blocks) - 1
        return RoundReport(
            faults=tuple(faults),
            recovery_s=recovery_s,
            first=first,
            last=last,
            longest_gap_ms=max(self.agreement.gaps_ms(first, last), default=0),
            sent=len(self.transfers.sent) - sent,
            load=os.getloadavg()[0],
        )

    def finish(self) -> None:
        """Check the whole run, once no round follows.

        Raises:
            AssertionError: a transfer is not final exactly once, or its money is elsewhere.
        """
        self._compare()
        self.transfers.check(self._net.nodes[0], self.agreement.final)

    def _compare(self) -> None:
        """Check all that is final by now on any node, once all nodes have it."""
        whole = self._tip()
        for node in self._net.nodes:
            wait_height(node, whole, within_s=RECOVERY_S)
        self.agreement.check()
        assert not (ways := self._net.find_bypasses()), ways

    def _strike_and_heal(self, faults: list[Fault]) -> None:
        """Bring all faults about and heal each in its time, while people pay each other."""
        started_ms = monotonic_ms()
        healers: dict[int, Healer] = {}

        def begin(index: int) -> None:
            self._struck |= set(faults[index].nodes)
            healers[index] = strike(self._net, faults[index])

        def end(index: int) -> None:
            self._healed_ms = now_ms()
            healers[index]()
            self._struck -= set(faults[index].nodes)

        moments: list[tuple[float, Callable[[int], None], int]] = []
        for index, fault in enumerate(faults):
            moments.append((fault.begins_s, begin, index))
            moments.append((fault.begins_s + fault.lasts_s, end, index))
        for due_s, act, index in sorted(moments, key=itemgetter(0)):
            self._pay_until(started_ms + int(due_s * 1_000))
            act(index)

    def _pay_until(self, due_ms: int) -> None:
        """Send transfers through nodes that are up until it is time for something else."""
        while (left_s := (due_ms - monotonic_ms()) / 1_000) > 0:
            if up := self._up():
                self.transfers.send(self._dice.choice(up), height=self._height)
            pause(min(TRANSFER_EVERY_S, left_s))

    def _up(self) -> list[DevnetNode]:
        """Return the nodes that no fault strikes at the moment."""
        return [node for index, node in enumerate(self._net.nodes) if index not in self._struck]

    def _tip(self) -> int:
        """Return the greatest height that a node has shown us."""
        heights = [find_height(node) or 0 for node in self._up()]
        self._height = max([self._height, *heights])
        return self._height
