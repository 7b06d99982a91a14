"""Whether a block is of this time, and of the one whose turn it is."""

from dataclasses import replace

import pytest

from chain.advance import Chain as SharedChain
from chain.consensus.messages import NO_ROUND, UNSIGNED, Proposal
from chain.consensus.timing import Timing
from chain.crypto import check_signature
from chain.timeliness import ARRIVALS_MAX, Timeliness
from tests.support.final_blocks import a_chain


@pytest.mark.parametrize(("early_ms", "is_ours"), [(0, True), (500, True), (501, False)])
def test_block_from_the_future_gets_no_vote(*, early_ms: int, is_ours: bool) -> None:
    chain = a_chain()
    executed = chain.propose()
    shared = SharedChain(chain.ledger, None, check_signature)
    shared.now_ms = executed.block.header.time_ms - early_ms
    turn = chain.ledger.validators.proposer_index(height=1, round_=0)
    proposal = Proposal(1, 0, NO_ROUND, executed.hash, turn, UNSIGNED)
    assert Timeliness(shared, Timing()).of(proposal, executed.block.header) is is_ours


def test_block_of_somebody_elses_turn_gets_no_vote() -> None:
    chain = a_chain()
    executed = chain.propose()
    shared = SharedChain(chain.ledger, None, check_signature)
    shared.now_ms = executed.block.header.time_ms
    turn = chain.ledger.validators.proposer_index(height=1, round_=1)
    proposal = Proposal(1, 1, NO_ROUND, executed.hash, turn, UNSIGNED)
    assert not Timeliness(shared, Timing()).of(proposal, executed.block.header)


class Clocked:
    """A judge of times whose clock is ten minutes ahead, and a chain that makes blocks."""

    def __init__(self) -> None:
        self.chain = a_chain()
        self.shared = SharedChain(self.chain.ledger, None, check_signature)
        self.judge = Timeliness(self.shared, Timing())

    def proposal(self, round_: int, *, time_ms: int, pol_round: int = NO_ROUND) -> Proposal:
        """Let a block arrive in a round."""
        ledger = self.chain.ledger
        turn = ledger.validators.proposer_index(height=1, round_=round_)
        self.shared.now_ms = time_ms + 600_000
        header = replace(
            self.chain.propose().block.header,
            proposer=ledger.validators[turn].public_key,
            time_ms=time_ms,
        )
        proposal = Proposal(1, round_, pol_round, header.hash, turn, UNSIGNED)
        self.judge.of(proposal, header)
        return proposal


def test_own_clock_is_doubted_only_by_proposals_that_were_checked() -> None:
    clocked = Clocked()
    tip_ms = clocked.chain.ledger.tip_time_ms
    arrived = [clocked.proposal(round_, time_ms=tip_ms + 1_000) for round_ in range(3)]
    assert [len(clocked.judge.checked(one)) for one in arrived] == [0, 1, 0]
    assert clocked.judge.checked(arrived[0]) == []
    assert clocked.judge.checked(None) == []


def test_block_of_the_least_time_and_one_proposed_again_say_nothing_of_clocks() -> None:
    clocked = Clocked()
    tip_ms = clocked.chain.ledger.tip_time_ms
    for round_ in range(3):
        assert clocked.judge.checked(clocked.proposal(round_, time_ms=tip_ms + 1)) == []
        again = clocked.proposal(round_, time_ms=tip_ms + 1_000, pol_round=0)
        assert clocked.judge.checked(again) == []


def test_arrivals_are_bounded() -> None:
    clocked = Clocked()
    for number in range(100):
        clocked.proposal(0, time_ms=clocked.chain.ledger.tip_time_ms + 2 + number)
    assert len(clocked.judge._arrivals) <= ARRIVALS_MAX
