"""From the names in a proposal to a judged block, whatever peers leave out or make up."""

from dataclasses import replace
from typing import Any

import pytest

from chain import assembly as module
from chain.assembly import BLOCKS_MAX, Assembly, Step
from chain.block import Block
from chain.consensus.events import BlockJudged, JudgeBlock
from chain.consensus.messages import NO_ROUND, UNSIGNED, Proposal
from chain.errors import MalformedMessage
from chain.events import Ask, Punish, Report
from chain.execution import ExecutedBlock
from chain.fetch import BlockWanted, PartsWanted, decode_fetch, decode_fetch_answer
from chain.mempool import Mempool
from chain.primitives import Hash
from chain.proposal import CompactBlock, compact_block
from chain.validation import VerifiedBlock
from tests.support.builders import a_claim, a_receipt, a_reserve, a_transfer
from tests.support.chain import Chain, forge

UNKNOWN = Hash(b"\x07" * 32)


class Desk:
    """An assembly, the chain it works for, and a block that it must judge."""

    def __init__(self, *peers: str, knows: bool = False) -> None:
        self.chain = Chain()
        self.chain.block(a_reserve())
        self.mempool = Mempool(self.chain.ledger)
        self.requests = 0
        self.assembly = Assembly(self.chain.ledger, self.mempool, self.next_request)
        for peer in peers:
            self.assembly.peer_up(peer)
        self.chain.keep(a_receipt())
        self.transfer, self.claim = a_transfer(nonce=1), a_claim()
        if knows:
            self.mempool.add(self.chain.verify(self.transfer))
            self.mempool.add_claims(self.chain.verify(self.claim), [a_receipt()])
        self.verified = self.chain.propose(self.transfer, self.claim).verified

    def next_request(self) -> int:
        self.requests += 1
        return self.requests

    def judge(
        self, compact: CompactBlock | None, *, peer: str | None = "p", name: Hash | None = None
    ) -> list[Step]:
        """Bring a proposal with a content, or a vote for a block whose content nobody told."""
        block_hash = name or (compact.header.hash if compact else self.verified.block.hash)
        proposal = None
        if compact is not None:
            content = compact.encode()
            proposal = Proposal(2, 0, NO_ROUND, block_hash, 0, UNSIGNED, content)
            self.assembly.read_content(proposal, peer)
        return self.assembly.judge(JudgeBlock(2, block_hash, proposal, peer, ()))

    def parts(self, request: int, verified: VerifiedBlock | None = None) -> list[Step]:
        one = verified or self.verified
        return self.assembly.parts_received(request, one.transactions, one.receipts)


def asked(steps: list[Step]) -> list[tuple[str, PartsWanted | BlockWanted]]:
    return [(one.peer, decode_fetch(one.payload)) for one in steps if isinstance(one, Ask)]


def judged(steps: list[Step]) -> list[tuple[Hash, bool]]:
    return [(one.block_hash, one.valid) for one in steps if isinstance(one, BlockJudged)]


def punished(steps: list[Step]) -> list[str]:
    return [one.peer for one in steps if isinstance(one, Punish)]


def a_compact(desk: Desk, **changes: Any) -> CompactBlock:  # noqa: ANN401 - handed on by name
    return replace(compact_block(desk.verified), **changes)


def whole(desk: Desk) -> BlockWanted:
    return BlockWanted(desk.verified.block.hash)


def test_block_whose_parts_wait_is_judged_at_once() -> None:
    desk = Desk(knows=True)
    steps = desk.judge(a_compact(desk))
    assert judged(steps) == [(desk.verified.block.hash, True)]
    assert desk.assembly.get_executed(desk.verified.block.hash).block == desk.verified.block


def test_missing_parts_are_asked_of_who_named_them_then_of_the_others_once() -> None:
    desk = Desk("a", "p", "b")
    compact = a_compact(desk)
    wanted = PartsWanted(compact.transactions, compact.receipts)
    assert asked(desk.judge(compact)) == [("p", wanted)]
    assert asked(desk.assembly.request_failed(1)) == [("a", wanted)]
    assert asked(desk.assembly.parts_received(2, (), ())) == [("b", wanted)]
    assert desk.assembly.request_failed(3) == []


