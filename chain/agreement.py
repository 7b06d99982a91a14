"""Agreeing on the next block: the consensus machine with the hands it asks for.

Each wish that the machine utters becomes an effect for the world, or is answered here at once.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import assert_never

from chain import events as world
from chain.advance import Chain
from chain.assembly import CONTENT_WEIGHT, Assembly, Step
from chain.block import Block
from chain.certificate import Certificate
from chain.consensus import events as machine_events
from chain.consensus.machine import Machine
from chain.consensus.messages import Message, Proposal, decode_message, encode_message
from chain.consensus.sign_state import Signer
from chain.consensus.timing import Timing, next_start_ms
from chain.errors import ChainError, MalformedMessage
from chain.evidence import Evidence
from chain.exchange import Topic
from chain.execution import ExecutedBlock
from chain.laggards import Laggards
from chain.listening import Listening, key_in_use
from chain.payload_pairs import encode_announcement
from chain.primitives import PublicKey
from chain.proposal import build_block, compact_block
from chain.timeliness import Timeliness
from chain.validation import verify_block

MALFORMED_WEIGHT = 20
"""Score that a peer loses for bytes that do not decode."""

FORGED_WEIGHT = 50
"""Score that a peer loses for a message whose signature or certificate fails."""


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
        is_key_unique: bool = True,
    ) -> None:
        """Start at rest.

        Args:
            chain: shared with the engine.
            signer: a validator's key; None for a node that only follows.
            timing: the consensus timeouts.
            note_height: told of a peer and a height that is final there by its own claim.
            is_advancing: whether blocks that others finished are coming in.
            is_key_unique: whether the node must stop when another one signs with its key.
        """
        self._chain = chain
        self._public_key: PublicKey | None = None if signer is None else signer.public_key
        self._machine = Machine(
            genesis_hash=chain.ledger.genesis_hash, timing=timing, signer=signer, check=chain.check
        )
        self.assembly = Assembly(chain.ledger, chain.mempool, chain.next_request, check=chain.check)
        self._note_height, self._is_advancing = note_height, is_advancing
        self._height_started = self._started_at_ms = 0
        self._is_overtaken, self._is_key_unique = False, is_key_unique
        self._inputs: deque[machine_events.Input] = deque()
        self._timeliness = Timeliness(chain, timing)
        self._laggards, self._listening = Laggards(chain), Listening(chain, timing)

    @property
    def machine(self) -> Machine:
        """The machine, for people to look at."""
        return self._machine

    def listen(self) -> None:
        """Sign nothing new until peers had time to say what they know."""
        if self._public_key is not None:
            self._listening.begin()

    def restore(self, record: bytes, blocks: Iterable[bytes]) -> None:
        """Give the machine what the sign log held.

        Raises:
            ChainError: a logged block does not decode or verify.
        """
        contents = {}
        for data in blocks:
            verified = verify_block(
                Block.decode(data), known={}, known_receipts={}, check=self._chain.check
            )
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
        interval_ms = ledger.parameters.block_interval_ms
        self._started_at_ms = next_start_ms(
            last_ms=self._started_at_ms, now_ms=now_ms, interval_ms=interval_ms
        )
        self.feed(
            machine_events.StartHeight(
                height=height,
                validators=ledger.validators,
                next_validators=ledger.next_validators,
                now_ms=now_ms,
                start_at_ms=self._started_at_ms,
                listens=self._listening.is_on,
            )
        )

    def prove(self, certificate: Certificate) -> None:
        """Sign nothing more at heights that a checked certificate proves to be over."""
        self.feed(machine_events.Proven(certificate, self._chain.ledger.validators))

    def overtake(self, last: ExecutedBlock) -> None:
        """Let go of a height that others have finished, until :meth:`start_height`."""
        self._is_overtaken = True
        self.assembly.reset(last)

    def peer_up(self, peer: str) -> None:
        """Send a connected peer our current messages."""
        self.assembly.peer_up(peer)
        self._listening.peer_up()
        self.feed(machine_events.PeerConnected(peer))

    def peer_down(self, peer: str) -> None:
        """Ask a peer that has gone for nothing more."""
        self.assembly.peer_down(peer)

    def tick(self) -> None:
        """About a second has passed."""
        self._laggards.tick()
        self._timeliness.tick()
        self.take_steps(self.assembly.retry())

    def timer_fired(self, timer: machine_events.Timer) -> None:
        """Take a timer that has run out."""
        self._listening.note(timer)
        self.feed(machine_events.TimerFired(timer))

    def message_received(self, peer: str, data: bytes) -> None:
        """Decode a peer's consensus message and give it to the machine."""
        try:
            message = decode_message(data)
        except ChainError as error:
            self._chain.blame(peer, error, weight=MALFORMED_WEIGHT)
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
            self._chain.blame(peer, error, weight=FORGED_WEIGHT)

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
            self._chain.blame(peer, error, weight=CONTENT_WEIGHT)
            return proposal.without_content(), None
        return proposal, self._timeliness.of(proposal, header)

    def feed(self, event: machine_events.Input) -> None:
        """Give the machine an input and perform what it wishes, until it wishes nothing more.

        What is fed while a wish is performed waits for its turn. At a height that others have
        finished nothing is fed: the blocks it is about are gone.
        """
        is_heard = isinstance(event, machine_events.StartHeight | machine_events.Proven)
        if self._is_overtaken and not is_heard:
            return
        self._inputs.append(event)
        if len(self._inputs) > 1:
            return
        while self._inputs:
            for effect in self._machine.handle(self._inputs[0]):
                self._inputs.extend(self._perform(effect))
            self._inputs.popleft()

    def _perform(  # noqa: C901, PLR0912 - one arm for each wish
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
                self._chain.effects += self._chain.evidence.found(effect)
            case machine_events.PeerBehind():
                self._laggards.help(effect.peer, effect.height)
            case machine_events.PeerAhead():
                self._note_height(effect.peer, effect.height - 1)
            case machine_events.KeyElsewhere():
                if self._is_key_unique:
                    raise key_in_use(effect.message)
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
            evidence=self._chain.evidence.pieces,
        )
        self.assembly.keep(executed)
        content = compact_block(executed.verified).encode()
        return [machine_events.BlockBuilt(effect.height, effect.round, executed.hash, content)]

    def _judge(self, effect: machine_events.JudgeBlock) -> list[machine_events.Input]:
        if effect.height != self._chain.ledger.height + 1:
            return []
        self._chain.effects += self._timeliness.checked(effect.proposal)
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

    def _send(self, peer: str | None, message: Message) -> None:
        self._chain.effects.append(world.SendConsensus(peer, encode_message(message)))
