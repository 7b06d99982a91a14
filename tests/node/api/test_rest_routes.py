"""What holds of every call: names, methods, media types, caching, and refusals as problems."""

import json

import pytest

from node.api import rest_routes
from node.api.rest_calls import ROOTS
from node.api.services import Services
from tests.support.rest_asking import CLIENT, RestReply, ask_rest


def test_head_has_the_headers_alone(market_services: Services) -> None:
    whole, head = (
        ask_rest(market_services, "/v1/receipts", method=name) for name in ("GET", "HEAD")
    )
    assert (head.status, head.body) == (200, b"")
    for name in ("ETag", "Content-Length", "Content-Type", "Vary"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_told_which_there_are(market_services: Services, method: str) -> None:
    reply = ask_rest(market_services, "/v1/pricing", method=method)
    assert (reply.status, reply.code) == (405, "method_not_allowed")
    assert reply.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("root", ROOTS)
def test_unknown_path_is_a_problem(market_services: Services, root: str) -> None:
    for path in ("/none", "/billing", "/receipts/a/b", ""):
        reply = ask_rest(market_services, f"{root}{path or '/'}")
        assert (reply.status, reply.code) == (404, "unknown_path")


def test_media_type_that_there_is_not_is_refused(market_services: Services) -> None:
    reply = ask_rest(market_services, "/v1/billing/jobs/first", Accept="text/csv")
    assert (reply.status, reply.code) == (406, "not_acceptable")


@pytest.mark.parametrize(
    "query", ["limit=1&limit=2", "limit=1&nope=2", "limit=-1", "limit=1e3", "cursor=%00", "job=1"]
)
def test_query_outside_the_form_is_refused(market_services: Services, query: str) -> None:
    reply = ask_rest(market_services, f"/v1/receipts?{query}")
    assert (reply.status, reply.code) == (422, "invalid_params")
    assert "nope" not in reply.body.decode(), "what a caller made up is not repeated"


def test_path_is_not_in_the_query(market_services: Services) -> None:
    reply = ask_rest(market_services, f"/v1/receipts/first?receipt=second&client={CLIENT}")
    assert reply.code == "invalid_params"


def test_whoever_has_it_is_told_so(market_services: Services) -> None:
    etag = ask_rest(market_services, "/v1/pricing").headers["ETag"]
    for known in (etag, f'"x", {etag}', f"W/{etag}", "*"):
        assert ask_rest(market_services, "/v1/pricing", If_None_Match=known).status == 304
    assert ask_rest(market_services, "/v1/pricing", If_None_Match='"x"').status == 200
    as_csv = ask_rest(market_services, "/v1/pricing", Accept="text/csv")
    assert as_csv.headers["ETag"] != etag
    assert as_csv.headers["Cache-Control"] == "no-cache"


def test_browser_may_ask_what_it_may_send(market_services: Services) -> None:
    reply = ask_rest(
        market_services, "/v1/receipts/first", method="OPTIONS", Origin="http://localhost:1"
    )
    assert reply.status == 403
    reply = ask_rest(market_services, "/v1/receipts/first", method="OPTIONS")
    assert (reply.status, reply.headers["Access-Control-Allow-Methods"]) == (204, "GET, HEAD")


def test_nothing_private_is_in_any_reply(market_services: Services) -> None:
    secrets = ("sk-secret", "x-secret")
    replies: list[RestReply] = [
        ask_rest(market_services, path, Authorization=f"Bearer {secrets[0]}", X_Api_Key=secrets[1])
        for path in (
            f"/v1/receipts?client={secrets[0]}",
            f"/v1/receipts/{secrets[1]}",
            f"/v1/{secrets[0]}?{secrets[1]}=1",
            "/v1/receipts/first?include=proof,canonical",
            f"/v1/billing/usage?client={CLIENT}",
            "/v1/billing/jobs/first",
            f"/v1/billing/keys?client={CLIENT}",
        )
    ]
    for reply in replies:
        text = reply.body.decode() + json.dumps(dict(reply.headers))
        for word in (*secrets, "prompt", "output", "private", "secret"):
            assert word not in text.replace("payouts", "")


def test_large_answer_is_whole_and_has_its_headers(
    market_services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = ask_rest(market_services, "/v1/problems", X_Request_Id="mine")
    monkeypatch.setattr(rest_routes, "SMALL_BYTES", len(small.body) - 1)
    large = ask_rest(market_services, "/v1/problems", X_Request_Id="mine")
    assert (large.body, large.headers["X-Request-Id"]) == (small.body, "mine")
    assert set(large.headers) == set(small.headers)
    head = ask_rest(market_services, "/v1/problems", method="HEAD")
    assert (head.body, head.headers["ETag"]) == (b"", large.headers["ETag"])