def test_retry_asks_again_for_the_whole_block_then_for_parts() -> None:
    """Parts that nobody has may be made up; the block's hash cannot be."""
    desk = Desk("p")
    desk.judge(a_compact(desk))
    assert desk.assembly.retry() == []  # a request is open
    desk.assembly.request_failed(1)
    assert asked(desk.assembly.retry()) == [("p", whole(desk))]
    desk.assembly.request_failed(2)
    ((_, wanted),) = asked(desk.assembly.retry())
    assert isinstance(wanted, PartsWanted)


def test_parts_complete_the_block_and_others_are_ignored() -> None:
    desk = Desk("p", "q")
    desk.judge(a_compact(desk))
    foreign = desk.chain.propose(a_transfer(5, nonce=1)).verified
    ((peer, _),) = asked(desk.parts(1, foreign))
    assert peer == "q"
    assert desk.assembly.answer(PartsWanted((foreign.transactions[0].full_id,), ()).encode()) == b""
    assert judged(desk.parts(2)) == [(desk.verified.block.hash, True)]
    assert desk.parts(2) == []


def test_some_parts_leave_fewer_to_ask_for() -> None:
    desk = Desk("p", "q")
    desk.judge(a_compact(desk))
    steps = desk.assembly.parts_received(1, desk.verified.transactions[:1], ())
    ((_, wanted),) = asked(steps)
    assert isinstance(wanted, PartsWanted)
    assert len(wanted.transactions) == len(wanted.receipts) == 1


def test_content_of_another_block_is_refused() -> None:
    desk = Desk()
    content = a_compact(desk).encode()
    for wrong in (content, b"junk"):
        proposal = Proposal(2, 0, NO_ROUND, UNKNOWN, 0, UNSIGNED, wrong)
        with pytest.raises(MalformedMessage):
            desk.assembly.read_content(proposal, "p")


def test_wrong_names_cost_their_bringer_and_do_not_make_the_block_invalid() -> None:
    """The header does not say which parts are meant by name; a liar may name others."""
    desk = Desk("p", "q", knows=True)
    fewer = a_compact(desk, transactions=compact_block(desk.verified).transactions[:1])
    steps = desk.judge(fewer, peer="liar")
    assert punished(steps) == ["liar"]
    assert judged(steps) == []
    assert asked(steps) == [("liar", whole(desk))]
    steps = desk.judge(a_compact(desk), peer="p")
    assert judged(steps) == [(desk.verified.block.hash, True)]


def test_names_of_nothing_do_not_hide_the_right_ones() -> None:
    desk = Desk("p", knows=True)
    steps = desk.judge(a_compact(desk, transactions=(UNKNOWN,)), peer="liar")
    assert [peer for peer, _ in asked(steps)] == ["liar"]
    assert judged(desk.judge(a_compact(desk))) == [(desk.verified.block.hash, True)]


def test_slow_liar_does_not_keep_us_from_asking_the_proposer() -> None:
    desk = Desk("p", "q")
    desk.judge(a_compact(desk, transactions=(UNKNOWN,)), peer="liar")
    steps = desk.judge(a_compact(desk), peer="p")
    assert [peer for peer, _ in asked(steps)] == ["p"]
    assert judged(desk.parts(2)) == [(desk.verified.block.hash, True)]


def test_who_makes_us_ask_does_not_pay_for_what_another_brought() -> None:
    desk = Desk(knows=True)
    compact = a_compact(desk, transactions=())
    proposal = Proposal(2, 0, NO_ROUND, compact.header.hash, 0, UNSIGNED, compact.encode())
    desk.assembly.read_content(proposal, "liar")
    steps = desk.assembly.judge(JudgeBlock(2, compact.header.hash, proposal, "voter", ()))
    assert punished(steps) == ["liar"]


def test_block_known_by_its_hash_alone_is_fetched_whole() -> None:
    desk = Desk("p", "q")
    assert asked(desk.judge(None)) == [("p", whole(desk))]
    steps = desk.assembly.block_received(1, desk.verified)
    assert judged(steps) == [(desk.verified.block.hash, True)]


def test_another_block_or_other_parts_cost_their_sender() -> None:
    desk = Desk("p", "q")
    desk.judge(None)
    other = desk.chain.propose(a_transfer(5, nonce=1)).verified
    steps = desk.assembly.block_received(1, other)
    assert (punished(steps), [peer for peer, _ in asked(steps)]) == (["p"], ["q"])
    stripped = replace(desk.verified, block=replace(desk.verified.block, transactions=()))
    steps = desk.assembly.block_received(2, stripped)
    assert (punished(steps), judged(steps)) == (["q"], [])


