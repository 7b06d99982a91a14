from pathlib import Path

import pytest

from chain.errors import PeerError
from chain.kind import Kind
from chain.primitives import Hash
from node.market.node_view import NodeView, Refused
from node.rpc_client import RpcRefused
from tests.node.market.test_desk import reserved, say
from tests.node.market.test_messages import a_request
from tests.support.builders import CHAIN_ID, GENESIS_HASH, a_transfer, key_of
from tests.support.market_people import LINE, RATE, Answers, a_miner, a_street
from tests.support.market_world import LedgerNode

NOBODY = Hash(b"\7" * 32)


def test_tip_nonce_and_fee(node: LedgerNode) -> None:
    tip = node.view.tip()
    assert (tip.chain_id, tip.genesis_hash, tip.height) == (CHAIN_ID, GENESIS_HASH, 1)
    assert node.view.nonce(key_of("client").address) == 0
    assert node.view.minimum_fee(Kind.RESERVE, 200) == 0


def test_reservation_and_its_claims(node: LedgerNode, tmp_path: Path) -> None:
    miner = a_miner(node, tmp_path)
    reservation_id = reserved(node)
    found = node.view.find_reservation(reservation_id)
    assert found is not None
    assert (found.status, found.job_id, found.max_rate, found.claims) == ("open", "one", RATE, ())
    say(miner, a_request(reservation_id=reservation_id))
    miner.collector.step()
    pending = node.view.find_reservation(reservation_id)
    assert pending is not None
    assert pending.status == "closing"
    (claim,) = pending.claims
    assert (claim.status, claim.spent) == ("pending", 0)
    assert claim.due_height > 0
    assert node.view.find_reservation(NOBODY) is None
    assert node.view.find_transaction(NOBODY) is None


def test_record_counts_what_was_paid_and_what_was_not(node: LedgerNode, tmp_path: Path) -> None:
    miner = a_miner(node, tmp_path)
    assert node.view.record_of(miner.account.key.address) == (0, 0)
    say(miner, a_request(reservation_id=reserved(node)))
    for _ in range(30):
        miner.collector.step()
    assert node.view.record_of(miner.account.key.address) == (1, 0)
    receipts, following = node.view.receipts_of(miner.account.key.address)
    assert following is None
    assert [one.status for one in receipts] == ["paid"]


def test_offers_of_all_and_of_one(node: LedgerNode, tmp_path: Path) -> None:
    with a_street(node, tmp_path, miner=Answers()):
        (offer,) = node.view.offers()
        assert (offer.provider, (offer.model, offer.unit_type)) == (key_of("miner").address, LINE)
        assert node.view.offers_of(key_of("miner").address) == [offer]
        assert node.view.offers_of(key_of("stranger").address) == []


def test_rule_that_refuses_is_told_by_its_code(node: LedgerNode) -> None:
    with pytest.raises(Refused) as caught:
        node.view.send(a_transfer(10**12).encode())
    assert caught.value.reason == "insufficient_balance"


def test_any_other_failure_is_the_nodes(node: LedgerNode) -> None:
    with pytest.raises(RpcRefused):
        node.view.send(b"")
    node.is_away = True
    with pytest.raises(PeerError):
        node.view.tip()


@pytest.mark.parametrize("answer", [None, 5, [], {}, {"chainId": 1}, {"genesisHash": "xyz"}])
def test_answer_of_another_form_is_a_peer_error(answer: object) -> None:
    view = NodeView("http://x", lambda *_: answer)
    for look in (view.tip, view.offers, lambda: view.find_reservation(NOBODY)):
        with pytest.raises(PeerError, match="does not answer as a node"):
            look()  # type: ignore[operator] # any of them
