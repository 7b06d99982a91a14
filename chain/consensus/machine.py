"""The consensus machine: inputs in, ordered effects out; no clock, no socket, no dice.

It works on one height and remembers messages of the next. It never moves to another height by
itself: it says :class:`Decide`, and waits until the engine has stored the block and starts the
next one.
"""

from dataclasses import replace
from typing import assert_never

from chain.certificate import Certificate, SignatureCheck, VoteKind
from chain.consensus.events import (
    BlockBuilt,
    BlockJudged,
    Effect,
    Input,
    JudgeBlock,
    KeyElsewhere,
    MessageReceived,
    PeerAhead,
    PeerBehind,
    PeerConnected,
    Persist,
    Proven,
    Restore,
    SetTimer,
    StartHeight,
    Timer,
    TimerFired,
    TimerKind,
)
from chain.consensus.height_state import NOT_STARTED, HeightState, Step
from chain.consensus.height_votes import certificate_votes
from chain.consensus.intake import Intake
from chain.consensus.look import ConsensusLook, look_at
from chain.consensus.messages import CertificateMessage
from chain.consensus.rules import Rules
from chain.consensus.sign_resume import check_resumable, read_record
from chain.consensus.sign_state import Signer, SignRecord, SignState
from chain.consensus.timing import Timing
from chain.consensus.voice import Voice
from chain.crypto import SigningKind, check_signature
from chain.primitives import Hash
from chain.validators import ValidatorSet

_STEP_AFTER = {
    SigningKind.PROPOSAL: Step.PROPOSE,
    SigningKind.PREVOTE: Step.PREVOTE,
    SigningKind.PRECOMMIT: Step.PRECOMMIT,
}


