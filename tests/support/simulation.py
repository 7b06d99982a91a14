"""Whole nodes in one process, in virtual time, from one seed: the run of a plan.

Consensus, mempool, execution and sync are the real ones, on disks in memory that keep across a
crash only what an effect made durable. People trade meanwhile. A run ends when, with the faults
healed, every node has gone on and every trade is final.
"""

from dataclasses import dataclass

from chain.errors import ChainError, StoreError
from chain.events import TransactionArrived
from tests.support.chain import check_invariants
from tests.support.network_of_engines import EngineNetwork
from tests.support.simulation_judge import Promise, Violation
from tests.support.simulation_plan import Plan
from tests.support.simulation_trade import Trade, all_trades, seat_changes

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
    """Punishments of liars."""
    digest: str
    """Hash of all that was sent and decided, in order."""


class Simulation:
    """One run."""

    def __init__(self, plan: Plan) -> None:
        """Prepare the network."""
        self._plan = plan
        self._network = EngineNetwork(plan=plan)
        self._trades = all_trades()[: plan.trades]
        if plan.leaver is not None:
            join, leave = seat_changes(plan.count, plan.leaver)
            self._trades = (join, *self._trades, leave)

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
        while min(network.heights().values()) < goal or self._open_trades():
            if network.now_ms > end_ms:
                detail = f"heights {network.heights()}, goal {goal}, {network.positions()}, "
                raise Violation(Promise.PROGRESS, f"{detail}{len(self._open_trades())} trades open")
            network.step()
        return self._outcome()

    def _open_trades(self) -> list[Trade]:
        applied = self._network.judge.applied
        return [one for one in self._trades if one.verified.id not in applied]

    def _trade(self) -> None:
        """Hand one transaction that is not final to some node, and come again."""
        network, dice = self._network, self._network.dice
        trades = self._open_trades()
        up = [node for node in network.nodes.values() if node.is_up]
        if trades and up:
            trade, node = dice.choice(trades[:TRADES_AHEAD]), dice.choice(up)
            node.handle(TransactionArrived(trade.verified, trade.receipts, ticket=1))
        if trades:
            network.later(TRADE_MS, self._trade)

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
