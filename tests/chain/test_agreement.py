"""The consensus machine with its hands: contents checked at the door, wishes performed."""

from dataclasses import replace

import pytest

from chain import assembly as assembly_module
from chain import events
from chain.advance import Chain as SharedChain
from chain.agreement import Agreement
from chain.certificate import VoteKind
from chain.consensus.events import Timer, TimerFired, TimerKind
from chain.consensus.messages import (
    NO_ROUND,
    UNSIGNED,
    CertificateMessage,
    Message,
    Proposal,
    SignedMessage,
    Vote,
    decode_message,
    encode_message,
)
from chain.consensus.sign_state import KeySigner
from chain.crypto import check_signature
from chain.errors import StoreError
from chain.execution import ExecutedBlock
from chain.primitives import ZERO_HASH, Hash
from chain.proposal import compact_block
from tests.support.builders import GENESIS_HASH, GENESIS_TIME_MS, a_genesis, validator_keys
from tests.support.chain import Chain
from tests.support.simulation_plan import TIMING

NOW_MS = GENESIS_TIME_MS + 1_000
SIGNERS = [KeySigner(key, GENESIS_HASH) for key in validator_keys(4)]


class Bench:
    """An agreement at height 1, and a chain beside it that makes what others send.

    Its certificates hold everybody's signature, ours too.
    """

    def __init__(
        self, index: int | None = 0, *, is_started: bool = True, is_key_unique: bool = False
    ) -> None:
        self.others = Chain(a_genesis(validators=4))
        self.chain = SharedChain(Chain(self.others.genesis).ledger, None, check_signature)
        self.chain.now_ms = NOW_MS
        self.noted: list[tuple[str, int]] = []
        self.is_advancing = False
        self.agreement = Agreement(
            self.chain,
            signer=None if index is None else SIGNERS[index],
            timing=TIMING,
            note_height=lambda peer, height: self.noted.append((peer, height)),
            is_advancing=lambda: self.is_advancing,
            is_key_unique=is_key_unique,
        )
        if is_started:
            self.agreement.start_height()

    def take(self, message: Message, *, peer: str = "p") -> list[events.Effect]:
        self.chain.effects = []
        self.agreement.message_received(peer, encode_message(message))
        return self.chain.effects

    def a_block(self, *, turn: int = 1, time_ms: int = NOW_MS) -> ExecutedBlock:
        """Return the block of validator ``turn``; in round 0 of height 1 it is the second's."""
        self.others.ledger.tip_time_ms = time_ms - 1_000
        proposer = self.others.validators[turn]
        original = self.others.proposer
        try:
            self.others.proposer = lambda: proposer  # type: ignore[method-assign]
            return self.others.propose()
        finally:
            self.others.proposer = original  # type: ignore[method-assign]
            self.others.ledger.tip_time_ms = GENESIS_TIME_MS


def signed(message: SignedMessage) -> SignedMessage:
    signature = SIGNERS[message.index].sign(message.signing_kind, message.body())
    return replace(message, signature=signature)


def a_proposal(executed: ExecutedBlock, *, round_: int = 0) -> SignedMessage:
    content = compact_block(executed.verified).encode()
    index = (1 + round_) % 4
    return signed(Proposal(1, round_, NO_ROUND, executed.hash, index, UNSIGNED, content))


def a_vote(kind: VoteKind, block_hash: Hash, index: int, *, round_: int = 0) -> SignedMessage:
    return signed(Vote(kind, 1, round_, block_hash, index, UNSIGNED))


def votes_in(effects: list[events.Effect]) -> list[Vote]:
    sent = [decode_message(one.data) for one in effects if isinstance(one, events.SendConsensus)]
    return [one for one in sent if isinstance(one, Vote)]


def punished(effects: list[events.Effect]) -> list[str]:
    return [one.peer for one in effects if isinstance(one, events.Punish)]


def test_good_proposal_gets_a_vote_that_is_durable_first() -> None:
    bench = Bench()
    executed = bench.a_block()
    effects = bench.take(a_proposal(executed))
    kinds = [type(one) for one in effects]
    assert kinds.index(events.PersistSignature) < kinds.index(events.SendConsensus)
    assert [vote.block_hash for vote in votes_in(effects)] == [executed.hash]


def test_block_of_somebody_elses_turn_gets_no_vote_and_nobody_pays() -> None:
    """It is signed by the proposer, so its bringer is honest; and it is not invalid by itself."""
    bench = Bench()
    effects = bench.take(a_proposal(bench.a_block(turn=2)))
    assert [vote.block_hash for vote in votes_in(effects)] == [ZERO_HASH]
    assert punished(effects) == []


