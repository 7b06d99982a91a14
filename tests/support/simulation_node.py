"""One node of the simulation: a machine, and hands that perform what it asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from chain.certificate import Certificate, SignatureCheck
from chain.consensus import events
from chain.consensus.evidence import Evidence
from chain.consensus.machine import Machine
from chain.consensus.messages import (
    CertificateMessage,
    Message,
    Proposal,
    decode_message,
    encode_message,
)
from chain.consensus.sign_state import KeySigner, Signer
from chain.crypto import check_signature, sha256
from chain.errors import ChainError
from chain.primitives import Hash
from tests.support.consensus import GENESIS_HASH, keys_in_order
from tests.support.simulation_oracle import OracleSigner, check_oracle
from tests.support.simulation_plan import BLOCK_INTERVAL_MS, TIMING

if TYPE_CHECKING:
    from tests.support.simulation import World

FETCH_AGAIN_MS = 100
ANSWER_AGAIN_MS = 500


def a_block(height: int, parent: Hash, salt: str) -> bytes:
    """Return the bytes of a block; its hash is their SHA-256."""
    return f"{height} {parent.hex()} {salt}".encode()


@dataclass(frozen=True, slots=True)
class Decided:
    """A block that is final."""

    content: bytes
    certificate: Certificate


class Node:
    """A validator's node; ``chain``, ``record`` and ``logged`` are its disk."""

    def __init__(self, world: "World", number: int, index: int) -> None:
        self.world = world
        self.number = number
        self.index = index
        self.name = f"node {number}"
        self.chain: list[Decided] = []
        self.record: bytes | None = None
        self.logged: dict[Hash, bytes] = {}
        self._logged_height = 0
        self.is_up = False
        self.life = 0
        key = keys_in_order(world.plan.count)[index]
        is_real = world.plan.has_real_keys
        self.signer: Signer = (
            KeySigner(key, GENESIS_HASH) if is_real else OracleSigner(key.public_key)
        )
        self._check: SignatureCheck = check_signature if is_real else check_oracle
        self._forget()

    def _forget(self) -> None:
        self.machine = Machine(
            genesis_hash=GENESIS_HASH, timing=TIMING, signer=self.signer, check=self._check
        )
        self.contents: dict[Hash, bytes] = {}
        self._timers: dict[events.Timer, int] = {}
        self._answered: dict[str, int] = {}
        self._asked_ms = -ANSWER_AGAIN_MS

    @property
    def tip(self) -> Hash:
        """Return the hash of the last block."""
        return self.chain[-1].certificate.block_hash if self.chain else GENESIS_HASH

    # Life and death.

    def start(self) -> None:
        """Start, or start again, from what is durable."""
        self.is_up = True
        self._forget()
        self.restore_sign_record()
        self._start_height()
        for other in self.world.nodes:
            if other is not self and other.is_up:
                other.handle(events.PeerConnected(self.name))

    def restore_sign_record(self) -> None:
        """Give the machine its record back."""
        if self.record is not None:
            self.contents.update(self.logged)
            self.machine.handle(events.Restore(self.record, self.logged))

    def crash(self) -> None:
        """Lose all that is not durable; be up again after a while."""
        self.is_up = False
        self.life += 1
        self.world.counters.restarts += 1
        self.world.later(self.world.dice.randint(10, 2_000), self.start)

    def later(self, delay_ms: int, event: events.Input) -> None:
        """Handle an input after a while, unless the node dies before."""
        life = self.life

        def arrive() -> None:
            if self.is_up and self.life == life:
                self.handle(event)

        self.world.later(delay_ms, arrive)

    def handle(self, event: events.Input) -> None:
        """Give the machine an input and perform its effects, if nothing kills the node."""
        self.world.counters.inputs += 1
        effects = self.machine.handle(event)
        dice, plan = self.world.dice, self.world.plan
        done = len(effects)
        dies = plan.crash > 0 and self.world.is_faulty and dice.random() < plan.crash
        if dies:
            done = dice.randint(0, len(effects))
        for effect in effects[:done]:
            self._perform(effect)
        if dies:
            self.crash()

    # Messages.

    def receive(self, sender: "Node", message: Message) -> None:
        """Take a message from the network, through its byte form."""
        if self.is_up:
            message = decode_message(encode_message(message))
            timely = True if isinstance(message, Proposal) else None
            try:
                self.handle(events.MessageReceived(sender.name, message, timely))
            except ChainError as error:
                self.world.note_refusal(sender, error)

    def receive_block(self, block: Decided, height: int) -> None:
        """Take a final block with its certificate from a node that is ahead."""
        if self.is_up and height == len(self.chain) + 1:
            self.contents[block.certificate.block_hash] = block.content
            message = CertificateMessage(block.certificate)
            self.handle(events.MessageReceived("sync", message, timely=None))

    # Effects.

    def _perform(self, effect: events.Effect) -> None:
        match effect:
            case events.Persist():
                if effect.height != self._logged_height:
                    self.logged.clear()
                self._logged_height, self.record = effect.height, effect.record
                for block_hash in effect.block_hashes:
                    self.logged[block_hash] = self.contents[block_hash]
            case events.Broadcast():
                self.world.broadcast(self, effect.message)
            case events.SendTo():
                self.world.send(self, self._node(effect.peer), effect.message)
            case events.SetTimer():
                self._set_timer(effect)
            case _:
                self._perform_other(effect)

    def _perform_other(
        self,
        effect: events.BuildBlock
        | events.JudgeBlock
        | events.Decide
        | Evidence
        | events.PeerBehind
        | events.PeerAhead,
    ) -> None:
        match effect:
            case events.BuildBlock():
                self._build(effect)
            case events.JudgeBlock():
                self._judge(effect)
            case events.Decide():
                self._decide(effect)
            case Evidence():
                self.world.note_evidence(effect)
            case events.PeerBehind():
                self._answer(effect)
            case events.PeerAhead():
                self._ask_for_block(effect)
            case _:
                assert_never(effect)

    def _node(self, name: str) -> "Node":
        return self.world.nodes[int(name.split()[1])]

    def _set_timer(self, effect: events.SetTimer) -> None:
        life, timer = self.life, effect.timer
        turn = self._timers[timer] = self._timers.get(timer, 0) + 1

        def fire() -> None:
            if self.is_up and self.life == life and self._timers[timer] == turn:
                self.handle(events.TimerFired(timer))

        self.world.later(effect.delay_ms, fire)

    def _build(self, effect: events.BuildBlock) -> None:
        salt = f"{self.number} {effect.round} {self.life}"
        content = a_block(effect.height, self.tip, salt)
        block_hash = sha256(content)
        self.contents[block_hash] = content
        built = events.BlockBuilt(effect.height, effect.round, block_hash, content)
        self.later(self.world.dice.randint(0, 5), built)

    def _judge(self, effect: events.JudgeBlock) -> None:
        proposal = effect.proposal
        if proposal is not None and sha256(proposal.content) == effect.block_hash:
            self.contents[effect.block_hash] = proposal.content
        self._find_and_judge(effect)

    def _find_and_judge(self, effect: events.JudgeBlock) -> None:
        """Judge a block when its bytes are here; until then ask one node after the other."""
        if effect.height != len(self.chain) + 1:
            return
        block_hash = effect.block_hash
        content = self.contents.get(block_hash)
        if content is not None:
            valid = content.startswith(f"{effect.height} {self.tip.hex()} ".encode())
            self.later(
                self.world.dice.randint(0, 5), events.BlockJudged(block_hash, valid, content)
            )
            return
        other = self.world.dice.choice(self.world.nodes)
        if other.is_up and not self.world.is_apart(self, other, effect.height, 0):
            self.contents.update(_pick(other.contents, block_hash))
        life = self.life

        def again() -> None:
            if self.is_up and self.life == life:
                self._find_and_judge(effect)

        self.world.later(FETCH_AGAIN_MS, again)

    def _decide(self, effect: events.Decide) -> None:
        self.world.note_decision(self, effect.height, effect.block_hash, effect.certificate)
        assert effect.height == len(self.chain) + 1
        self.chain.append(Decided(self.contents[effect.block_hash], effect.certificate))
        life = self.life

        def go_on() -> None:
            if self.is_up and self.life == life:
                self._start_height()

        self.world.later(self.world.dice.randint(1, 5), go_on)

    def _start_height(self) -> None:
        self.contents = {**_pick(self.contents, self.tip), **self.logged}
        now_ms = self.world.now_ms
        start = events.StartHeight(
            len(self.chain) + 1, self.world.validators, now_ms, now_ms + BLOCK_INTERVAL_MS
        )
        self.handle(start)

    def _answer(self, effect: events.PeerBehind) -> None:
        now_ms = self.world.now_ms
        if effect.peer != "sync" and now_ms >= self._answered.get(effect.peer, 0):
            self._answered[effect.peer] = now_ms + ANSWER_AGAIN_MS
            self._send_block(self._node(effect.peer), effect.height)

    def _ask_for_block(self, effect: events.PeerAhead) -> None:
        """Ask a peer that is ahead for our next block, which it may have."""
        other, height = self._node(effect.peer), len(self.chain) + 1

        def answer() -> None:
            if other.is_up and len(other.chain) >= height:
                other._send_block(self, height)

        if self.world.now_ms >= self._asked_ms + ANSWER_AGAIN_MS:
            self._asked_ms = self.world.now_ms
            self.world.carry(self, other, height, 0, answer)

    def _send_block(self, receiver: "Node", height: int) -> None:
        block = self.chain[height - 1]
        self.world.carry(self, receiver, height, 0, lambda: receiver.receive_block(block, height))


def _pick(contents: Mapping[Hash, bytes], block_hash: Hash) -> dict[Hash, bytes]:
    return {block_hash: contents[block_hash]} if block_hash in contents else {}
