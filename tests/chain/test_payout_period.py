"""Payout periods: when they end, what their rows are, and what the header says of them."""

from dataclasses import replace

import pytest

from chain import payout_period
from chain.crypto import keccak256
from chain.payout import PayoutRow, payouts_root
from chain.primitives import ZERO_HASH, Hash
from chain.records import Table
from tests.support.builders import (
    FREE,
    GENESIS_HASH,
    a_claim,
    a_genesis,
    a_receipt,
    a_reserve,
    key_of,
)
from tests.support.chain import Chain
from tests.support.scenario import Scenario, play_scenarios


@play_scenarios("""
scenario: a period ends at its height
  rule     payout_period 10
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 jobs 3
  receipt  C in R price 100 job a
  receipt  D in R price 100 job b
  claim    C by miner
  rows     1    period 0
  until    9
  rows     1    period 0
  claim    D by miner
  height   10    rows 0    period 1
  until    20
  period   2

scenario: what matures and what is split makes rows
  rule     payout_period 100    rule resolve_heights 3
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 jobs 3 window 5
  receipt  C in R price 100 job a
  receipt  D in R price 100 job b
  claim    C by miner
  claim    D by miner
  rows     0
  dispute  C by client
  until    9
  rows     2    balance miner 150

scenario: a fee that eats all leaves no row
  rule     fee_claim 60
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 5
  receipt  C in R price 100
  claim    C by miner
  dispute  C by client
  resolve  C to 60
  balance  miner 0    rows 0
""")
def test_periods(scenario: Scenario) -> None:
    scenario.run()


def a_session(*, payout_period: int = 5) -> Chain:
    """Return a chain with a session of many jobs reserved in block 1."""
    chain = Chain(a_genesis(parameters=replace(FREE, payout_period=payout_period)))
    chain.block(a_reserve(jobs_max=9, cap=900))
    return chain


def a_payment(chain: Chain, number: int, **fields: object) -> object:
    fields = {"job_id": f"job-{number}", "receipt_id": f"r-{number}", "price": 10 + number} | fields
    return a_claim(chain.keep(a_receipt(reservation_id=a_session_id(), **fields)))


def a_session_id() -> Hash:
    return a_reserve(jobs_max=9, cap=900).id(GENESIS_HASH)


def test_header_commits_to_the_rows_in_the_order_of_payment() -> None:
    chain = a_session()
    root = "ab" * 32
    chain.block(a_payment(chain, 0), a_payment(chain, 1, fields_root=root))
    chain.block()
    last = [a_payment(chain, number) for number in (2, 3)]
    assert {one.block.header.payouts_root for one in chain.blocks} == {ZERO_HASH}
    chain.block()
    ended = chain.block(*last)
    receipts = {one.price: one for one in chain.receipts.values()}
    rows = tuple(
        PayoutRow(
            period=0,
            index=index,
            commitment=Hash(bytes.fromhex(root))
            if index == 1
            else keccak256(receipts[10 + index].hash),
            payee=key_of("miner").address,
            amount=10 + index,
        )
        for index in range(4)
    )
    assert ended.payouts == rows
    assert ended.block.header.payouts_root == payouts_root(rows)
    assert not [key for key in chain.ledger.records if key[0] == Table.PAYOUT]


def test_empty_period_has_no_root() -> None:
    chain = a_session()
    chain.blocks_until(5)
    assert chain.blocks[-1].payouts == ()
    assert chain.blocks[-1].block.header.payouts_root == ZERO_HASH


def test_rows_of_the_next_period_begin_at_0() -> None:
    chain = a_session()
    chain.blocks_until(5)
    chain.block(a_payment(chain, 0))
    chain.blocks_until(10)
    assert [(row.period, row.index) for row in chain.blocks[-1].payouts or ()] == [(1, 0)]


def test_full_period_ends_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payout_period, "PAYOUT_ROWS_MAX", 2)
    chain = a_session(payout_period=100)
    chain.block(a_payment(chain, 0))
    assert chain.blocks[-1].payouts is None
    ended = chain.block(*(a_payment(chain, number) for number in (1, 2)))
    assert len(ended.payouts or ()) == 3
    assert ended.block.header.payouts_root == payouts_root(ended.payouts)
    chain.block(a_payment(chain, 3), a_payment(chain, 4))
    assert [(row.period, row.index) for row in chain.blocks[-1].payouts or ()] == [(1, 0), (1, 1)]
    chain.blocks_until(100)
    assert chain.blocks[-1].payouts == ()
