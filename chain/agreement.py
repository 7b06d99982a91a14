"""Agreeing on the next block: the consensus machine with the hands it asks for.

Inputs go into the machine; each wish it utters becomes an effect for the world, or is answered at
once by building or judging a block here.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import assert_never

from chain import events as world
from chain.advance import Chain
from chain.assembly import Assembly, Step
from chain.block import Block
from chain.consensus import events as machine_events
from chain.consensus.evidence import Evidence
from chain.consensus.machine import Machine
from chain.consensus.messages import (
    CertificateMessage,
    Message,
    Proposal,
    decode_message,
    encode_message,
)
from chain.consensus.sign_state import Signer
from chain.consensus.timing import Timing, is_timely
from chain.errors import ChainError, MalformedMessage
from chain.payload_pairs import encode_announcement
from chain.primitives import PublicKey
from chain.proposal import CompactBlock, build_block, compact_block
from chain.validation import verify_block

MALFORMED_WEIGHT = 20
"""Score that a peer loses for bytes that do not decode."""

FORGED_WEIGHT = 50
"""Score that a peer loses for a message whose signature or certificate fails."""

HELP_INTERVAL_MS = 1_000
"""A peer that is one block behind gets our certificate at most this often."""


class Agreement:
    """The consensus machine of one node and the blocks it asks about."""

    def __init__(
        self,
        chain: Chain,
        *,
        signer: Signer | None,
        timing: Timing,
        note_height: Callable[[str, int], None],
        is_catching_up: Callable[[], bool],
    ) -> None:
        """Start at rest.

        Args:
            chain: shared with the engine.
            signer: a validator's key; None for a node that only follows.
            timing: the consensus timeouts.
            note_height: told of a peer and a height that is final there by its own claim.
            is_catching_up: whether final blocks are being fetched.
        """
        self._chain = chain
        self._timing = timing
        self._public_key: PublicKey | None = None if signer is None else signer.public_key
        genesis_hash = chain.ledger.genesis_hash
        self._machine = Machine(genesis_hash=genesis_hash, timing=timing, signer=signer)
        self.assembly = Assembly(chain.ledger, chain.mempool, chain.next_request)
        self._note_height, self._is_catching_up = note_height, is_catching_up
        self._height_started = self._started_at_ms = 0
        self._helped_at_ms: dict[str, int] = {}

    @property
    def round(self) -> int:
        """The round of the height being agreed on."""
        return self._machine.position[1]

    def restore(self, record: bytes, blocks: Iterable[bytes]) -> None:
        """Give the machine what the sign log held.

        Raises:
            ChainError: a logged block does not decode or verify.
        """
        contents = {}
        for data in blocks:
            verified = verify_block(Block.decode(data), known={}, known_receipts={})
            self.assembly.remember_parts(verified.transactions, verified.receipts)
            contents[verified.block.hash] = compact_block(verified).encode()
        self.feed(machine_events.Restore(record=record, contents=contents))

    def start_height(self) -> None:
        """Begin the next height, unless final blocks are being fetched or it has begun."""
        ledger, now_ms = self._chain.ledger, self._chain.now_ms
        height = ledger.height + 1
        if self._is_catching_up() or self._height_started >= height:
            return
        self._height_started = height
        earliest_ms = self._started_at_ms + ledger.parameters.block_interval_ms
        self._started_at_ms = max(now_ms, earliest_ms)
        self.feed(
            machine_events.StartHeight(
                height=height,
                validators=ledger.validators,
                next_validators=ledger.next_validators,
                now_ms=now_ms,
                start_at_ms=self._started_at_ms,
            )
        )

    def peer_up(self, peer: str) -> None:
        """Send a connected peer our current messages."""
        self.assembly.peers.append(peer)
        self.feed(machine_events.PeerConnected(peer))

    def peer_down(self, peer: str) -> None:
        """Ask a peer that has gone for nothing more."""
        self._helped_at_ms.pop(peer, None)
        if peer in self.assembly.peers:
            self.assembly.peers.remove(peer)

    def message_received(self, peer: str, data: bytes) -> None:
        """Decode a peer's consensus message and give it to the machine."""
        try:
            message = decode_message(data)
        except ChainError as error:
            self._blame(peer, error, weight=MALFORMED_WEIGHT)
        else:
            self.take_message(peer, message)

    def take_message(self, peer: str, message: Message) -> None:
        """Give the machine a decoded message; a forged one costs its bringer."""
        received = machine_events.MessageReceived(
            peer=peer, message=message, timely=self._is_timely(message)
        )
        try:
            self.feed(received)
        except ChainError as error:
            self._blame(peer, error, weight=FORGED_WEIGHT)

    def _blame(self, peer: str, error: ChainError, *, weight: int) -> None:
        fields = (("peer", peer), ("code", error.code), ("reason", str(error)))
        self._chain.effects.append(world.Report("message_refused", fields))
        self._chain.effects.append(world.Punish(peer=peer, weight=weight))

    def _is_timely(self, message: Message) -> bool | None:
        if not isinstance(message, Proposal):
            return None
        try:
            header = CompactBlock.decode(message.content).header
        except MalformedMessage:
            return None
        return is_timely(
            time_ms=header.time_ms,
            received_ms=self._chain.now_ms,
            round_=message.round,
            timing=self._timing,
        )

    def feed(self, event: machine_events.Input) -> None:
        """Give the machine an input and perform what it wishes, until it wishes nothing more."""
        inputs = deque([event])
        while inputs:
            for effect in self._machine.handle(inputs.popleft()):
                inputs.extend(self._perform(effect))

    def _perform(  # noqa: C901 - one arm for each wish
        self, effect: machine_events.Effect
    ) -> list[machine_events.Input]:
        """Perform one wish of the machine; return the inputs that answer it at once."""
        match effect:
            case machine_events.Persist():
                blocks = tuple(
                    (name, self.assembly.executed[name].block.encode())
                    for name in effect.block_hashes
                )
                self._chain.effects.append(
                    world.PersistSignature(effect.height, effect.record, blocks)
                )
            case machine_events.Broadcast():
                data = encode_message(effect.message)
                self._chain.effects.append(world.SendConsensus(peer=None, data=data))
            case machine_events.SendTo():
                data = encode_message(effect.message)
                self._chain.effects.append(world.SendConsensus(peer=effect.peer, data=data))
            case machine_events.SetTimer():
                self._chain.effects.append(world.StartTimer(effect.timer, effect.delay_ms))
            case machine_events.BuildBlock():
                return self._build(effect)
            case machine_events.JudgeBlock():
                return self._judge(effect)
            case machine_events.Decide():
                self._decide(effect)
            case Evidence():
                self._chain.effects.append(
                    world.Report("equivocation", (("evidence", repr(effect)),))
                )
            case machine_events.PeerBehind():
                self._help(effect.peer, effect.height)
            case machine_events.PeerAhead():
                self._note_height(effect.peer, effect.height - 1)
            case _:
                assert_never(effect)
        return []

    def _build(self, effect: machine_events.BuildBlock) -> list[machine_events.Input]:
        if effect.height != self._chain.ledger.height + 1 or self._public_key is None:
            return []
        executed = build_block(
            self._chain.ledger,
            self._chain.mempool,
            proposer=self._public_key,
            time_ms=self._chain.now_ms,
            last_commit=self._chain.last_certificate,
        )
        self.assembly.keep(executed)
        content = compact_block(executed.verified).encode()
        return [
            machine_events.BlockBuilt(
                height=effect.height,
                round=effect.round,
                block_hash=executed.hash,
                content=content,
            )
        ]

    def _judge(self, effect: machine_events.JudgeBlock) -> list[machine_events.Input]:
        if effect.height != self._chain.ledger.height + 1:
            return []
        return self._split(self.assembly.judge(effect))

    def _split(self, steps: Iterable[Step]) -> list[machine_events.Input]:
        """Keep the effects among the assembly's steps and return the answers for the machine."""
        answers: list[machine_events.Input] = []
        for step in steps:
            if isinstance(step, machine_events.BlockJudged):
                answers.append(step)
            else:
                self._chain.effects.append(step)
        return answers

    def take_steps(self, steps: Iterable[Step]) -> None:
        """Pass on the assembly's effects and give its answers to the machine."""
        for answer in self._split(steps):
            self.feed(answer)

    def _decide(self, effect: machine_events.Decide) -> None:
        if effect.height != self._chain.ledger.height + 1:
            return
        executed = self.assembly.executed[effect.block_hash]
        self._chain.commit(executed, effect.certificate)
        self.assembly.reset(executed)
        if executed.block.header.proposer == self._public_key:
            payload = encode_announcement(
                compact=compact_block(executed.verified), certificate=effect.certificate
            )
            self._chain.effects.append(world.Gossip(world.Topic.BLOCKS, payload))
        self.start_height()

    def _help(self, peer: str, height: int) -> None:
        """Send our last certificate to a peer that works on its block."""
        certificate, now_ms = self._chain.last_certificate, self._chain.now_ms
        due_ms = self._helped_at_ms.get(peer, 0) + HELP_INTERVAL_MS
        if certificate is None or height != self._chain.ledger.height or now_ms < due_ms:
            return
        self._helped_at_ms[peer] = now_ms
        data = encode_message(CertificateMessage(certificate))
        self._chain.effects.append(world.SendConsensus(peer=peer, data=data))
