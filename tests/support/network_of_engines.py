"""A network of whole engines in virtual time, from one seed: loss, delay, crashes, late joiners.

A node is an engine, a disk in memory and hands. All that nodes say travels in its byte form, and
what the edges of a real node check is checked on the way. Every promise is watched: all agree, no
key ever contradicts itself, and no honest node pays.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from chain import events
from chain.codec import sequence
from chain.consensus.height_votes import certificate_votes
from chain.consensus.messages import (
    CertificateMessage,
    Proposal,
    RoundCertificate,
    Vote,
    decode_message,
)
from chain.errors import ChainError
from chain.exchange import ProtocolId
from chain.fetch import SyncWanted
from chain.parameters import Parameters
from chain.payload_pairs import encode_final_block
from chain.primitives import Hash
from chain.receipt import Receipt
from chain.transaction import Transaction
from chain.validation import verify_transaction
from tests.support.builders import FREE, GENESIS_TIME_MS, a_genesis, validator_keys
from tests.support.engine_node import EngineNode

REQUEST_MS = 400
"""An answer that has not come by then has failed."""

Lie = Callable[[ProtocolId, bytes], bytes | None]
"""Changes what a liar answers, or lets the asker wait (None)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What goes wrong, and until when."""

    loss: float = 0.0
    """Share of messages, gossip and answers that vanish."""
    delay_max_ms: int = 20
    """Longest way; each thing takes its own time, so they overtake each other."""
    crash: float = 0.0
    """Share of events in whose middle a node dies; it is up again within a second."""
    until_ms: int = 3_000
    """Milliseconds after the start when all is well again."""


class EngineNetwork:
    """The network, the clock and the judge of one run."""

    def __init__(
        self,
        *,
        seed: int = 0,
        validators: int = 4,
        observers: int = 0,
        unlinked: int = 0,
        faults: Faults | None = None,
        parameters: Parameters = FREE,
    ) -> None:
        """Make nodes, all down: ``v0`` and so on, ``observer 0`` and so on, ``unlinked 0``.

        Args:
            seed: decides every throw of the dice.
            validators: how many.
            observers: full nodes that are linked like validators.
            unlinked: full nodes that get gossip only, and may ask.
            faults: none unless given.
            parameters: the chain's.
        """
        self.dice = Random(f"engines {seed}")
        self.faults = faults or Faults()
        parameters = replace(parameters, block_interval_ms=100)
        self.genesis = a_genesis(parameters=parameters, validators=validators)
        self.start_ms = self.now_ms = GENESIS_TIME_MS + 1_000
        self.nodes: dict[str, EngineNode] = {}
        for index, key in enumerate(validator_keys(validators)):
            self.nodes[f"v{index}"] = EngineNode(self, f"v{index}", key=key)
        for number in range(observers):
            self.nodes[f"observer {number}"] = EngineNode(self, f"observer {number}")
        for number in range(unlinked):
            name = f"unlinked {number}"
            self.nodes[name] = EngineNode(self, name, is_linked=False)
        self.liars: dict[str, Lie] = {}
        self.punished: list[tuple[str, str]] = []
        self.reports: list[tuple[str, events.Report]] = []
        self.asked: list[tuple[str, events.Ask]] = []
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._sequence = 0
        self._decided: dict[int, Hash] = {}
        self._signed: dict[tuple[int, int, int, int], Hash] = {}

    # The clock.

    def later(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Do something after a while."""
        self._sequence += 1
        heapq.heappush(self._queue, (self.now_ms + delay_ms, self._sequence, action))

    def run_until(self, done: Callable[[], bool], *, limit_ms: int = 60_000) -> None:
        """Let time pass until something holds; fail if it does not in time."""
        end_ms = self.now_ms + limit_ms
        while not done():
            assert self._queue[0][0] <= end_ms, f"heights {self.heights()}, {self.positions()}"
            self.now_ms, _, action = heapq.heappop(self._queue)
            action()

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
        return self.now_ms < self.start_ms + self.faults.until_ms

    def carry(self, sender: str, receiver: str, arrive: Callable[[], None]) -> None:
        """Let something travel; it arrives only at a node that is up."""
        delay_max_ms = self.faults.delay_max_ms if self.is_faulty else 20
        if self.is_faulty and self.dice.random() < self.faults.loss:
            return

        def deliver() -> None:
            if self.nodes[receiver].is_up:
                arrive()

        assert sender != receiver
        self.later(self.dice.randint(1, delay_max_ms), deliver)

    def send(self, sender: EngineNode, effect: events.SendConsensus) -> None:
        """Send a consensus message to one node or to all that are linked."""
        self._watch(effect.data)
        names = [effect.peer] if effect.peer is not None else sender.linked_names()
        for name in names:
            take = partial(self.nodes[name].take_message, sender.name, effect.data)
            self.carry(sender.name, name, take)

    def gossip(self, sender: EngineNode, effect: events.Gossip) -> None:
        """Bring a payload to everybody."""
        for receiver in self.nodes.values():
            if receiver is not sender:
                take = partial(receiver.take_gossip, sender.name, effect)
                self.carry(sender.name, receiver.name, take)

    def ask(self, asker: EngineNode, effect: events.Ask) -> None:
        """Bring a question to a node and its answer back, or say in time that it failed."""
        self.asked.append((asker.name, effect))
        life = asker.life
        open_requests = {effect.request}

        def finish(payload: bytes) -> None:
            if open_requests and asker.is_up and asker.life == life:
                open_requests.clear()
                asker.take_answer(effect, payload)

        def answer(payload: bytes) -> None:
            lie = self.liars.get(effect.peer)
            data = payload if lie is None else lie(effect.protocol, payload)
            if data is not None:
                self.carry(effect.peer, asker.name, lambda: finish(data))

        def arrive() -> None:
            other = self.nodes[effect.peer]
            if effect.protocol is ProtocolId.FETCH:
                other.answer_fetch(asker.name, effect.payload, answer)
                return
            wanted = SyncWanted.decode(effect.payload)
            items = other.store.sync_range(wanted.from_height, wanted.count)
            answer(sequence(encode_final_block(block=one, certificate=c) for one, c in items))

        self.carry(asker.name, effect.peer, arrive)
        self.later(REQUEST_MS, lambda: finish(b""))

    # The judge.

    def note_commit(self, name: str, effect: events.CommitBlock) -> None:
        """Check that all decide the same."""
        height, block_hash = effect.executed.block.header.height, effect.executed.hash
        agreed = self._decided.setdefault(height, block_hash)
        assert agreed == block_hash, f"{name} decides another block at height {height}"

    def _watch(self, data: bytes) -> None:
        """Check that no key contradicts itself, in a message of its own or in a certificate."""
        message = decode_message(data)
        votes: Sequence[Vote | Proposal] = ()
        if isinstance(message, RoundCertificate):
            votes = message.votes
        elif isinstance(message, CertificateMessage):
            votes = certificate_votes(message.certificate)
        else:
            votes = (message,)
        for vote in votes:
            place = (vote.index, vote.height, vote.round, int(vote.signing_kind))
            first = self._signed.setdefault(place, vote.block_hash)
            assert first == vote.block_hash, f"validator {vote.index} signs twice at {place}"
