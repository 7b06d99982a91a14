"""Whole nodes in one process, in virtual time, from one seed: the run of a plan.

Consensus, mempool, execution and sync are the real ones, on disks in memory that keep across a
crash only what an effect made durable. People trade meanwhile. A run ends when, with the faults
healed, every node has gone on and every trade is final.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chain.errors import ChainError, StoreError
from chain.events import TransactionArrived
from tests.support.chain import check_invariants
from tests.support.engine_node import EngineNode
from tests.support.network_of_engines import EngineNetwork
from tests.support.simulation_judge import Promise, Violation
from tests.support.simulation_plan import Plan
from tests.support.simulation_trade import Trade, all_trades, find_seat_change

TRADE_MS = 150
"""A transaction that is not final is handed to somebody this often."""

TRADES_AHEAD = 3
"""People hand in the first of what is not final yet, more or less in order."""

FAILURES = (
    *(ChainError, StoreError, AssertionError, LookupError, AttributeError, ArithmeticError),
    *(TypeError, ValueError, RuntimeError, NameError),
)
"""What stops a node, if anything does."""


class SeedFailed(AssertionError):
    """A plan broke a promise; the message names the seed and what repeats it."""

    def __init__(self, promise: Promise, plan: Plan, detail: str) -> None:
        """Say what happened."""
        super().__init__(
            f"seed {plan.seed}: {promise}: {detail}\n  {plan}\n"
            f"  repeat with: scripts/soak --seeds 1 --seed {plan.seed}"
        )
        self.promise = promise


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run was like."""

    heights: int
    """Blocks that every node has."""
    steps: int
    """Things that happened: arrivals, timers, ticks."""
    rounds: int
    """Highest round in which a block was decided."""
    restarts: int
    """Crashes."""
    evidence: int
    """Contradictions reported."""
    punished: int
    """Punishments of liars by their peers."""
    tombstones: int
    """Validators that blocks punished."""
    digest: str
    """Hash of all that was sent and decided, in order."""


class Simulation:
    """One run."""

    def __init__(self, plan: Plan) -> None:
        """Prepare the network."""
        self._plan = plan
        self._network = EngineNetwork(plan=plan)
        self._trades = all_trades()[: plan.trades]
        self._has_open_seats = plan.leaver is not None

    def run(self) -> Outcome:
        """Run until every node went on after the faults and every trade is final.

        Raises:
            Violation: a promise was broken.
        """
        network = self._network
        network.start()
        self._trade()
        end_ms = network.start_ms + self._plan.deadline_ms
        while network.is_faulty:
            network.step()
        goal = max(network.heights().values()) + 2
        while min(network.heights().values()) < goal or self._is_open():
            if network.now_ms > end_ms:
                detail = f"heights {network.heights()}, goal {goal}, {network.positions()}, "
                raise Violation(Promise.PROGRESS, f"{detail}{len(self._open_trades())} trades open")
            network.step()
        return self._outcome()

    def _is_open(self) -> bool:
        """Tell whether a trade, a change of the validators or a punishment is not final."""
        return self._has_open_seats or bool(self._open_trades()) or self._has_open_evidence()

    def _has_open_evidence(self) -> bool:
        """Tell whether an honest validator holds evidence that is in no block."""
        network, judge = self._network, self._network.judge
        voting = judge.sets[max(judge.sets)]
        return any(
            node.engine is not None
            and node.signer is not None
            and node.signer.public_key not in judge.byzantine
            and voting.find_index(node.signer.public_key) is not None
            and node.engine._chain.evidence.pieces
            for node in network.nodes.values()
        )

    def _open_trades(self) -> list[Trade]:
        applied = self._network.judge.applied
        return [one for one in self._trades if one.verified.id not in applied]

    def _trade(self) -> None:
        """Hand one transaction that is not final to some node, and come again."""
        network, dice = self._network, self._network.dice
        up = [node for node in network.nodes.values() if node.is_up]
        trades = [*self._seat_changes(up), *self._open_trades()[:TRADES_AHEAD]]
        if trades and up:
            trade, node = dice.choice(trades), dice.choice(up)
            node.handle(TransactionArrived(trade.verified, trade.receipts, ticket=1))
        if self._is_open():
            network.later(TRADE_MS, self._trade)

    def _seat_changes(self, up: Sequence[EngineNode]) -> list[Trade]:
        """Return the change of the validators that is due, by the state of the highest node."""
        plan, engines = self._plan, [node.engine for node in up if node.engine is not None]
        if not engines or not self._has_open_seats or plan.leaver is None:
            return []
        ledger = max((engine.ledger for engine in engines), key=lambda one: one.height)
        change = find_seat_change(ledger, count=plan.count, leaver=plan.leaver)
        self._has_open_seats = change is not None
        return [] if change is None else [change]

    def _outcome(self) -> Outcome:
        network = self._network
        for node in network.nodes.values():
            check_invariants(node.store.load_ledger())
        return Outcome(
            heights=min(network.heights().values()),
            steps=network.steps,
            rounds=network.judge.rounds,
            restarts=sum(node.restarts for node in network.nodes.values()),
            evidence=network.judge.evidence,
            punished=len(network.punished),
            tombstones=len(network.judge.tombstones),
            digest=network.judge.trace.hexdigest(),
        )


def simulate(plan: Plan) -> Outcome:
    """Run one plan.

    Raises:
        SeedFailed: a promise was broken, or a node failed.
    """
    try:
        return Simulation(plan).run()
    except Violation as violation:
        raise SeedFailed(violation.promise, plan, str(violation)) from violation
    except FAILURES as failure:
        raise SeedFailed(Promise.SOUND, plan, repr(failure)) from failure
