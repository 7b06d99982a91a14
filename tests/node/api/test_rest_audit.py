"""The supply at every height, and bills that end where the state stands."""

from decimal import Decimal

from node.api.services import Services
from tests.support.rest_asking import CLIENT, MINER, NOBODY, answer_of, ask_rest


def test_supply_is_whole_at_every_height(market_services: Services) -> None:
    for height in range(9):
        found = answer_of(market_services, f"/v1/audit/supply?height={height}")
        places = ("balances", "reserved", "pending", "bonds", "treasury")
        assert sum(Decimal(found[name]) for name in places) == Decimal(found["supply"])
        assert (found["height"], found["is_right"]) == (height, True)
    assert answer_of(market_services, "/v1/audit/supply") == found
    assert ask_rest(market_services, "/v1/audit/supply?height=9").code == "block_not_found"


def test_bill_leaves_what_the_account_holds(market_services: Services) -> None:
    for side, account, total in (
        ("client", CLIENT, "0.000450"),
        ("provider", MINER, "0.000450"),
        ("client", NOBODY, "0.000000"),
    ):
        bill = answer_of(market_services, f"/v1/audit/account?address={account}&side={side}")
        assert bill["is_right"]
        assert bill["total"] == total
        unsaid = answer_of(market_services, f"/v1/audit/account?address={account}")
        assert unsaid == bill
        assert not bill["data"] or bill["data"][-1]["after"] == total
        assert all(one["amount"] == one["recomputed"] for one in bill["data"])


def test_bill_goes_on_where_it_ended(market_services: Services) -> None:
    path = f"/v1/audit/account?address={CLIENT}"
    whole = answer_of(market_services, path)["data"]
    rows, cursor = [], ""
    while True:
        page = answer_of(market_services, f"{path}&limit=2{cursor}")
        rows += page["data"]
        if not page["has_more"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert rows == whole
    other = f"/v1/audit/account?address={CLIENT}&side=provider{cursor}"
    assert ask_rest(market_services, other).code == "invalid_params"


def test_bill_is_a_table_that_goes_on(market_services: Services) -> None:
    path = f"/v1/audit/account?address={CLIENT}&format=csv&limit=2"
    reply = ask_rest(market_services, path)
    assert [row["kind"] for row in reply.table] == ["reserved", "paid"]
    following = reply.headers["Link"].partition(">")[0].removeprefix("<")
    assert ask_rest(market_services, following).table[0]["kind"] == "bond_locked"
