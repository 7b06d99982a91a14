from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chain.address import format_address
from tests.support.asking import ask, refusal
from tests.support.builders import address_of_name
from tests.support.market_chain import Market, a_market

CLIENT = format_address(address_of_name("client"))
MINER = format_address(address_of_name("miner"))


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    """Return a chain on which two receipts of 300 and 200 were claimed; the latter was split."""
    with a_market(tmp_path) as market:
        yield market


def get(market: Market, method: str, **params: Any) -> Any:  # noqa: ANN401 - JSON
    return ask(market.services, method, **params)


def test_hour_counts_what_its_blocks_held(market: Market) -> None:
    found = get(market, "ait_getStatistics", hours=744)
    hour = found["items"][0]
    assert found["atHeight"] == hour["lastHeight"] == 8
    assert (hour["receipts"], hour["settled"], hour["disputed"]) == (2, 2, 1)
    assert hour["spent"] == found["totals"]["spent"] == str(300 + 150)
    assert {one["kind"]: one["count"] for one in hour["kinds"]}["offered"] == 2
    assert sum(one["blocks"] for one in found["items"]) == 8


def test_miner_is_ranked_by_what_it_was_paid(market: Market) -> None:
    (miner,) = get(market, "ait_getTraders")["items"]
    assert (miner["address"], miner["spent"], miner["receipts"]) == (MINER, "450", 2)
    (client,) = get(market, "ait_getTraders", side="client")["items"]
    assert (client["address"], client["spent"]) == (CLIENT, "450")


def test_trader_is_told_alone(market: Market) -> None:
    whole = get(market, "ait_getTraders")["items"]
    alone = get(market, "ait_getTraders", address=MINER)
    assert alone == {"items": whole, "nextCursor": None}
    assert get(market, "ait_getTraders", address=CLIENT)["items"] == []


def test_pages_of_traders_meet_each_once(market: Market) -> None:
    first = get(market, "ait_getTraders", limit=1)
    last = get(market, "ait_getTraders", limit=1, cursor=first["nextCursor"])
    assert (len(first["items"]), last) == (1, {"items": [], "nextCursor": None})
    wrong = {"side": "client", "cursor": first["nextCursor"]}
    assert refusal(market.services, "ait_getTraders", **wrong) == (-32602, "invalid_params")


def test_month_is_what_an_account_spent(market: Market) -> None:
    (month,) = get(market, "ait_getAccountMonths", address=CLIENT)["items"]
    assert (month["spent"], month["receipts"], month["unitType"]) == ("450", 2, "gpu_seconds")
    assert get(market, "ait_getAccountMonths", address=CLIENT, side="provider")["items"] == []
    nobody = format_address(address_of_name("nobody"))
    assert get(market, "ait_getAccountMonths", address=nobody)["items"] == []


def test_supply_is_all_there_at_every_height(market: Market) -> None:
    for height in range(9):
        found = get(market, "ait_getSupply", height=height)
        held = ("balances", "reserved", "pending", "bonds", "treasury")
        assert sum(int(found[name]) for name in held) == int(found["supply"])
        assert (found["difference"], found["height"]) == ("0", height)
    assert refusal(market.services, "ait_getSupply", height=9) == (-32001, "block_not_found")


@pytest.mark.parametrize("hours", [0, 745, "1"])
def test_number_of_hours_has_bounds(market: Market, hours: object) -> None:
    assert refusal(market.services, "ait_getStatistics", hours=hours)[1] == "invalid_params"


def test_models_of_the_last_hours(market: Market) -> None:
    (hour,) = get(market, "ait_getStatistics")["items"]
    found = get(market, "ait_getModels", hours=1)
    assert (found["startMs"], found["isComplete"]) == (hour["startMs"], True)
    (model,) = found["items"]
    assert (model["model"], model["settled"], model["spent"]) == ("llama3.2", 2, "450")
