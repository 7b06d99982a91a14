from node.api.counters import Counters
from tests.support.exposed import samples_of


def test_calls_are_counted_by_outcome_and_timed() -> None:
    counters = Counters()
    counters.call("ait_status", "ok", 900)
    counters.call("ait_status", "ok", 30_000)
    counters.call("ait_status", "limit", 10)
    samples = samples_of(counters)
    calls = samples["aitbc_api_calls_total"]
    assert calls[("method", "ait_status"), ("outcome", "ok")] == 2
    assert calls[("method", "ait_status"), ("outcome", "limit")] == 1
    buckets = samples["aitbc_api_call_seconds_bucket"]
    assert buckets[("le", "0.001"), ("method", "ait_status")] == 2
    assert buckets[("le", "0.1"), ("method", "ait_status")] == 3


def test_streams_are_counted_and_not_timed() -> None:
    counters = Counters()
    counters.request("/", 101, None)
    counters.request("/", 200, 2_000_000)
    samples = samples_of(counters)
    assert samples["aitbc_api_requests_total"][("route", "/"), ("status", "101")] == 1
    assert samples["aitbc_api_request_seconds_count"] == {(("route", "/"),): 1}
    assert samples["aitbc_api_request_seconds_sum"] == {(("route", "/"),): 2}


def test_two_edges_count_apart() -> None:
    one, other = Counters(), Counters()
    one.call("ait_status", "ok", 1)
    assert "aitbc_api_calls_total" not in samples_of(other)
