"""Where the type of a problem leads, there is something to read."""

from node.api.reasons import REASONS
from node.api.services import Services
from tests.support.rest_asking import answer_of, ask_rest


def test_every_reason_can_be_read(market_services: Services) -> None:
    listed = answer_of(market_services, "/v1/problems")["data"]
    assert [one["code"] for one in listed] == list(REASONS)
    problem = ask_rest(market_services, "/v1/receipts/none")
    assert problem.code == "receipt_not_found"
    told = answer_of(market_services, problem.content["type"])
    assert told == next(one for one in listed if one["code"] == "receipt_not_found")


def test_no_other_can(market_services: Services) -> None:
    assert ask_rest(market_services, "/v1/problems/none").code == "unknown_path"
