"""A network of whole engines in virtual time, from one seed: loss, partitions, crashes, lies.

A node is an engine, a disk in memory and hands. All that nodes say travels in its byte form, and
what the edges of a real node check is checked on the way. Every promise is watched by a judge.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from random import Random

from chain import events
from chain.codec import sequence
from chain.consensus.evidence import decode_evidence_message, is_evidence_message
from chain.consensus.messages import Proposal, decode_message
from chain.errors import ChainError
from chain.exchange import ProtocolId, Topic
from chain.fetch import SyncWanted
from chain.parameters import Parameters
from chain.payload_pairs import encode_final_block
from chain.primitives import Hash
from chain.receipt import Receipt
from chain.transaction import Transaction
from chain.validation import verify_transaction
from tests.support.builders import FREE, GENESIS_TIME_MS, a_genesis, validator_keys
from tests.support.engine_node import EngineNode
from tests.support.seats import seat_key
from tests.support.simulation_judge import Judge
from tests.support.simulation_liar import Liar
from tests.support.simulation_plan import HEALTHY_DELAY_MS, Groups, Plan

REQUEST_MS = 400
"""An answer that has not come by then has failed."""

HASHES_MAX = 8
"""Names of the latest proposed blocks, which liars vote for."""

Lie = Callable[[ProtocolId, bytes], bytes | None]
"""Changes what a liar answers, or lets the asker wait (None)."""

Place = tuple[int, int]
"""Height and round that something is about, for partitions by rounds."""


class EngineNetwork:
    """The network and the clock of one run.

    Attributes:
        nodes: by name: ``v0`` and so on, ``v0 twin``, ``observer 0``, ``unlinked 0``.
        liars: nodes whose answers a test changes.
        mouths: nodes all of whose words are lies in half of the cases.
        judge: watches every promise.
        hashes: names of the latest proposed blocks.
        steps: things that happened.
    """

    def __init__(
        self,
        *,
        plan: Plan | None = None,
        validators: int = 4,
        observers: int = 0,
        unlinked: int = 0,
        parameters: Parameters = FREE,
    ) -> None:
        """Make nodes, all down.

        Args:
            plan: who takes part and what fails; else nothing fails and keys are real.
            validators: how many there are without a plan.
            observers: full nodes that are linked like validators, without a plan.
            unlinked: full nodes that get gossip only, and may ask.
            parameters: the chain's.
        """
        self.plan = plan = plan or Plan(count=validators, observers=observers, has_real_keys=True)
        self.dice = Random(f"engines {plan.seed}")
        parameters = replace(parameters, block_interval_ms=100)
        self.genesis = a_genesis(parameters=parameters, validators=plan.count)
        self.start_ms = self.now_ms = GENESIS_TIME_MS + 1_000
        first = self.genesis.validators
        byzantine = frozenset(first[index].public_key for index in plan.byzantine)
        self.judge = Judge(byzantine, {1: first, 2: first})
        self.nodes: dict[str, EngineNode] = {}
        self.liars: dict[str, Lie] = {}
        self.mouths: dict[str, Liar] = {}
        self.hashes: list[Hash] = []
        self._make_nodes(unlinked)
        self.punished: list[tuple[str, str]] = []
        self.reports: list[tuple[str, events.Report]] = []
        self.asked: list[tuple[str, events.Ask]] = []
        self.steps = 0
        self._groups = Groups(plan.seed)
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._sequence = 0

    def _make_nodes(self, unlinked: int) -> None:
        plan, keys = self.plan, validator_keys(self.plan.count)
        for index, key in enumerate(keys):
            is_unique = index not in plan.byzantine
            self.nodes[f"v{index}"] = EngineNode(
                self, f"v{index}", key=key, is_key_unique=is_unique
            )
        for name, key in [(f"v{index} twin", keys[index]) for index in sorted(plan.twins)]:
            self.nodes[name] = EngineNode(self, name, key=key, is_key_unique=False)
        if plan.leaver is not None:
            self.nodes["newcomer"] = EngineNode(self, "newcomer", key=seat_key(plan.count))
        for name in [f"observer {number}" for number in range(plan.observers)]:
            self.nodes[name] = EngineNode(self, name)
        for name in [f"unlinked {number}" for number in range(unlinked)]:
            self.nodes[name] = EngineNode(self, name, is_linked=False)
        for index in sorted(plan.liars):
            signer = self.nodes[f"v{index}"].signer
            assert signer is not None
            self.mouths[f"v{index}"] = Liar(signer, self.dice, self.genesis.validators, self.hashes)

    # The clock.

    def later(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Do something after a while."""
        self._sequence += 1
        heapq.heappush(self._queue, (self.now_ms + delay_ms, self._sequence, action))

    def step(self) -> None:
        """Do what is due next."""
        self.steps += 1
        self.now_ms, _, action = heapq.heappop(self._queue)
        action()

    def run_until(self, done: Callable[[], bool], *, limit_ms: int = 60_000) -> None:
        """Let time pass until something holds; fail if it does not in time."""
        end_ms = self.now_ms + limit_ms
        while not done():
            assert self._queue[0][0] <= end_ms, f"heights {self.heights()}, {self.positions()}"
            self.step()

    def run_for(self, time_ms: int) -> None:
        """Let some time pass."""
        end_ms = self.now_ms + time_ms
        self.later(time_ms, lambda: None)
        self.run_until(lambda: self.now_ms >= end_ms, limit_ms=time_ms)

    def run_to(self, height: int, *names: str, limit_ms: int = 60_000) -> None:
        """Let time pass until these nodes, or all that are up, have a height."""
        nodes = [self.nodes[name] for name in names]

        def done() -> bool:
            waited = nodes or [node for node in self.nodes.values() if node.is_up]
            return all(node.store.height >= height for node in waited)

        self.run_until(done, limit_ms=limit_ms)

    def heights(self) -> dict[str, int]:
        """Return the height of each node's disk."""
        return {name: node.store.height for name, node in self.nodes.items()}

    def positions(self) -> dict[str, int | None]:
        """Return the round that each node is in."""
        return {
            name: node.engine.round if node.engine else None for name, node in self.nodes.items()
        }

    # People.

    def start(self, *names: str) -> None:
        """Start nodes, or all."""
        for name in names or self.nodes:
            self.nodes[name].start()

    def stop(self, *names: str) -> None:
        """Cut nodes off; their disks stay."""
        for name in names:
            self.nodes[name].stop()

    def submit(
        self, name: str, transaction: Transaction, receipt: Receipt | None = None
    ) -> ChainError | None:
        """Hand a transaction to a node and return why it refused, if it lives to say so."""
        node = self.nodes[name]
        verified = verify_transaction(transaction.encode(), genesis_hash=self.genesis.hash)
        node.replies.clear()
        node.handle(
            events.TransactionArrived(verified, () if receipt is None else (receipt,), ticket=1)
        )
        return node.replies[-1].error if node.replies else None

    # The network.

    @property
    def is_faulty(self) -> bool:
        """Tell whether things still go wrong."""
        return self.now_ms < self.start_ms + self.plan.faults.until_ms

    def carry(
        self, sender: str, receiver: str, arrive: Callable[[], None], place: Place = (0, 0)
    ) -> None:
        """Let something travel; it arrives only at a node that is up."""
        faults, dice, delay_max_ms = self.plan.faults, self.dice, HEALTHY_DELAY_MS
        assert sender != receiver

        def deliver() -> None:
            if self.nodes[receiver].is_up:
                arrive()

        if self.is_faulty:
            delay_max_ms = faults.delay_max_ms
            if dice.random() < faults.loss or self._is_apart(sender, receiver, place):
                return
            if dice.random() < faults.duplication:
                self.later(dice.randint(1, delay_max_ms), deliver)
        self.later(dice.randint(1, delay_max_ms), deliver)

    def _is_apart(self, one: str, other: str, place: Place) -> bool:
        partitions, now_ms = self.plan.faults.partitions, self.now_ms - self.start_ms
        return self._groups.separates(one, other, partitions=partitions, now_ms=now_ms, place=place)

    def send(self, sender: EngineNode, effect: events.SendConsensus) -> None:
        """Send a consensus message to one node or to all that are linked."""
        mouth, place = self.mouths.get(sender.name), self._note_message(sender, effect.data)
        names = [effect.peer] if effect.peer is not None else sender.linked_names()
        copies: Sequence[bytes | None] = [effect.data] * len(names)
        if mouth is not None:
            copies = mouth.messages(effect.data, len(names))
        for name, data in zip(names, copies, strict=True):
            if data is not None:
                take = partial(self.nodes[name].take_message, sender.name, data)
                self.carry(sender.name, name, take, place)

    def _note_message(self, sender: EngineNode, data: bytes) -> Place:
        """Show a message to the judge and return what place it is about."""
        if is_evidence_message(data):
            evidence = decode_evidence_message(data)
            self.judge.note_evidence(sender.name, evidence)
            return evidence.height, evidence.round
        message = decode_message(data)
        if sender.name not in self.mouths:
            self.judge.note_message(self.now_ms, sender.name, data, message)
        if isinstance(message, Proposal) and message.block_hash not in self.hashes:
            self.hashes[:] = [*self.hashes[1 - HASHES_MAX :], message.block_hash]
        return message.height, message.round

    def gossip(self, sender: EngineNode, effect: events.Gossip) -> None:
        """Bring a payload to everybody."""
        if effect.topic is Topic.BLOCK and not self.has_sync:
            return
        mouth = self.mouths.get(sender.name)
        for receiver in self.nodes.values():
            if receiver is sender:
                continue
            payload = effect.payload
            data = payload if mouth is None else mouth.gossip(effect.topic, payload)
            if data is not None:
                take = partial(receiver.take_gossip, sender.name, effect.topic, data)
                self.carry(sender.name, receiver.name, take, (sender.store.height, 0))

    @property
    def has_sync(self) -> bool:
        """Tell whether finished blocks travel now."""
        return self.plan.faults.has_sync or not self.is_faulty

    def tell_height(self, sender: EngineNode) -> None:
        """Tell all that are linked how far a node's chain is."""
        if not self.has_sync:
            return
        mouth, height = self.mouths.get(sender.name), sender.store.height
        for name in sender.linked_names():
            told = height if mouth is None else mouth.height(height)
            take = partial(self.nodes[name].take_status, sender.name, told)
            self.carry(sender.name, name, take, (height + 1, 0))

    def ask(self, asker: EngineNode, effect: events.Ask) -> None:
        """Bring a question to a node and its answer back, or say in time that it failed."""
        self.asked.append((asker.name, effect))
        life, place = asker.life, (asker.store.height + 1, 0)
        open_requests = {effect.request}

        def finish(payload: bytes) -> None:
            if open_requests and asker.is_up and asker.life == life:
                open_requests.clear()
                asker.take_answer(effect, payload)

        def answer(payload: bytes) -> None:
            data = self._told(effect, payload)
            if data is not None:
                self.carry(effect.peer, asker.name, lambda: finish(data), place)

        def arrive() -> None:
            other = self.nodes[effect.peer]
            if effect.protocol is ProtocolId.FETCH:
                other.answer_fetch(asker.name, effect.payload, answer)
                return
            wanted = SyncWanted.decode(effect.payload)
            items = other.store.sync_range(wanted.from_height, wanted.count)
            answer(sequence(encode_final_block(block=one, certificate=c) for one, c in items))

        if self.has_sync or effect.protocol is not ProtocolId.SYNC:
            self.carry(asker.name, effect.peer, arrive, place)
        self.later(REQUEST_MS, lambda: finish(b""))

    def _told(self, effect: events.Ask, payload: bytes) -> bytes | None:
        """Return what the asked answers: the truth, or a lie."""
        lie, mouth = self.liars.get(effect.peer), self.mouths.get(effect.peer)
        if lie is not None:
            return lie(effect.protocol, payload)
        return payload if mouth is None else mouth.answer(effect.protocol, payload)

    def punish(self, name: str, peer: str) -> None:
        """Note a punishment, which only liars may deserve."""
        self.punished.append((name, peer))
        if peer not in self.liars and peer not in self.mouths and name not in self.mouths:
            self.judge.note_punishment(name, peer)