class Machine:
    """One validator's, or one observer's, part in the agreement."""

    def __init__(
        self,
        *,
        genesis_hash: Hash,
        timing: Timing | None = None,
        signer: Signer | None = None,
        check: SignatureCheck = check_signature,
    ) -> None:
        """Wait for the first height.

        Args:
            genesis_hash: 32 bytes, in every signed message.
            timing: how long to wait; the defaults when None.
            signer: holds the validator's key; None for an observer, which follows votes and
                decides but signs and sends nothing.
            check: the signature check; the engine hands in one that remembers.
        """
        self._genesis_hash = genesis_hash
        self._timing, self._signer = timing or Timing(), signer
        self._sign_state = SignState(signer) if signer else None
        self._check = check
        self._effects: list[Effect] = []
        self._durable: set[Hash] = set()
        self._restored_contents: dict[Hash, bytes] = {}
        self._state: HeightState | None = None
        self._next: HeightState | None = None
        self._final: Certificate | None = None

    @property
    def position(self) -> tuple[int, int, Step]:
        """Return (height, round, step), for people to look at; height 0 before the first."""
        one = self._state
        return (one.height, one.round, one.step) if one else (0, NOT_STARTED, Step.NOT_STARTED)

    def look(self) -> ConsensusLook | None:
        """Return what people may see of the height agreed on; None before the first."""
        return None if self._state is None else look_at(self._state)

    def handle(self, event: Input) -> list[Effect]:
        """Take one input and return the effects to perform, in their order.

        Raises:
            ChainError: a received message is forged or malformed; nothing has changed.
            StoreError: the sign record cannot be read or is forged, or the validators decided a
                block that this node finds invalid; the node must stop.
        """
        self._effects.clear()
        self._dispatch(event)
        if self._state is not None and self._sign_state is not None:
            self._persist(self._state, self._sign_state)
        return list(self._effects)

    def _dispatch(self, event: Input) -> None:
        match event:
            case Restore():
                self._restore(event)
            case StartHeight():
                self._start_height(event)
            case MessageReceived():
                self._receive(event)
            case Proven():
                self._on_proven(event)
            case TimerFired():
                self._on_timer(event.timer)
            case BlockBuilt():
                self._on_block_built(event)
            case BlockJudged():
                self._on_block_judged(event)
            case PeerConnected():
                if self._state is not None:
                    self._voice(self._state).repeat_to(event.peer)
            case _:
                assert_never(event)

    def _persist(self, state: HeightState, sign_state: SignState) -> None:
        """Put the record before all else, if anything was signed."""
        if not sign_state.is_changed:
            return
        locks = dict.fromkeys(lock for lock in (state.locked, state.valid) if lock)
        polkas = tuple(
            state.votes.certificate(VoteKind.PREVOTE, lock.round, lock.block_hash) for lock in locks
        )
        record = sign_state.take_record(locked=state.locked, valid=state.valid, polkas=polkas)
        missing = [each for each in record.block_hashes if each not in self._durable]
        fresh = tuple(each for each in missing if state.blocks.find_judgement(each))
        self._durable = self._durable.intersection(record.block_hashes).union(fresh)
        self._effects.insert(0, Persist(state.height, record.encode(), fresh))

    # One height.

    def _restore(self, event: Restore) -> None:
        if self._signer is None:
            return
        self._sign_state = SignState(self._signer, read_record(event.record))
        self._restored_contents = dict(event.contents)

    def _start_height(self, event: StartHeight) -> None:
        assert self._state is None or event.height > self._state.height, "heights only rise"
        state = self._make_state(event)
        self._state = state
        following = event.next_validators or event.validators
        self._next = self._new_state(event.height + 1, following)
        self._durable.clear()
        record = self._sign_state.find_record(event.height) if self._sign_state else None
        if record is not None:
            self._resume(state, record)
        elif event.start_at_ms > event.now_ms:
            timer = Timer(TimerKind.START, event.height, NOT_STARTED)
            self._effects.append(SetTimer(timer, event.start_at_ms - event.now_ms))
        elif not state.listens:
            self._rules(state).start_round(0)
        self._rules(state).run()

    def _make_state(self, event: StartHeight) -> HeightState:
        """Return the state that gathered early messages, if it fits, or a new one."""
        early = self._next
        if early is None or (early.height, early.validators) != (event.height, event.validators):
            early = self._new_state(event.height, event.validators)
        final, place = self._final, (event.height, event.validators.hash)
        early.may_sign = event.may_sign and (final is None or event.height > final.height)
        early.listens = event.listens
        if final is not None and (final.height, final.validators_hash) == place:
            early.votes.add_certificate(final)
        return early

    def _new_state(self, height: int, validators: ValidatorSet) -> HeightState:
        public_key = self._signer.public_key if self._signer else None
        index = validators.find_index(public_key) if public_key else None
        return HeightState(height, validators, index)

    def _resume(self, state: HeightState, record: SignRecord) -> None:
        """Go on with a height that was begun before a restart, where it was left."""
        check_resumable(record, state, genesis_hash=self._genesis_hash, check=self._check)
        self._durable.update(self._restored_contents)
        for block_hash, content in self._restored_contents.items():
            state.blocks.keep_content(block_hash, content)
        for polka in record.polkas:
            state.votes.add_certificate(polka)
        state.locked, state.valid = record.locked, record.valid
        state.round, state.step = record.round, _STEP_AFTER[record.kind]
        voice, rules = self._voice(state), self._rules(state)
        voice.reload_own_messages()
        if state.step is Step.PROPOSE and not state.listens:
            rules.set_timer(TimerKind.PROPOSE)
        rules.set_timer(TimerKind.REBROADCAST)
        voice.repeat()

    def _speak(self, state: HeightState) -> None:
        """Go on where listening held the height up: with its first round, or with the waits."""
        state.listens = False
        rules = self._rules(state)
        if state.step is Step.NOT_STARTED:
            rules.start_round(0)
        elif state.step is Step.PROPOSE:
            rules.set_timer(TimerKind.PROPOSE)
        rules.run()

    def _voice(self, state: HeightState) -> Voice:
        return Voice(state, sign_state=self._sign_state, effects=self._effects)

    def _rules(self, state: HeightState) -> Rules:
        return Rules(state, voice=self._voice(state), timing=self._timing, effects=self._effects)

    # Inputs.

    def _receive(self, event: MessageReceived) -> None:
        state = self._state
        if state is None:
            return
        height = event.message.height
        if height < state.height:
            if not isinstance(event.message, CertificateMessage):
                self._effects.append(PeerBehind(event.peer, height))
            return
        if height > state.height and (height > state.height + 1 or state.step != Step.DECIDED):
            self._effects.append(PeerAhead(event.peer, height))
        for each in (state, self._next):
            if each is not None and each.height == height:
                self._take(each, event)
        self._rules(state).run()
        self._effects[:] = [_name_peer(effect, event.peer) for effect in self._effects]

    def _take(self, state: HeightState, event: MessageReceived) -> None:
        if state.step is Step.DECIDED:
            return
        intake = Intake(
            state,
            genesis_hash=self._genesis_hash,
            check=self._check,
            sign_state=self._sign_state,
            effects=self._effects,
        )
        intake.take(event.message, timely=event.timely)
        if state is self._next and state.votes.commits and self._state is not None:
            self._state.may_sign = False

    def _on_proven(self, event: Proven) -> None:
        certificate, final = event.certificate, self._final
        if final is None or certificate.height > final.height:
            final = self._final = certificate
        for state in (self._state, self._next):
            if state is not None and state.height <= final.height:
                state.may_sign = False
        if self._signer is not None and self._sign_state is not None:
            index = event.validators.find_index(self._signer.public_key)
            own = [vote for vote in certificate_votes(certificate) if vote.index == index]
            foreign = filter(self._sign_state.is_foreign, own)
            self._effects.extend(KeyElsewhere(vote) for vote in foreign)

    def _on_timer(self, timer: Timer) -> None:
        state = self._state
        if state is not None and state.listens and timer.kind is TimerKind.LISTEN:
            self._speak(state)
        if state is None or (timer.height, timer.round) != (state.height, state.round):
            return
        if state.listens and timer.kind is not TimerKind.REBROADCAST:
            return
        rules = self._rules(state)
        if timer.kind is TimerKind.START:
            if state.step is Step.NOT_STARTED:
                rules.start_round(0)
        else:
            rules.on_timer(timer.kind)
        self._rules(state).run()

    def _on_block_built(self, event: BlockBuilt) -> None:
        if self._state is not None and self._state.height == event.height:
            rules = self._rules(self._state)
            rules.on_block_built(event)
            rules.run()

    def _on_block_judged(self, event: BlockJudged) -> None:
        state = self._state
        if state is None or not state.blocks.was_asked(event.block_hash):
            return
        if event.content is not None:
            state.blocks.keep_content(event.block_hash, event.content)
        state.blocks.judge(event.block_hash, valid=event.valid)
        self._rules(state).run()


def _name_peer(effect: Effect, peer: str) -> Effect:
    """Say who handed over what the engine must now judge."""
    return replace(effect, peer=peer) if isinstance(effect, JudgeBlock) else effect