def test_parts_in_answer_to_a_question_for_a_block_move_us_on() -> None:
    desk = Desk("p", "q")
    desk.judge(None)
    assert asked(desk.parts(1)) == [("q", whole(desk))]


def test_block_that_execution_refuses_is_judged_invalid() -> None:
    desk = Desk("p", knows=True)
    block = forge(desk.verified.block, state_root=UNKNOWN)
    compact = replace(compact_block(desk.verified), header=block.header)
    steps = desk.judge(compact)
    assert judged(steps) == [(block.hash, False)]
    assert punished(steps) == []
    assert [one.event for one in steps if isinstance(one, Report)] == ["block_refused"]


def test_block_whose_own_header_names_a_bad_part_is_judged_invalid() -> None:
    """A claim without its document, and the header says so itself."""
    desk = Desk("p", knows=True)
    block = forge(desk.verified.block, receipts=())
    compact = replace(compact_block(desk.verified), header=block.header, receipts=())
    assert judged(desk.judge(compact)) == [(block.hash, False)]


def test_wants_are_bounded() -> None:
    desk = Desk("p")
    for number in range(BLOCKS_MAX + 5):
        desk.judge(None, name=Hash(bytes([number]) * 32))
    assert len(desk.assembly._wanted) == BLOCKS_MAX
    assert desk.assembly.request_failed(1) == []


def test_contents_read_are_bounded() -> None:
    desk = Desk("p")
    for number in range(BLOCKS_MAX + 5):
        desk.judge(a_compact(desk, transactions=(Hash(bytes([number]) * 32),)))
    assert len(desk.assembly._contents) == BLOCKS_MAX


def blocks_of(chain: Chain, count: int) -> list[ExecutedBlock]:
    return [chain.propose(a_transfer(number, nonce=1)) for number in range(1, count + 1)]


def test_draft_that_gave_way_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block judged long ago may still be decided, or locked on."""
    monkeypatch.setattr(module, "BLOCKS_MAX", 2)
    desk = Desk()
    blocks = blocks_of(desk.chain, 5)
    for executed in blocks:
        desk.assembly.keep(executed)
    assert len(desk.assembly._executed) == 2
    for executed in blocks:
        assert desk.assembly.block_bytes(executed.hash) == executed.block.encode()
        again = desk.assembly.get_executed(executed.hash)
        assert (again.hash, again.outcomes) == (executed.hash, executed.outcomes)


def test_peers_get_parts_own_blocks_and_the_last_block() -> None:
    desk = Desk(knows=True)
    waiting = compact_block(desk.verified)
    question = PartsWanted(waiting.transactions, waiting.receipts).encode()
    assert decode_fetch_answer(desk.assembly.answer(question))
    assert desk.assembly.answer(whole(desk).encode()) == b""
    own = desk.chain.propose(a_transfer(9, nonce=1))
    desk.assembly.keep(own)
    desk.chain.decide(own)
    desk.assembly.reset(own)
    answer = decode_fetch_answer(desk.assembly.answer(BlockWanted(own.hash).encode()))
    assert isinstance(answer, bytes)
    assert Block.decode(answer) == own.block
    again = desk.assembly.judge(JudgeBlock(3, own.hash, None, "p", ()))
    assert judged(again) == [(own.hash, False)]
    part = PartsWanted((own.verified.transactions[0].full_id,), ()).encode()
    assert decode_fetch_answer(desk.assembly.answer(part))
    with pytest.raises(MalformedMessage):
        desk.assembly.answer(b"\x09")


def test_logged_block_of_a_height_to_come_outlives_every_reset_before() -> None:
    """A sign log may be ahead of a database that was restored, or that is still empty."""
    desk = Desk("p")
    following = Chain(desk.chain.genesis)
    following.block(a_reserve())  # the desk has this one
    final = [following.block(), following.block()]
    logged = following.propose(a_transfer(nonce=1)).verified
    desk.assembly.remember(logged)
    for each in final:
        executed = desk.chain.follow(each.block)
        desk.chain.decide(executed)
        desk.assembly.reset(executed)
    question = JudgeBlock(4, logged.block.hash, None, "p", ())
    assert judged(desk.assembly.judge(question)) == [(logged.block.hash, True)]


def test_peer_that_has_gone_is_asked_nothing() -> None:
    desk = Desk("p", "q")
    desk.assembly.peer_down("q")
    desk.judge(a_compact(desk))
    assert desk.assembly.request_failed(1) == []
