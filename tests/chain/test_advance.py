"""The one door through which a chain advances."""

from chain.advance import Chain as SharedChain
from chain.crypto import check_signature
from chain.events import CommitBlock
from tests.support.builders import a_transfer
from tests.support.chain import Chain


def test_final_block_is_stored_then_taken_over_then_settled() -> None:
    chain = Chain()
    shared = SharedChain(chain.ledger, None, check_signature)
    shared.mempool.add(chain.verify(a_transfer()))
    executed = chain.propose(a_transfer())
    certificate = chain.certify(executed.hash)
    shared.commit(executed, certificate)
    assert shared.effects == [CommitBlock(executed, certificate)]
    assert (shared.ledger.height, shared.ledger.tip_hash) == (1, executed.hash)
    assert shared.ledger.tip_time_ms == executed.block.header.time_ms
    assert shared.last_certificate == certificate
    assert len(shared.mempool) == 0


def test_request_numbers_are_fresh_and_fit_four_bytes() -> None:
    shared = SharedChain(Chain().ledger, None, check_signature)
    assert [shared.next_request() for _ in range(3)] == [1, 2, 3]
    shared._requests = 2**32 - 1
    assert shared.next_request() == 0