def test_block_of_another_turn_is_final_when_the_others_decide_it() -> None:
    bench = Bench()
    executed = bench.a_block(turn=2)
    bench.take(a_proposal(executed))
    bench.take(CertificateMessage(bench.others.certify(executed.hash)))
    assert bench.chain.ledger.tip_hash == executed.hash


@pytest.mark.parametrize("time_ms", [NOW_MS - 10_000, NOW_MS + 10_000])
def test_block_of_another_time_gets_no_vote(time_ms: int) -> None:
    bench = Bench()
    effects = bench.take(a_proposal(bench.a_block(time_ms=time_ms)))
    assert [vote.block_hash for vote in votes_in(effects)] == [ZERO_HASH]


def test_proposal_with_another_content_costs_its_bringer_and_not_the_block() -> None:
    bench = Bench()
    bench.agreement.peer_up("p")
    proposal = a_proposal(bench.a_block())
    assert isinstance(proposal, Proposal)
    for content in (b"junk", compact_block(bench.a_block(turn=2).verified).encode()):
        effects = bench.take(replace(proposal, content=content), peer="liar")
        assert punished(effects) == ["liar"]
        assert votes_in(effects) == []
    effects = bench.take(proposal)
    assert punished(effects) == []
    assert [vote.block_hash for vote in votes_in(effects)] == [proposal.block_hash]


@pytest.mark.parametrize("height", [1, 2])
def test_forged_proposal_costs_its_bringer(height: int) -> None:
    bench = Bench()
    proposal = a_proposal(bench.a_block())
    assert isinstance(proposal, Proposal)
    forged = replace(proposal, signature=SIGNERS[2].sign(proposal.signing_kind, b"other"))
    if height == 2:
        forged = replace(forged, height=2, index=2)
    effects = bench.take(forged)
    assert "p" in punished(effects)
    assert votes_in(effects) == []
    assert [v.block_hash for v in votes_in(bench.take(proposal))] == [proposal.block_hash]


def test_early_proposal_is_kept_for_the_next_height() -> None:
    bench = Bench()
    executed = bench.a_block()
    certificate = bench.others.certify(executed.hash)
    bench.others.decide(executed)
    bench.others.ledger.tip_time_ms = NOW_MS
    following = bench.others.propose()
    content = compact_block(following.verified).encode()
    early = signed(Proposal(2, 0, NO_ROUND, following.hash, 2, UNSIGNED, content))
    assert bench.take(early) == []
    assert bench.noted == [("p", 1)]
    bench.take(CertificateMessage(certificate))
    assert bench.chain.ledger.height == 0  # the block itself is not here yet


def test_decided_block_whose_draft_gave_way_is_final(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly_module, "BLOCKS_MAX", 1)
    bench = Bench()
    first = bench.a_block()
    bench.take(a_proposal(first))
    for round_ in (1, 2):
        for index in (1, 2):
            bench.take(a_vote(VoteKind.PREVOTE, ZERO_HASH, index, round_=round_))
        bench.take(a_proposal(bench.a_block(turn=(1 + round_) % 4), round_=round_))
    assert bench.agreement.machine.position[1] == 2
    bench.take(CertificateMessage(bench.others.certify(first.hash)))
    assert bench.chain.ledger.tip_hash == first.hash


def test_overtaken_height_hears_nothing_until_the_next_starts() -> None:
    """Votes for it could lock a block that is gone, and there would be nothing to make durable."""
    bench = Bench()
    executed = bench.a_block()
    bench.take(a_proposal(executed))
    final = bench.others.follow(bench.a_block(turn=2).block)
    bench.is_advancing = True
    bench.agreement.overtake(final)
    for index in (1, 2, 3):
        assert bench.take(a_vote(VoteKind.PREVOTE, executed.hash, index)) == []
    bench.chain.effects = []
    bench.agreement.feed(TimerFired(Timer(TimerKind.REBROADCAST, 1, 0)))
    assert bench.chain.effects == []


def test_next_height_waits_while_final_blocks_come_in() -> None:
    bench = Bench(index=None)
    executed = bench.a_block()
    bench.take(a_proposal(executed))
    bench.is_advancing = True
    bench.take(CertificateMessage(bench.others.certify(executed.hash)))
    assert bench.chain.ledger.height == 1
    assert bench.agreement._height_started == 1
    bench.is_advancing = False
    bench.agreement.start_height()
    assert bench.agreement._height_started == 2
    bench.agreement.start_height()
    assert bench.agreement._height_started == 2


