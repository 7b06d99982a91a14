"""Usage by day and month, and the ledger page by page."""

from node.api.services import Services
from tests.support.rest_asking import CLIENT, MINER, answer_of, ask_rest

DAY = 1_699_920_000


def test_days_and_totals_are_what_was_paid(market_services: Services) -> None:
    for account, side in ((CLIENT, "client"), (MINER, "provider")):
        found = answer_of(market_services, f"/v1/billing/usage?client={account}&side={side}")
        (day,) = found["data"]
        assert (day["start_at"], day["end_at"]) == (DAY, DAY + 86_400)
        assert (day["units"], day["spent"], day["settled"]) == ("3.000000", "0.000450", 2)
        (total,) = found["totals"]
        assert total["spent"] == day["spent"]


def test_months_begin_and_end_with_the_calendar(market_services: Services) -> None:
    path = f"/v1/billing/usage?client={CLIENT}&bucket_width=1mo&format=csv"
    (month,) = ask_rest(market_services, path).table
    assert (month["start_at"], month["end_at"]) == ("1698796800", "1701388800")
    assert month["spent"] == "0.000450"


def test_time_bounds_the_days(market_services: Services) -> None:
    path = f"/v1/billing/usage?client={CLIENT}"
    assert answer_of(market_services, f"{path}&end_time={DAY}")["data"] == []
    assert len(answer_of(market_services, f"{path}&end_time={DAY + 1}")["data"]) == 1
    assert answer_of(market_services, f"{path}&start_time={DAY + 86_400 - 1}")["data"]
    for bad in (f"start_time={DAY}&end_time={DAY}", "start_time=0", f"end_time={2**50}"):
        assert ask_rest(market_services, f"{path}&{bad}").code == "invalid_params"


def test_ledger_is_whole_and_each_entry_follows(market_services: Services) -> None:
    path = f"/v1/billing/usage?client={CLIENT}&limit=1"
    entries, cursor = [], ""
    while True:
        page = answer_of(market_services, path + cursor)
        entries += page["ledger"]
        if not page["has_more"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert [one["type"] for one in reversed(entries)][:1] == ["reserved"]
    assert len({one["id"] for one in entries}) == len(entries) > 3
    assert entries[0]["reserved_after"] == "0.000450"
    assert {one["type"] for one in entries} > {"reserved", "paid", "bond_locked"}
