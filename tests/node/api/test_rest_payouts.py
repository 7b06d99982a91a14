"""Periods, payments and their proofs."""

from node.api.services import Services
from tests.support.market_chain import ACCEPTED
from tests.support.rest_asking import MINER, answer_of, ask_rest


def test_periods_come_newest_first_and_page_by_page(market_services: Services) -> None:
    page = answer_of(market_services, "/v1/payouts?limit=1")
    assert [one["period"] for one in page["data"]] == [1]
    later = answer_of(market_services, f"/v1/payouts?limit=1&cursor={page['next_cursor']}")
    assert [(one["period"], one["amount"]) for one in later["data"]] == [(0, "0.000300")]


def test_payments_of_a_period_add_up(market_services: Services) -> None:
    found = answer_of(market_services, "/v1/payouts/0")
    (payment,) = found["data"]
    assert (payment["payee"], payment["amount"]) == (MINER, found["amount"])
    assert payment["receipt_hash"] == f"0x{ACCEPTED.hash.hex()}"
    assert found["dump"] is None
    assert ask_rest(market_services, "/v1/payouts/0?format=csv").table[0]["index"] == "0"


def test_dump_and_proof_have_the_root_of_the_header(market_services: Services) -> None:
    whole = answer_of(market_services, "/v1/payouts/1?include=dump")
    proof = answer_of(market_services, "/v1/payouts/1/0")
    assert whole["dump"]["tree"][0] == proof["payouts_root"] == whole["payouts_root"]
    assert proof["proof"] == []
    assert proof["leaf"] == proof["payouts_root"], "a tree of one leaf is the leaf"


def test_period_under_way_has_no_root_and_others_are_not_there(market_services: Services) -> None:
    open_one = answer_of(market_services, "/v1/payouts/2?include=dump")
    assert (open_one["payouts_root"], open_one["dump"]) == (None, None)
    assert ask_rest(market_services, "/v1/payouts/3").code == "payout_period_not_found"
    assert ask_rest(market_services, "/v1/payouts/0/1").code == "payout_proof_not_found"
    assert ask_rest(market_services, "/v1/payouts/x").code == "invalid_params"