def test_proposer_alone_announces_its_block() -> None:
    for index, count in ((1, 1), (0, 0)):
        bench = Bench(index=index)
        if index == 1:
            (block_hash,) = bench.agreement.assembly._executed
        else:
            executed = bench.a_block()
            bench.take(a_proposal(executed))
            block_hash = executed.hash
        effects = bench.take(CertificateMessage(bench.others.certify(block_hash)))
        gossips = [one for one in effects if isinstance(one, events.Gossip)]
        assert len(gossips) == count
        assert bench.chain.ledger.height == 1


def test_peer_one_block_behind_gets_our_certificate_once_a_second() -> None:
    bench = Bench()
    executed = bench.a_block()
    bench.take(a_proposal(executed))
    certificate = bench.others.certify(executed.hash)
    bench.take(CertificateMessage(certificate))
    late = a_vote(VoteKind.PRECOMMIT, executed.hash, 3)
    (effect,) = bench.take(late)
    assert effect == events.SendConsensus("p", encode_message(CertificateMessage(certificate)))
    assert bench.take(late) == []
    bench.agreement.tick()
    bench.chain.effects.clear()
    assert len(bench.take(late)) == 1


def test_equivocation_is_reported() -> None:
    bench = Bench()
    bench.take(a_vote(VoteKind.PREVOTE, ZERO_HASH, 2))
    effects = bench.take(a_vote(VoteKind.PREVOTE, GENESIS_HASH, 2))
    assert [one.event for one in effects if isinstance(one, events.Report)] == ["equivocation"]


def test_restored_validator_says_again_what_it_said() -> None:
    bench = Bench()
    executed = bench.a_block()
    said = votes_in(bench.take(a_proposal(executed)))
    bench.take(a_vote(VoteKind.PREVOTE, executed.hash, 1))
    effects = bench.take(a_vote(VoteKind.PREVOTE, executed.hash, 2))
    said += votes_in(effects)
    assert [vote.kind for vote in said] == [VoteKind.PREVOTE, VoteKind.PRECOMMIT]
    (persisted,) = [one for one in effects if isinstance(one, events.PersistSignature)]
    again = Bench()
    again.agreement = Agreement(
        again.chain,
        signer=SIGNERS[0],
        timing=TIMING,
        note_height=lambda _peer, _height: None,
        is_advancing=lambda: False,
    )
    again.agreement.restore(persisted.record, [data for _, data in persisted.blocks])
    again.chain.effects = []
    again.agreement.start_height()
    assert votes_in(again.chain.effects) == said
    assert again.agreement.assembly.block_bytes(executed.hash) == executed.block.encode()


def test_message_under_our_key_that_is_not_ours_stops_the_node() -> None:
    bench = Bench(is_key_unique=True)
    with pytest.raises(StoreError, match="another node runs with the same key"):
        bench.take(a_vote(VoteKind.PREVOTE, ZERO_HASH, 0))


def test_twins_of_a_simulation_run_on() -> None:
    bench = Bench()
    bench.take(a_vote(VoteKind.PREVOTE, ZERO_HASH, 0))
    assert votes_in(bench.take(a_proposal(bench.a_block())))


def test_nothing_is_signed_at_a_height_that_is_proven_to_be_over() -> None:
    for ahead in (0, 1, 5):
        bench = Bench()
        certificate = bench.others.certify(bench.a_block(turn=2).hash)
        bench.agreement.prove(replace(certificate, height=1 + ahead))
        effects = bench.take(a_proposal(bench.a_block()))
        assert not any(isinstance(one, events.PersistSignature) for one in effects)


def test_validator_that_starts_listens_before_it_votes() -> None:
    bench = Bench(is_started=False)
    bench.agreement.listen()
    bench.agreement.start_height()
    bench.agreement.peer_up("p")
    bench.agreement.peer_up("q")
    timers = [one for one in bench.chain.effects if isinstance(one, events.StartTimer)]
    assert [(one.timer.kind, one.delay_ms) for one in timers] == [
        (TimerKind.LISTEN, TIMING.listen_ms(1_000))
    ]
    executed = bench.a_block()
    assert votes_in(bench.take(a_proposal(executed))) == []
    bench.chain.effects = []
    bench.agreement.timer_fired(timers[0].timer)
    assert [vote.block_hash for vote in votes_in(bench.chain.effects)] == [executed.hash]


def test_listening_that_ends_while_blocks_come_in_is_over_at_the_next_height() -> None:
    bench = Bench(is_started=False)
    bench.agreement.listen()
    bench.agreement.start_height()
    bench.agreement.overtake(bench.others.follow(bench.a_block().block))
    bench.agreement.timer_fired(Timer(TimerKind.LISTEN, 0, 0))
    assert not bench.agreement._listening.is_on
