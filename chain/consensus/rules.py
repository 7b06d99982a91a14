"""The rules of Tendermint for one height, one method each, named by line of the paper.

Source: Buchman, Kwon, Milosevic, "The latest gossip on BFT consensus", arXiv 1807.04938, algorithm
1, and no other text: later specifications differ in what a locked validator does, and mixing them
breaks agreement. A rule returns whether it applied; they are tried in order, again and again,
until none does.
"""

from collections.abc import Callable

from chain.certificate import VoteKind
from chain.consensus.events import (
    BlockBuilt,
    BuildBlock,
    Decide,
    Effect,
    JudgeBlock,
    SetTimer,
    Timer,
    TimerKind,
)
from chain.consensus.height_blocks import SeenProposal
from chain.consensus.height_state import HeightState, Once, Step
from chain.consensus.height_votes import is_nil_quorum
from chain.consensus.messages import NO_ROUND, Proposal, RoundCertificate
from chain.consensus.sign_state import Lock
from chain.consensus.timing import Timing
from chain.consensus.voice import Voice
from chain.errors import StoreError
from chain.primitives import ZERO_HASH, Hash

LATE_LOCK_ROUND = 2
"""From this round on a new lock is announced at once, as the proposer may be gone by then."""


class Rules:
    """Applies the rules to the state of one height."""

    def __init__(
        self, state: HeightState, *, voice: Voice, timing: Timing, effects: list[Effect]
    ) -> None:
        """Start before the first round.

        Args:
            state: the height's variables, which the rules change.
            voice: signs and sends.
            timing: how long to wait.
            effects: where wishes are written, in order.
        """
        self._state = state
        self._voice = voice
        self._timing = timing
        self._effects = effects
        self._rules: tuple[Callable[[], bool], ...] = (
            self.rule_49_decide,
            self.rule_55_skip_to_later_round,
            self.ask_for_judgements,
            self.rule_22_prevote_new_block,
            self.rule_28_prevote_block_with_polka,
            self.rule_36_lock,
            self.rule_44_precommit_nil,
            self.rule_34_wait_for_prevotes,
            self.rule_47_wait_for_precommits,
        )

    def run(self) -> None:
        """Apply rules until none applies; while we listen, only what others can bring on."""
        listening = (self.rule_49_decide, self.ask_for_judgements)
        rules = listening if self._state.listens else self._rules
        while self._state.step is not Step.DECIDED and any(rule() for rule in rules):
            pass

    # Rounds.

    def start_round(self, round_: int, entry: RoundCertificate | None = None) -> None:
        """Enter a round (line 11), and say why if it is not the first."""
        state = self._state
        state.round, state.step, state.entry, state.resends = round_, Step.PROPOSE, entry, 0
        state.fired.clear()
        state.forget_before_round(round_)
        self.set_timer(TimerKind.PROPOSE)
        self.set_timer(TimerKind.REBROADCAST)
        if entry is not None:
            self._voice.broadcast(entry)
        if state.is_proposer and self._voice.can_sign():
            self._propose()

    def _propose(self) -> None:
        """Propose the valid block, or ask for a new one (lines 14 to 19)."""
        state = self._state
        if state.valid is None:
            self._effects.append(BuildBlock(state.height, state.round))
        elif state.blocks.find_content(state.valid.block_hash) is not None:
            self._voice.broadcast_polka(state.valid)
            self._voice.propose(state.valid.block_hash, pol_round=state.valid.round)
        else:
            self._ask(state.valid.block_hash)

    def on_block_built(self, event: BlockBuilt) -> None:
        """Propose the new block, if its round still waits for a proposal."""
        state = self._state
        if (event.round, Step.PROPOSE) != (state.round, state.step) or not state.is_proposer:
            return
        state.blocks.judge(event.block_hash, valid=True)
        state.blocks.keep_content(event.block_hash, event.content)
        self._voice.propose(event.block_hash, pol_round=NO_ROUND)

    # Timers.

    def set_timer(self, kind: TimerKind) -> None:
        """Set a timer of this round."""
        state = self._state
        if kind is TimerKind.REBROADCAST:
            delay_ms = self._timing.rebroadcast_wait_ms(state.resends)
        else:
            delay_ms = self._timing.wait_ms(kind, state.round)
        self._effects.append(SetTimer(Timer(kind, state.height, state.round), delay_ms))

    def on_timer(self, kind: TimerKind) -> None:
        """Do what a timer of this round was set for (lines 57 to 67)."""
        state = self._state
        if kind is TimerKind.PROPOSE and state.step is Step.PROPOSE:
            self._prevote(ZERO_HASH)
        elif kind is TimerKind.PREVOTE and state.step is Step.PREVOTE:
            self._precommit(ZERO_HASH)
        elif kind is TimerKind.PRECOMMIT and state.has_started:
            votes = state.votes.votes(state.round, (VoteKind.PRECOMMIT,))
            entry = RoundCertificate(state.height, state.round, votes)
            self.start_round(state.round + 1, entry)
        elif kind is TimerKind.REBROADCAST and state.has_started:
            state.resends += 1
            self._voice.repeat()
            self.set_timer(kind)

    # Rules.

    def rule_49_decide(self) -> bool:
        """Decide on a block with precommits of a quorum in any round, once it is here and valid.

        Raises:
            StoreError: a quorum precommitted for a block that this node finds invalid.
        """
        state = self._state
        for round_, block_hash in state.votes.commits:
            judgement = state.blocks.find_judgement(block_hash)
            if judgement is False:
                raise StoreError(
                    detail=f"the validators decided block {block_hash.hex()} at height "
                    f"{state.height}, which this node finds invalid; its program or its data "
                    "differs from theirs: compare versions, then restore from a snapshot"
                )
            if judgement:
                certificate = state.votes.certificate(VoteKind.PRECOMMIT, round_, block_hash)
                state.step = Step.DECIDED
                self._effects.append(Decide(state.height, round_, block_hash, certificate))
                return True
        return False

    def rule_55_skip_to_later_round(self) -> bool:
        """Join a later round in which enough have voted that one of them is honest."""
        state = self._state
        round_ = state.votes.skip_round
        if round_ <= state.round:
            return False
        entry = RoundCertificate(state.height, round_, state.votes.votes(round_))
        self.start_round(round_, entry if round_ > 0 else None)
        return True

    def rule_22_prevote_new_block(self) -> bool:
        """Prevote for a new block, or for nil if it is wrong or we are locked on another."""
        for seen in self._proposals_to_prevote():
            if seen.proposal.pol_round == NO_ROUND:
                verdict = self._judge_new(seen)
                if verdict is not None:
                    self._prevote(seen.proposal.block_hash if verdict else ZERO_HASH)
                    return True
        return False

    def rule_28_prevote_block_with_polka(self) -> bool:
        """Prevote for a block that had a polka in an earlier round of this height."""
        for seen in self._proposals_to_prevote():
            block_hash, pol_round = seen.proposal.block_hash, seen.proposal.pol_round
            if pol_round == NO_ROUND or not self._has_polka(pol_round, block_hash):
                continue
            verdict: bool | None = False
            if self.lock_allows(block_hash, pol_round=pol_round):
                verdict = self._state.blocks.find_judgement(block_hash)
            if verdict is not None:
                self._prevote(block_hash if verdict else ZERO_HASH)
                return True
        return False

    def rule_34_wait_for_prevotes(self) -> bool:
        """Give the prevotes a while to agree, once a quorum has prevoted."""
        state = self._state
        if state.step is not Step.PREVOTE or Once.PREVOTE_WAIT in state.fired:
            return False
        if not state.votes.has_quorum_of_any(VoteKind.PREVOTE, state.round):
            return False
        state.fired.add(Once.PREVOTE_WAIT)
        self.set_timer(TimerKind.PREVOTE)
        return True

    def rule_36_lock(self) -> bool:
        """Lock on a proposed, valid block with a polka in this round, and precommit for it."""
        state = self._state
        if state.step not in (Step.PREVOTE, Step.PRECOMMIT) or Once.LOCK in state.fired:
            return False
        for seen in state.blocks.proposals(state.round):
            block_hash = seen.proposal.block_hash
            if self._has_polka(state.round, block_hash) and state.blocks.find_judgement(block_hash):
                state.fired.add(Once.LOCK)
                self._lock(Lock(state.round, block_hash), seen.proposal)
                return True
        return False

    def rule_44_precommit_nil(self) -> bool:
        """Precommit for nil once a quorum has prevoted for nil; a lock stays as it is."""
        state = self._state
        if state.step is not Step.PREVOTE or not is_nil_quorum(state.votes, state.round):
            return False
        self._precommit(ZERO_HASH)
        return True

    def rule_47_wait_for_precommits(self) -> bool:
        """Give the precommits a while to agree, once a quorum has precommitted."""
        state = self._state
        if not state.has_started or Once.PRECOMMIT_WAIT in state.fired:
            return False
        if not state.votes.has_quorum_of_any(VoteKind.PRECOMMIT, state.round):
            return False
        state.fired.add(Once.PRECOMMIT_WAIT)
        self.set_timer(TimerKind.PRECOMMIT)
        return True

    # Parts of rules.

    def lock_allows(self, block_hash: Hash, *, pol_round: int) -> bool:
        """Tell whether our lock lets us prevote for a block whose polka was in ``pol_round``."""
        locked = self._state.locked
        return locked is None or locked.block_hash == block_hash or locked.round <= pol_round

    def _proposals_to_prevote(self) -> list[SeenProposal]:
        state = self._state
        return state.blocks.proposals(state.round) if state.step is Step.PROPOSE else []

    def _has_polka(self, round_: int, block_hash: Hash) -> bool:
        return self._state.votes.has_quorum(VoteKind.PREVOTE, round_, block_hash)

    def _judge_new(self, seen: SeenProposal) -> bool | None:
        """Return whether a new block gets our prevote, or None while that is not known."""
        block_hash = seen.proposal.block_hash
        judgement = self._state.blocks.find_judgement(block_hash)
        if seen.timely is False or judgement is False:
            return False
        if not self.lock_allows(block_hash, pol_round=NO_ROUND):
            return False
        return None if seen.timely is None else judgement

    def _prevote(self, block_hash: Hash) -> None:
        self._state.step = Step.PREVOTE
        self._voice.vote(VoteKind.PREVOTE, block_hash)

    def _precommit(self, block_hash: Hash) -> None:
        self._state.step = Step.PRECOMMIT
        self._voice.vote(VoteKind.PRECOMMIT, block_hash)

    def _lock(self, lock: Lock, proposal: Proposal) -> None:
        state = self._state
        state.valid = lock
        if state.step is not Step.PREVOTE:
            return
        state.locked = lock
        self._precommit(lock.block_hash)
        if lock.round >= LATE_LOCK_ROUND:
            self._voice.broadcast(state.blocks.with_content(proposal))
            self._voice.broadcast_polka(lock)

    def ask_for_judgements(self) -> bool:
        """Ask about each block a rule waits for; never counts as a rule that applied."""
        state = self._state
        for seen in state.blocks.proposals(max(state.round, 0)):
            self._ask(seen.proposal.block_hash)
        for round_, block_hash in state.votes.polkas:
            if round_ == state.round:
                self._ask(block_hash)
        for _, block_hash in state.votes.commits:
            self._ask(block_hash)
        return False

    def _ask(self, block_hash: Hash) -> None:
        state = self._state
        if not state.blocks.must_ask(block_hash):
            return
        proposal = state.blocks.find_proposal(block_hash)
        state.blocks.note_asked(block_hash, with_content=proposal is not None)
        voters = state.votes.voters(block_hash)
        self._effects.append(JudgeBlock(state.height, block_hash, proposal, None, voters))
