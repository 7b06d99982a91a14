"""Agreeing on the next block: the consensus machine with the hands it asks for.

Each wish that the machine utters becomes an effect for the world, or is answered here at once.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import assert_never

from chain import events as world
from chain.advance import Chain
from chain.assembly import CONTENT_WEIGHT, Assembly, Step
from chain.block import Block, Header
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
from chain.exchange import Topic
from chain.execution import ExecutedBlock
from chain.payload_pairs import encode_announcement
from chain.primitives import PublicKey
from chain.proposal import build_block, compact_block
from chain.validation import verify_block

MALFORMED_WEIGHT = 20
"""Score that a peer loses for bytes that do not decode."""

FORGED_WEIGHT = 50
"""Score that a peer loses for a message whose signature or certificate fails."""

HELP_INTERVAL_MS = 1_000
"""A peer that is one block behind gets our certificate at most this often."""

HELPED_MAX = 256
"""Peers of which that time is known; above it all are forgotten."""


class Agreement:
    """The consensus machine of one node and the blocks it asks about."""

    def __init__(
        self,
        chain: Chain,
        *,
        signer: Signer | None,
        timing: Timing,
        note_height: Callable[[str, int], None],
        is_advancing: Callable[[], bool],
    ) -> None:
        """Start at rest.

        Args:
            chain: shared with the engine.
            signer: a validator's key; None for a node that only follows.
            timing: the consensus timeouts.
            note_height: told of a peer and a height that is final there by its own claim.
            is_advancing: whether blocks that others finished are coming in.
        """
        self._chain = chain
        self._timing = timing
        self._public_key: PublicKey | None = None if signer is None else signer.public_key
        self._machine = Machine(
            genesis_hash=chain.ledger.genesis_hash, timing=timing, signer=signer, check=chain.check
        )
        self.assembly = Assembly(chain.ledger, chain.mempool, chain.next_request, check=chain.check)
        self._note_height, self._is_advancing = note_height, is_advancing
        self._height_started = self._started_at_ms = 0
        self._is_overtaken = False
        self._inputs: deque[machine_events.Input] = deque()
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
            self.assembly.remember(verified)
            contents[verified.block.hash] = compact_block(verified).encode()
        self.feed(machine_events.Restore(record=record, contents=contents))

    def start_height(self) -> None:
        """Begin the next height, unless final blocks are coming in or it has begun."""
        ledger, now_ms = self._chain.ledger, self._chain.now_ms
        height = ledger.height + 1
        if self._is_advancing() or self._height_started >= height:
            return
        self._height_started, self._is_overtaken = height, False
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

    def overtake(self, last: ExecutedBlock) -> None:
        """Let go of a height that others have finished, until :meth:`start_height`."""
        self._is_overtaken = True
        self.assembly.reset(last)

    def peer_up(self, peer: str) -> None:
        """Send a connected peer our current messages."""
        self.assembly.peer_up(peer)
        self.feed(machine_events.PeerConnected(peer))

    def peer_down(self, peer: str) -> None:
        """Ask a peer that has gone for nothing more."""
        self._helped_at_ms.pop(peer, None)
        self.assembly.peer_down(peer)

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
        timely = None
        if isinstance(message, Proposal):
            message, timely = self._check_content(peer, message)
        try:
            self.feed(machine_events.MessageReceived(peer=peer, message=message, timely=timely))
        except ChainError as error:
            self._inputs.clear()
            self._blame(peer, error, weight=FORGED_WEIGHT)

    def _check_content(self, peer: str, proposal: Proposal) -> tuple[Proposal, bool | None]:
        """Return a proposal with its right content or none, and whether a new block is timely.

        Nobody signs the content, so a wrong one is its bringer's fault and says nothing about the
        block.
        """
        height = self._chain.ledger.height + 1
        if proposal.height not in (height, height + 1) or not proposal.content:
            return proposal.without_content(), None
        try:
            header = self.assembly.read_content(proposal, peer).header
        except MalformedMessage as error:
            self._blame(peer, error, weight=CONTENT_WEIGHT)
            return proposal.without_content(), None
        return proposal, self._is_timely(proposal, header)

    def _blame(self, peer: str, error: ChainError, *, weight: int) -> None:
        fields = (("peer", peer), ("code", error.code), ("reason", str(error)))
        self._chain.effects.append(world.Report("message_refused", fields))
        self._chain.effects.append(world.Punish(peer=peer, weight=weight))

    def _is_timely(self, proposal: Proposal, header: Header) -> bool:
        """Tell whether a new block is of this time, and made by the one whose turn it is.

        A block is not invalid for its turn: a later round may propose it again.
        """
        ledger = self._chain.ledger
        is_early = proposal.height > ledger.height + 1
        validators = ledger.next_validators if is_early else ledger.validators
        turn = validators.proposer_index(height=proposal.height, round_=proposal.round)
        return header.proposer == validators[turn].public_key and is_timely(
            time_ms=header.time_ms,
            received_ms=self._chain.now_ms,
            round_=proposal.round,
            timing=self._timing,
        )

    def feed(self, event: machine_events.Input) -> None:
        """Give the machine an input and perform what it wishes, until it wishes nothing more.

        What is fed while a wish is performed waits for its turn. At a height that others have
        finished nothing is fed: the blocks it is about are gone.
        """
        if self._is_overtaken and not isinstance(event, machine_events.StartHeight):
            return
        self._inputs.append(event)
        if len(self._inputs) > 1:
            return
        while self._inputs:
            for effect in self._machine.handle(self._inputs[0]):
                self._inputs.extend(self._perform(effect))
            self._inputs.popleft()

    def _perform(  # noqa: C901 - one arm for each wish
        self, effect: machine_events.Effect
    ) -> list[machine_events.Input]:
        """Perform one wish of the machine; return the inputs that answer it at once."""
        match effect:
            case machine_events.Persist():
                blocks = tuple(
                    (name, self.assembly.block_bytes(name)) for name in effect.block_hashes
                )
                self._chain.effects.append(
                    world.PersistSignature(effect.height, effect.record, blocks)
                )
            case machine_events.Broadcast():
                self._send(None, effect.message)
            case machine_events.SendTo():
                self._send(effect.peer, effect.message)
            case machine_events.SetTimer():
                self._chain.effects.append(world.StartTimer(effect.timer, effect.delay_ms))
            case machine_events.BuildBlock():
                return self._build(effect)
            case machine_events.JudgeBlock():
                return self._judge(effect)
            case machine_events.Decide():
                self._decide(effect)
            case Evidence():
                fields = (("evidence", repr(effect)),)
                self._chain.effects.append(world.Report("equivocation", fields))
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
        return [machine_events.BlockBuilt(effect.height, effect.round, executed.hash, content)]

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
        executed = self.assembly.get_executed(effect.block_hash)
        self._chain.commit(executed, effect.certificate)
        self.assembly.reset(executed)
        if executed.block.header.proposer == self._public_key:
            payload = encode_announcement(
                compact=compact_block(executed.verified), certificate=effect.certificate
            )
            self._chain.effects.append(world.Gossip(Topic.BLOCK, payload))
        self.start_height()

    def _help(self, peer: str, height: int) -> None:
        """Send our last certificate to a peer that works on its block."""
        certificate, now_ms = self._chain.last_certificate, self._chain.now_ms
        due_ms = self._helped_at_ms.get(peer, 0) + HELP_INTERVAL_MS
        if certificate is None or height != self._chain.ledger.height or now_ms < due_ms:
            return
        if len(self._helped_at_ms) >= HELPED_MAX:
            self._helped_at_ms.clear()
        self._helped_at_ms[peer] = now_ms
        self._send(peer, CertificateMessage(certificate))

    def _send(self, peer: str | None, message: Message) -> None:
        self._chain.effects.append(world.SendConsensus(peer, encode_message(message)))
