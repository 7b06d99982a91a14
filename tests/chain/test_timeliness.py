"""Whether a block is of this time, and of the one whose turn it is."""

import pytest

from chain.advance import Chain as SharedChain
from chain.consensus.messages import NO_ROUND, UNSIGNED, Proposal
from chain.consensus.timing import Timing
from chain.crypto import check_signature
from chain.timeliness import Timeliness
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
