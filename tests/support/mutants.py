"""Deliberate defects of consensus, each a patch that undoes one rule."""

from collections.abc import Callable
from typing import Any

import pytest

from chain import agreement, evidence_pool, execution, sync, timeliness, validation
from chain.block import Header
from chain.catch_up import CatchUp
from chain.certificate import Certificate, VoteKind, check_certificate
from chain.consensus import intake
from chain.consensus.height_blocks import HeightBlocks
from chain.consensus.height_state import HeightState
from chain.consensus.height_votes import HeightVotes, Tally
from chain.consensus.intake import Intake, VerifiedSignatures
from chain.consensus.machine import Machine
from chain.consensus.messages import Message, Proposal, Vote
from chain.consensus.rules import Rules
from chain.consensus.sign_state import SignRecord, SignState
from chain.consensus.timing import is_timely
from chain.consensus.voice import Voice
from chain.execution import ExecutedBlock
from chain.listening import Listening
from chain.primitives import Hash
from chain.proposal import build_block
from chain.timeliness import Timeliness
from chain.validators import ValidatorSet
from tests.support.memory_store import MemoryStore

Patch = Callable[[pytest.MonkeyPatch], None]


def ignore_locks(patch: pytest.MonkeyPatch) -> None:
    """Prevote for any valid block, locked or not."""
    patch.setattr(Rules, "lock_allows", lambda *_, **__: True)


def free_locks_by_nil(patch: pytest.MonkeyPatch) -> None:
    """Let a quorum of nil prevotes free a lock, as some descriptions of the algorithm do."""
    rule = Rules.rule_44_precommit_nil

    def unlocking(self: Rules) -> bool:
        applied = rule(self)
        if applied:
            self._state.locked = None
        return applied

    patch.setattr(Rules, "rule_44_precommit_nil", unlocking)


def believe_in_polkas(patch: pytest.MonkeyPatch) -> None:
    """Take a proposer's word for the polka of an earlier round."""
    has_polka = Rules._has_polka

    def believing(self: Rules, round_: int, block_hash: Hash) -> bool:
        return round_ < self._state.round or has_polka(self, round_, block_hash)

    patch.setattr(Rules, "_has_polka", believing)


def forget_locks_at_restart(patch: pytest.MonkeyPatch) -> None:
    """Start again without the lock."""
    resume = Machine._resume

    def resume_unlocked(self: Machine, state: HeightState, record: SignRecord) -> None:
        resume(self, state, record)
        state.locked = None

    patch.setattr(Machine, "_resume", resume_unlocked)


