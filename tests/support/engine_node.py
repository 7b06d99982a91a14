"""One node of a network of engines: an engine, its disk, and hands that perform its effects."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from chain import events
from chain.block import Block
from chain.certificate import SignatureCheck
from chain.codec import Reader, decode_whole
from chain.consensus.events import Timer
from chain.consensus.sign_state import KeySigner
from chain.crypto import SecretKey, check_signature
from chain.engine import Engine
from chain.errors import ChainError
from chain.exchange import ProtocolId, Topic
from chain.fetch import Parts, decode_fetch_answer, decode_sync_answer
from chain.payload_pairs import decode_announcement, decode_claim_bundle, decode_final_block
from chain.primitives import TRANSACTION_BYTES_MAX, Hash
from chain.receipt import Receipt
from chain.state import Ledger
from chain.validation import (
    VerifiedBlock,
    VerifiedTransaction,
    verify_block,
    verify_receipt_document,
    verify_transaction,
)
from tests.support.builders import CHAIN_ID, GENESIS_HASH
from tests.support.memory_store import MemoryStore
from tests.support.simulation_oracle import OracleSigner, check_oracle
from tests.support.simulation_plan import TIMING

if TYPE_CHECKING:
    from tests.support.network_of_engines import EngineNetwork

TICK_MS = 500

CHECKED_MAX = 512
"""Transactions, documents and blocks that are remembered as checked."""


@lru_cache(CHECKED_MAX)
def verify(data: bytes) -> VerifiedTransaction:
    """Check a transaction as an edge does; once in many runs, as time is short."""
    return verify_transaction(data, genesis_hash=GENESIS_HASH)


@lru_cache(CHECKED_MAX)
def verify_document(data: bytes) -> Receipt:
    """Check a receipt document as an edge does."""
    return verify_receipt_document(data, chain_id=CHAIN_ID, genesis_hash=Hash(GENESIS_HASH))


@lru_cache(CHECKED_MAX)
def verify_whole(data: bytes, *, has_real_keys: bool) -> VerifiedBlock:
    """Check a block as an edge does."""
    block = Block.decode(data)
    known = [verify(each) for each in block.transactions]
    documents = [verify_document(each) for each in block.receipts]
    return verify_block(
        block,
        known={one.full_id: one for one in known},
        known_receipts={one.sidecar_id: one for one in documents},
        check=check_signature if has_real_keys else check_oracle,
    )


class EngineNode:
    """A node; ``store`` is all that outlives it, and ``clock`` tells its time by the true one."""

    def __init__(
        self,
        network: "EngineNetwork",
        name: str,
        *,
        key: SecretKey | None = None,
        is_linked: bool = True,
        is_key_unique: bool = True,
    ) -> None:
        """Be down.

        Args:
            network: where it is.
            name: unique there.
            key: a validator's; None for one that only follows.
            is_linked: whether consensus messages reach it.
            is_key_unique: whether it stops when its key signs elsewhere; a twin goes on.
        """
        self._is_key_unique = is_key_unique
        self.clock: Callable[[int], int] = lambda now_ms: now_ms
        self.network, self.name, self.is_linked = network, name, is_linked
        is_real = network.plan.has_real_keys
        self._check: SignatureCheck = check_signature if is_real else check_oracle
        self.signer: KeySigner | OracleSigner | None = None
        if key is not None:
            self.signer = KeySigner(key, GENESIS_HASH) if is_real else OracleSigner(key.public_key)
        self.store = MemoryStore(network.genesis)
        self.engine: Engine | None = None
        self.life = self.restarts = 0
        self._before: Ledger | None = None
        self.replies: list[events.Reply] = []
        self._timers: dict[Timer, int] = {}
        self._answers: dict[int, Callable[[bytes], None]] = {}

    @property
    def now_ms(self) -> int:
        """The time by its own clock."""
        return self.clock(self.network.now_ms)

    @property
    def is_up(self) -> bool:
        """Tell whether it runs."""
        return self.engine is not None

    def linked_names(self) -> list[str]:
        """Return the nodes that are up and linked with this one."""
        nodes = self.network.nodes.values()
        linked = [one for one in nodes if one is not self and one.is_up and one.is_linked]
        return [one.name for one in linked] if self.is_linked else []

    def start(self) -> None:
        """Begin from what the disk holds."""
        assert self.engine is None
        ledger = self.store.load_ledger()
        self.network.judge.note_restart(self.name, before=self._before, after=ledger)
        self.engine = Engine(
            ledger,
            last_certificate=self.store.last_certificate,
            signer=self.signer,
            timing=TIMING,
            check=self._check,
            is_key_unique=self._is_key_unique,
        )
        blocks = tuple(self.store.logged.values())
        self.handle(events.Started(self.now_ms, self.store.record, blocks))
        for name in self.linked_names():
            self.handle(events.PeerUp(name))
            self.network.nodes[name].handle(events.PeerUp(self.name))
        self._tick(self.life)

    def stop(self) -> None:
        """Lose all but the disk."""
        if self.engine is not None:
            ledger = self.engine.ledger
            self._before = ledger if ledger.height == self.store.height else None
            self.restarts += 1
        self.engine = None
        self.life += 1
        self._timers.clear()
        self._answers.clear()
        for name in self.linked_names():
            self.network.nodes[name].handle(events.PeerDown(self.name))

    def _tick(self, life: int) -> None:
        if self.life != life or not self.is_up:
            return
        self.network.tell_height(self)
        self.handle(events.CatchUpTick(self.now_ms))
        self.network.later(TICK_MS, lambda: self._tick(life))

    def handle(self, event: events.Event) -> None:
        """Give the engine an event and perform its effects, or die in their middle."""
        if self.engine is None:
            return
        effects = self.engine.handle(event)
        network = self.network
        dies = network.is_faulty and network.dice.random() < network.plan.faults.crash
        for effect in effects[: network.dice.randint(0, len(effects))] if dies else effects:
            self._perform(effect)
        if dies and self.is_up:
            self.stop()
            network.later(network.dice.randint(1, 1_000), self._start_again)

    def _start_again(self) -> None:
        if not self.is_up:
            self.start()

    def _perform(self, effect: events.Effect) -> None:  # noqa: C901 - one arm an effect
        network = self.network
        match effect:
            case events.PersistSignature():
                self.store.persist(effect)
            case events.CommitBlock():
                self._commit(effect)
            case events.StartTimer():
                self._start_timer(effect)
            case events.BringNextBlock():
                network.later(0, partial(self._bring_next_block, self.life))
            case events.Reply():
                self.replies.append(effect)
            case events.Report():
                network.reports.append((self.name, effect))
                network.judge.note_report(self.name, effect)
            case events.SendConsensus():
                network.send(self, effect)
            case events.Gossip():
                network.gossip(self, effect)
            case events.Ask():
                network.ask(self, effect)
            case events.Answer():
                self._answers.pop(effect.request)(effect.payload)
            case events.Punish():
                network.punish(self.name, effect.peer)

    def _commit(self, effect: events.CommitBlock) -> None:
        judge, header = self.network.judge, effect.executed.block.header
        judge.note_commit(self.network.now_ms, self.name, effect)
        self.store.commit(effect.executed, effect.certificate)
        assert self.engine is not None
        ledger = self.engine.ledger
        if ledger.height != header.height:
            ledger = self.store.load_ledger()
        judge.note_state(self.network.now_ms, self.name, ledger, effect)

    def _bring_next_block(self, life: int) -> None:
        if self.life == life:
            self.handle(events.NextBlock())

    def _start_timer(self, effect: events.StartTimer) -> None:
        life, timer = self.life, effect.timer
        turn = self._timers[timer] = self._timers.get(timer, 0) + 1

        def fire() -> None:
            if self.life == life and self._timers.get(timer) == turn:
                self.handle(events.TimerFired(timer, self.now_ms))

        self.network.later(effect.delay_ms, fire)

    # What arrives, checked as an edge does.

    def answer_fetch(self, asker: str, payload: bytes, answer: Callable[[bytes], None]) -> None:
        """Let the engine answer a question."""
        number = len(self._answers) + 1
        self._answers[number] = answer
        self.handle(events.FetchAsked(asker, number, payload))

    def take_status(self, peer: str, height: int) -> None:
        """Take a peer's word for its height."""
        self.handle(events.PeerStatus(peer, height, self.now_ms))

    def take_message(self, peer: str, data: bytes) -> None:
        """Take a consensus message."""
        self.handle(events.ConsensusReceived(peer, data, self.now_ms))

    def take_gossip(self, peer: str, topic: Topic, payload: bytes) -> None:
        """Take a gossiped payload; what an edge would refuse is dropped."""
        try:
            arrived = self._gossip_events(peer, topic, payload)
        except ChainError:
            return
        for event in arrived:
            self.handle(event)

    def _gossip_events(self, peer: str, topic: Topic, payload: bytes) -> list[events.Event]:
        if topic is Topic.BLOCK:
            compact, certificate = decode_announcement(payload)
            return [events.BlockAnnounced(peer, compact, certificate, self.now_ms)]
        items = decode_whole(payload, _read_items)
        if topic is Topic.TX:
            return [events.TransactionArrived(verify(item)) for item in items]
        bundles = [decode_claim_bundle(item) for item in items]
        return [
            events.TransactionArrived(verify(claim), tuple(map(verify_document, documents)))
            for documents, claim in bundles
        ]

    def take_answer(self, asked: events.Ask, payload: bytes) -> None:
        """Take an answer; what an edge would refuse, and an empty one, has failed."""
        failed = events.RequestFailed(asked.peer, asked.request, self.now_ms)
        try:
            event = self._answer_event(asked, payload) if payload else failed
        except ChainError:
            event = failed
        self.handle(event)

    def _answer_event(self, asked: events.Ask, payload: bytes) -> events.Event:
        peer, request, now_ms = asked.peer, asked.request, self.now_ms
        if asked.protocol is ProtocolId.SYNC:
            pairs = [decode_final_block(item) for item in decode_sync_answer(payload)]
            blocks = tuple((self._verify_whole(block), certificate) for block, certificate in pairs)
            return events.BlocksReceived(peer, blocks, request, now_ms)
        answer = decode_fetch_answer(payload)
        if isinstance(answer, Parts):
            transactions = tuple(map(verify, answer.transactions))
            receipts = tuple(map(verify_document, answer.receipts))
            return events.PartsReceived(peer, transactions, receipts, request, now_ms)
        return events.BlocksReceived(peer, ((self._verify_whole(answer), None),), request, now_ms)

    def _verify_whole(self, data: bytes) -> VerifiedBlock:
        return verify_whole(data, has_real_keys=self.network.plan.has_real_keys)


def _read_items(reader: Reader) -> list[bytes]:
    return reader.sequence(count_max=1_024, item_max=2 * TRANSACTION_BYTES_MAX)
