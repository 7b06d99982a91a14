"""What an account has, and its keys, add up."""

from node.api.services import Services
from tests.support.market_chain import Market
from tests.support.rest_asking import CLIENT, NOBODY, answer_of, ask_rest


def test_balance_is_what_is_available_and_what_is_held(market: Market) -> None:
    found = answer_of(market.services, f"/v1/billing/account?client={CLIENT}")
    assert {
        name: found[name] for name in ("balance", "available", "reserved", "pending", "bonds")
    } == {
        "balance": "0.999550",
        "available": "0.999100",
        "reserved": "0.000450",
        "pending": "0.000000",
        "bonds": "0.000000",
    }
    assert (found["nonce"], found["keys"], found["at_height"]) == (3, 1, 8)
    assert found["at"] == market.stored.chain.ledger.tip_time_ms // 1_000


def test_account_that_nobody_named_has_nothing(market_services: Services) -> None:
    found = answer_of(market_services, f"/v1/billing/account?client={NOBODY}")
    assert (found["balance"], found["nonce"], found["keys"]) == ("0.000000", 0, 0)


def test_keys_have_what_is_left_of_their_limits(market_services: Services) -> None:
    (key,) = answer_of(market_services, f"/v1/billing/keys?client={CLIENT}")["data"]
    limits = ("limit", "spent", "remaining", "limit_per_period", "period_remaining", "available")
    assert [key[name] for name in limits] == [
        *("0.001000", "0.000900", "0.000100"),
        *("0.000950", "0.000050", "0.000050"),
    ]
    assert key["is_live"]
    assert "reserve" in key["scopes"]


def test_whose_account_must_be_said(market_services: Services) -> None:
    for path in ("/v1/billing/account", "/v1/billing/keys?client=x"):
        reply = ask_rest(market_services, path)
        assert reply.code == "invalid_params"
        assert [one["pointer"] for one in reply.content["errors"]] == ["#/client"]
