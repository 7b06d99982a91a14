"""A whole network of consensus machines in one process, in virtual time, from one seed.

Nodes keep across a crash only what their machine asked to make durable, and the blocks decided.
The run checks after every decision that all agree, at every message that no honest key
contradicts itself, and at the end that everybody went on after the faults were healed.
"""

import hashlib
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from chain.certificate import Certificate
from chain.consensus.evidence import Evidence
from chain.consensus.messages import Message, Proposal, Vote
from chain.errors import ChainError
from chain.primitives import Hash
from tests.support.consensus import a_validator_set
from tests.support.simulation_liar import lie
from tests.support.simulation_node import Node
from tests.support.simulation_plan import HEALTHY_DELAY_MS, Groups, Plan


class Promise(StrEnum):
    """What a run must keep."""

    AGREEMENT = "two blocks at one height"
    ONE_SIGNATURE = "an honest key contradicts itself"
    NO_FALSE_EVIDENCE = "an honest key is accused"
    MESSAGES_PASS = "an honest message is refused"
    PROGRESS = "no progress after the faults"


class Violation(AssertionError):
    """A promise of the consensus was broken; the message names the seed to run again."""

    def __init__(self, promise: Promise, plan: Plan, detail: str) -> None:
        super().__init__(f"seed {plan.seed}: {promise}: {detail}\n{plan}")
        self.promise = promise


@dataclass(slots=True)
class Outcome:
    """What a run was like."""

    heights: int
    """Blocks that every honest node has."""
    inputs: int
    """Inputs that machines handled."""
    rounds: int
    """Highest round in which a block was decided."""
    restarts: int
    """Crashes."""
    evidence: int
    """Pieces of evidence reported."""
    digest: str
    """Hash of all that was sent and decided, in order."""


@dataclass(slots=True)
class Counters:
    """Numbers gathered during a run."""

    inputs: int = 0
    restarts: int = 0
    evidence: int = 0
    rounds: int = 0
    trace: "hashlib._Hash" = field(default_factory=hashlib.sha256)


class World:
    """The network, the clock and the judge of one run."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.dice = Random(f"run {plan.seed}")
        self.now_ms = 0
        self.counters = Counters()
        self.validators = a_validator_set(plan.count)
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._sequence = 0
        self._decided: dict[int, Hash] = {}
        self._signed: dict[tuple[int, int, int, int], bytes] = {}
        twice = sorted(plan.twins)
        self.nodes = [
            Node(self, number, index) for number, index in enumerate([*range(plan.count), *twice])
        ]
        self._groups = Groups(plan, len(self.nodes))

    @property
    def honest(self) -> list[Node]:
        """Return the nodes whose validators keep to the rules and have one instance."""
        return [node for node in self.nodes if node.index not in self.plan.byzantine]

    @property
    def is_faulty(self) -> bool:
        """Tell whether things still fail."""
        return self.now_ms < self.plan.faults_end_ms

    def later(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Do something after a while; what is due at one time is done in the order of asking."""
        self._sequence += 1
        heapq.heappush(self._queue, (self.now_ms + delay_ms, self._sequence, action))

    def run(self) -> Outcome:
        """Run until the honest went on after the faults, or the deadline.

        Raises:
            Violation: a promise was broken.
        """
        for node in self.nodes:
            self.later(0, node.start)
        goal: int | None = None
        while self._queue and self.now_ms <= self.plan.deadline_ms:
            self.now_ms, _, action = heapq.heappop(self._queue)
            action()
            if goal is None and not self.is_faulty:
                goal = max(len(node.chain) for node in self.honest) + 2
            if goal is not None and min(len(node.chain) for node in self.honest) >= goal:
                return self._outcome()
        detail = f"heights {[len(node.chain) for node in self.nodes]}, goal {goal}, "
        detail += f"positions {[node.machine.position for node in self.nodes]}"
        raise Violation(Promise.PROGRESS, self.plan, detail)

    def _outcome(self) -> Outcome:
        counters = self.counters
        return Outcome(
            heights=min(len(node.chain) for node in self.honest),
            inputs=counters.inputs,
            rounds=counters.rounds,
            restarts=counters.restarts,
            evidence=counters.evidence,
            digest=counters.trace.hexdigest(),
        )

    # The network.

    def broadcast(self, sender: Node, message: Message) -> None:
        """Send a message to every other node; a liar changes it on the way."""
        for receiver in self.nodes:
            if receiver is not sender:
                self.send(sender, receiver, message)

    def send(self, sender: Node, receiver: Node, message: Message) -> None:
        """Send a message from node to node."""
        if sender.index in self.plan.liars:
            message = lie(self, sender, message)
        self.watch(sender, message)
        self.carry(
            sender,
            receiver,
            message.height,
            message.round,
            lambda: receiver.receive(sender, message),
        )

    def carry(
        self, sender: Node, receiver: Node, height: int, round_: int, arrive: Callable[[], None]
    ) -> None:
        """Let something travel, if the network lets it."""
        plan, dice = self.plan, self.dice
        delay_max_ms = HEALTHY_DELAY_MS
        if self.is_faulty:
            delay_max_ms = plan.delay_max_ms
            if dice.random() < plan.loss or self.is_apart(sender, receiver, height, round_):
                return
            if dice.random() < plan.duplication:
                self.later(dice.randint(1, delay_max_ms), arrive)
        self.later(dice.randint(1, delay_max_ms), arrive)

    def is_apart(self, one: Node, other: Node, height: int, round_: int) -> bool:
        """Tell whether two nodes are in groups that cannot hear each other."""
        return self.is_faulty and self._groups.separates(
            one.number, other.number, now_ms=self.now_ms, height=height, round_=round_
        )

    # The judge.

    def watch(self, sender: Node, message: Message) -> None:
        """Check that an honest key never contradicts itself, not even across restarts."""
        if not isinstance(message, Vote | Proposal):
            return
        body = message.body()
        self.counters.trace.update(b"%d %d " % (self.now_ms, sender.number) + body)
        if message.index in self.plan.byzantine or message.index != sender.index:
            return
        place = (message.index, message.height, message.round, int(message.signing_kind))
        if self._signed.setdefault(place, body) != body:
            raise Violation(
                Promise.ONE_SIGNATURE, self.plan, f"validator {message.index} at {place}"
            )

    def note_refusal(self, sender: Node, error: ChainError) -> None:
        """Check that only liars send what is refused."""
        if sender.index not in self.plan.liars:
            raise Violation(Promise.MESSAGES_PASS, self.plan, str(error)) from error

    def note_evidence(self, evidence: Evidence) -> None:
        """Check that only liars and twins are accused."""
        self.counters.evidence += 1
        if evidence.first.index not in self.plan.byzantine:
            raise Violation(Promise.NO_FALSE_EVIDENCE, self.plan, repr(evidence))

    def note_decision(self, node: Node, height: int, block_hash: Hash, proof: Certificate) -> None:
        """Check that all decide the same."""
        self.counters.rounds = max(self.counters.rounds, proof.round)
        self.counters.trace.update(b"%d %d decides " % (self.now_ms, node.number) + block_hash)
        if node.index in self.plan.liars:
            return
        if self._decided.setdefault(height, block_hash) != block_hash:
            raise Violation(Promise.AGREEMENT, self.plan, f"height {height}, node {node.number}")


def simulate(plan: Plan) -> Outcome:
    """Run one plan.

    Raises:
        Violation: a promise of the consensus was broken.
    """
    return World(plan).run()
