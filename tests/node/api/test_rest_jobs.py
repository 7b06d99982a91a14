"""A job's steps, its money and its state."""

from tests.support.market_chain import ACCEPTED, Market
from tests.support.rest_asking import CLIENT, MINER, answer_of, ask_rest


def test_job_that_a_session_paid_is_settled(market: Market) -> None:
    job = answer_of(market.services, "/v1/billing/jobs/first")
    assert (job["client"], job["state"], job["debited"]) == (CLIENT, "settled", "0.000300")
    assert job["receipt_hash"] == f"0x{ACCEPTED.hash.hex()}"
    assert [(one["event"], one["height"]) for one in job["transitions"]] == [
        ("reserved", 2),
        ("claimed", 3),
        ("paid", 4),
    ]
    times = [one["at"] for one in job["transitions"]]
    assert times == sorted(times)
    assert times[0] > 1_600_000_000


def test_session_shows_what_it_paid(market: Market) -> None:
    job = answer_of(market.services, f"/v1/billing/jobs/session?client={CLIENT}")
    assert (job["state"], job["reserved"], job["debited"]) == ("reserved", "0.000900", "0.000450")
    assert job["released"] == "0.000000"
    assert job["receipts"] == []


def test_disputed_job_has_its_dispute_among_the_steps(market: Market) -> None:
    job = answer_of(market.services, "/v1/billing/jobs/second")
    assert [one["event"] for one in job["transitions"]][1:] == ["claimed", "disputed", "split"]
    assert job["state"] == "settled"


def test_job_is_the_clients(market: Market) -> None:
    for path in (f"/v1/billing/jobs/first?client={MINER}", "/v1/billing/jobs/none"):
        assert ask_rest(market.services, path).code == "job_not_found"
    assert ask_rest(market.services, "/v1/billing/jobs/a%20b").code == "invalid_params"