def lower_the_quorum(patch: pytest.MonkeyPatch) -> None:
    """Take two thirds for more than two thirds."""
    patch.setattr(ValidatorSet, "quorum", property(lambda self: 2 * len(self) // 3))


def lower_the_quorum_to_twice_the_faults(patch: pytest.MonkeyPatch) -> None:
    """Take 2f for 2f + 1."""
    quorum = property(lambda self: max(1, 2 * ((len(self) - 1) // 3)))
    patch.setattr(ValidatorSet, "quorum", quorum)


def count_across_rounds(patch: pytest.MonkeyPatch) -> None:
    """Let votes of different rounds add up."""

    def key(_: HeightVotes, kind: VoteKind, round_: int) -> tuple[VoteKind, int]:
        return kind, round_ * 0

    patch.setattr(HeightVotes, "_key", key)


def count_across_blocks(patch: pytest.MonkeyPatch) -> None:
    """Let votes for different blocks add up."""

    def note(self: HeightVotes, tally: Tally, vote: Vote) -> None:
        if vote.is_nil or len(tally.by_voter) != self._validators.quorum:
            return
        quorums = self.polkas if vote.kind is VoteKind.PREVOTE else self.commits
        quorums.append((vote.round, vote.block_hash))

    patch.setattr(HeightVotes, "_note_quorum", note)


def let_the_first_vote_win(patch: pytest.MonkeyPatch) -> None:
    """Drop the second vote of an equivocator, which others may have counted first."""
    add = HeightVotes.add

    def add_first(self: HeightVotes, vote: Vote) -> Vote | None:
        has_voted = vote.index in self._tally(vote.kind, vote.round).by_voter
        return None if has_voted else add(self, vote)

    patch.setattr(HeightVotes, "add", add_first)


def lose_the_sign_record(patch: pytest.MonkeyPatch) -> None:
    """Keep no record of what was signed."""
    patch.setattr(MemoryStore, "persist", lambda *_: None)


def persist_after_sending(patch: pytest.MonkeyPatch) -> None:
    """Send first, and make the signature durable afterwards."""
    persist = Machine._persist

    def persist_late(self: Machine, state: HeightState, sign_state: SignState) -> None:
        before = len(self._effects)
        persist(self, state, sign_state)
        if len(self._effects) > before:
            self._effects.append(self._effects.pop(0))

    patch.setattr(Machine, "_persist", persist_late)


def forget_own_votes(patch: pytest.MonkeyPatch) -> None:
    """Start again without counting one's own votes."""
    patch.setattr(Voice, "reload_own_messages", lambda _: None)


def repeat_nothing(patch: pytest.MonkeyPatch) -> None:
    """Say everything once."""
    patch.setattr(Voice, "current_messages", lambda _: [])


def repeat_the_last_round_only(patch: pytest.MonkeyPatch) -> None:
    """Repeat no vote of an earlier round, and no reason."""

    def current(self: Voice) -> list[Message]:
        own = self._own_messages()
        return [self._complete(each) for each in own if each.round == self._state.round]

    patch.setattr(Voice, "current_messages", current)


def never_skip_rounds(patch: pytest.MonkeyPatch) -> None:
    """Join no later round, however many are there."""
    patch.setattr(Rules, "rule_55_skip_to_later_round", lambda _: False)


def decide_unseen(patch: pytest.MonkeyPatch) -> None:
    """Take every block for valid before it is here."""
    patch.setattr(HeightBlocks, "find_judgement", lambda *_: True)


def accept_any_signature(patch: pytest.MonkeyPatch) -> None:
    """Check no signature of a vote or a proposal."""
    patch.setattr(Intake, "_check_signature", lambda *_: None)


def remember_before_checking(patch: pytest.MonkeyPatch) -> None:
    """Take a forgery for checked when it comes again."""
    check = VerifiedSignatures.__call__

    def remember(self: VerifiedSignatures, **signed: Any) -> None:  # noqa: ANN401 - handed on
        try:
            check(self, **signed)
        finally:
            self._seen.add((signed["public_key"], signed["message"], signed["signature"]))

    patch.setattr(VerifiedSignatures, "__call__", remember)


def accept_any_certificate(patch: pytest.MonkeyPatch) -> None:
    """Count the signatures of a certificate without checking them."""

    def count_only(certificate: Certificate, **about: Any) -> None:  # noqa: ANN401 - handed on
        check_certificate(certificate, **(about | {"check": lambda **_: None}))

    for module in (intake, sync, execution):
        patch.setattr(module, "check_certificate", count_only)


def accept_any_time(patch: pytest.MonkeyPatch) -> None:
    """Vote for blocks from the future."""
    patch.setattr(timeliness, "is_timely", lambda **_: True)


def accept_blocks_out_of_turn(patch: pytest.MonkeyPatch) -> None:
    """Vote for a block that bears the name of somebody whose turn it is not."""

    def is_of_this_time(self: Timeliness, proposal: Proposal, header: Header) -> bool:
        return is_timely(
            time_ms=header.time_ms,
            received_ms=self._chain.now_ms,
            round_=proposal.round,
            timing=self._timing,
        )

    patch.setattr(Timeliness, "of", is_of_this_time)


def accept_proposals_out_of_turn(patch: pytest.MonkeyPatch) -> None:
    """Take in proposals of those whose turn it is not."""
    take = Intake._take_proposal

    def take_any(self: Intake, proposal: Proposal, *, timely: bool | None) -> None:
        with pytest.MonkeyPatch.context() as whose:
            whose.setattr(ValidatorSet, "proposer_index", lambda *_, **__: proposal.index)
            take(self, proposal, timely=timely)

    patch.setattr(Intake, "_take_proposal", take_any)


def sign_while_syncing(patch: pytest.MonkeyPatch) -> None:
    """Begin to sign at heights that others have finished."""
    patch.setattr(CatchUp, "is_advancing", property(lambda _: False))


def sign_without_listening(patch: pytest.MonkeyPatch) -> None:
    """Sign as soon as the program has started."""
    patch.setattr(Listening, "begin", lambda _: None)


def take_own_key_elsewhere_for_own(patch: pytest.MonkeyPatch) -> None:
    """Mind nothing that another node signs with one's key."""
    patch.setattr(SignState, "is_foreign", lambda *_: False)


def accept_any_evidence(patch: pytest.MonkeyPatch) -> None:
    """Believe every accusation."""
    for module in (evidence_pool, validation):
        patch.setattr(module, "check_evidence", lambda *_, **__: None)


def keep_evidence_to_oneself(patch: pytest.MonkeyPatch) -> None:
    """Put no evidence into blocks."""
    build = build_block

    def build_without(*parts: Any, **about: Any) -> ExecutedBlock:  # noqa: ANN401 - handed on
        return build(*parts, **(about | {"evidence": ()}))

    patch.setattr(agreement, "build_block", build_without)
