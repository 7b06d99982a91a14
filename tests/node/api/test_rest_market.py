"""Prices as JSON and as a table."""

from node.api.services import Services
from tests.support.rest_asking import MINER, answer_of, ask_rest


def test_prices_are_offered_listed_and_paid(market_services: Services) -> None:
    found = answer_of(market_services, "/v1/pricing")
    (offer,) = found["data"]
    assert (offer["provider"], offer["rate"]) == (MINER, "0.000120")
    assert [one["rate"] for one in found["base_rates"]] == ["0.000150"]
    assert [(one["units"], one["spent"]) for one in found["last_day"]] == [("3.000000", "0.000450")]
    assert not found["has_more"]


def test_offers_are_a_table(market_services: Services) -> None:
    (row,) = ask_rest(market_services, "/v1/pricing", Accept="text/csv").table
    assert (row["model"], row["rate"], row["currency"]) == ("llama3.2", "0.000120", "AITBC")
