"""Parts of blocks: from the mempool, from blocks, and for peers that ask."""

import pytest

from chain import part_pool as module
from chain.codec import decode_whole
from chain.fetch import Parts, PartsWanted, decode_fetch_answer
from chain.mempool import Mempool
from chain.part_pool import PartPool
from chain.primitives import Hash
from chain.proposal import compact_block
from tests.support.builders import a_claim, a_receipt, a_reserve, a_transfer
from tests.support.chain import Chain

UNKNOWN = Hash(b"\x07" * 32)


@pytest.fixture
def chain() -> Chain:
    chain = Chain()
    chain.block(a_reserve())
    chain.keep(a_receipt())
    return chain


def test_parts_come_from_the_mempool_and_from_blocks(chain: Chain) -> None:
    mempool = Mempool(chain.ledger)
    pool = PartPool(mempool)
    verified = chain.propose(a_transfer(nonce=1), a_claim()).verified
    compact = compact_block(verified)
    assert pool.gather(compact) == ({}, {})
    mempool.add_claims(chain.verify(a_claim()), [a_receipt()])
    transactions, receipts = pool.gather(compact)
    assert list(receipts) == list(compact.receipts)
    pool.add(verified.transactions[:1], ())
    transactions, receipts = pool.gather(compact)
    assert list(transactions) == list(compact.transactions)
    pool.clear()
    assert len(pool.gather(compact)[0]) == 1


def test_answer_holds_what_is_here_each_part_once(chain: Chain) -> None:
    pool = PartPool(Mempool(chain.ledger))
    verified = chain.propose(a_transfer(nonce=1), a_claim()).verified
    pool.add(verified.transactions, verified.receipts)
    name, document = verified.transactions[0].full_id, verified.receipts[0].sidecar_id
    answer = pool.answer(PartsWanted((name, UNKNOWN, name), (document,) * 3))
    expected = Parts((verified.transactions[0].data,), (verified.receipts[0].document,))
    assert decode_fetch_answer(answer) == expected
    assert pool.answer(PartsWanted((UNKNOWN,), ())) == b""


def test_answer_is_bounded_by_one_block(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = PartPool(Mempool(chain.ledger))
    parts = chain.propose(*(a_transfer(1, nonce=nonce) for nonce in (1, 2, 3))).verified
    pool.add(parts.transactions, ())
    sizes = [len(one.data) for one in parts.transactions]
    monkeypatch.setattr(module, "BLOCK_TRANSACTION_BYTES_MAX", sum(sizes[:2]))
    answer = pool.answer(PartsWanted(tuple(one.full_id for one in parts.transactions), ()))
    decoded = decode_fetch_answer(answer)
    assert isinstance(decoded, Parts)
    assert len(decoded.transactions) == 2
    assert decode_whole(answer[1:], Parts.read) == decoded
