from pathlib import Path
from threading import Thread

import pytest

from chain.primitives import Hash
from node.market import collector as collector_module
from node.market.messages import Ask, Reason
from node.market.work_book import Work, WorkState
from tests.node.market.test_desk import reserved, say
from tests.node.market.test_messages import a_request
from tests.support.builders import key_of
from tests.support.market_people import Answers, MinerUnderTest, a_miner, failing
from tests.support.market_world import LedgerNode, reservation_of


def a_job(node: LedgerNode, miner: MinerUnderTest, **terms: object) -> Hash:
    """Have a reserved job done, or not; return the reservation's id."""
    reservation_id = reserved(node, **terms)
    say(miner, a_request(reservation_id=reservation_id))
    return reservation_id


def find(miner: MinerUnderTest, reservation_id: Hash) -> Work:
    work = miner.book.find(reservation_id)
    assert work is not None
    return work


def step(miner: MinerUnderTest, count: int) -> None:
    for _ in range(count):
        miner.collector.step()


def test_signed_work_is_claimed_and_settled_at_the_end_of_its_window(
    node: LedgerNode, tmp_path: Path
) -> None:
    miner = a_miner(node, tmp_path)
    before = node.chain.balance("miner")
    reservation_id = a_job(node, miner)
    step(miner, 1)
    assert find(miner, reservation_id).state is WorkState.CLAIMED
    step(miner, 30)
    assert find(miner, reservation_id).state is WorkState.SETTLED
    (claim,) = reservation_of(node, reservation_id).claims
    assert node.chain.balance("miner") - before == claim.spent > 0


def test_failed_work_is_released_in_full(node: LedgerNode, tmp_path: Path) -> None:
    miner = a_miner(node, tmp_path, worker=Answers(failing(Reason.WORK_FAILED)))
    reservation_id = a_job(node, miner)
    step(miner, 3)
    assert find(miner, reservation_id).state is WorkState.RELEASED
    assert node.chain.balance("client") == 10_000_000
    assert node.chain.height < 20


def test_miner_killed_after_it_signed_claims_at_its_next_start(
    node: LedgerNode, tmp_path: Path
) -> None:
    reservation_id = a_job(node, a_miner(node, tmp_path))
    again = a_miner(node, tmp_path)
    step(again, 40)
    assert find(again, reservation_id).state is WorkState.SETTLED
    assert len(reservation_of(node, reservation_id).claims) == 1


def test_miner_killed_after_it_claimed_is_paid_once(node: LedgerNode, tmp_path: Path) -> None:
    miner = a_miner(node, tmp_path)
    before = node.chain.balance("miner")
    reservation_id = a_job(node, miner)
    document, claim = miner.book.signed(reservation_id)
    node.view.submit_receipt(document, claim)
    step(a_miner(node, tmp_path), 40)
    assert find(miner, reservation_id).state is WorkState.SETTLED
    (paid,) = reservation_of(node, reservation_id).claims
    assert node.chain.balance("miner") - before == paid.spent


def test_claim_that_comes_after_the_expiry_is_lost(node: LedgerNode, tmp_path: Path) -> None:
    miner = a_miner(node, tmp_path)
    reservation_id = a_job(node, miner, expires_at=20)
    node.blocks_until(25)
    step(miner, 3)
    assert find(miner, reservation_id).state is WorkState.LOST
    assert node.chain.balance("client") == 10_000_000


def test_claim_that_a_rule_refuses_for_good_is_given_back(node: LedgerNode, tmp_path: Path) -> None:
    miner = a_miner(node, tmp_path)
    biller = miner.workshop.biller
    greedy = type("Greedy", (type(biller),), {"price": lambda *_: 300_000})
    miner.workshop.biller = greedy(biller.key, biller.chain_id, biller.genesis_hash)
    reservation_id = a_job(node, miner)
    step(miner, 4)
    work = find(miner, reservation_id)
    assert (work.state, work.reason) == (WorkState.RELEASED, Reason.CLAIM_REFUSED)
    assert node.chain.balance("client") == 10_000_000


def test_node_that_forgets_a_claim_gets_it_again(
    node: LedgerNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector_module, "AGAIN_MS", 0)
    miner = a_miner(node, tmp_path)
    reservation_id = a_job(node, miner)
    node.makes_blocks = False
    step(miner, 1)
    assert len(node.mempool) == 1
    node.mempool = type(node.mempool)(node.chain.ledger)
    step(miner, 1)
    assert len(node.mempool) == 1
    node.makes_blocks = True
    step(miner, 40)
    assert find(miner, reservation_id).state is WorkState.SETTLED


def test_nothing_is_lost_while_the_node_is_away(node: LedgerNode, tmp_path: Path) -> None:
    miner = a_miner(node, tmp_path)
    reservation_id = a_job(node, miner)
    node.is_away = True
    step(miner, 5)
    assert find(miner, reservation_id).state is WorkState.SIGNED
    node.is_away = False
    step(miner, 40)
    assert find(miner, reservation_id).state is WorkState.SETTLED


def test_claim_waits_for_a_client_that_is_there(node: LedgerNode, tmp_path: Path) -> None:
    miner = a_miner(node, tmp_path)
    reservation_id = reserved(node)
    ticket = miner.desk.take(a_request(reservation_id=reservation_id).encode())
    step(miner, 3)
    assert find(miner, reservation_id).state is WorkState.SIGNED
    ticket.conclude(None)
    step(miner, 1)
    assert find(miner, reservation_id).state is WorkState.CLAIMED


def test_output_is_erased_a_day_after_the_end(
    node: LedgerNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    miner = a_miner(node, tmp_path)
    reservation_id = a_job(node, miner)
    step(miner, 40)
    assert miner.book.reply(reservation_id)
    monkeypatch.setattr(collector_module, "KEPT_MS", -1_000)
    step(miner, 1)
    assert miner.book.reply(reservation_id) == b""


def test_release_that_cannot_be_paid_for_waits_for_the_expiry(
    node: LedgerNode, tmp_path: Path
) -> None:
    miner = a_miner(node, tmp_path)
    reservation_id = reserved(node)
    say(miner, a_request(ask=Ask.CANCEL, reservation_id=reservation_id))
    node.blocks_until(49)
    step(miner, 4)
    assert find(miner, reservation_id).state is WorkState.RELEASED
    assert node.chain.balance("client") == 10_000_000
    assert key_of("miner").address == miner.account.key.address


def test_it_runs_until_it_is_stopped(node: LedgerNode, tmp_path: Path) -> None:
    miner = a_miner(node, tmp_path)
    thread = Thread(target=miner.collector.run)
    thread.start()
    miner.collector.stop()
    thread.join(timeout=10)
    assert not thread.is_alive()
