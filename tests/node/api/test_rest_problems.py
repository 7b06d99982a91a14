"""A problem document says why, for programs and for people."""

import json

from aiohttp import web

from chain.errors import WrongNonce
from node.api import problems
from node.api.rest_problems import problem_of, problem_response, unread


def test_document_has_what_the_standard_names_and_the_reason() -> None:
    assert problem_of(problems.rejected(WrongNonce(expected=4, got=6), index=2)) == {
        "type": "/v1/problems/wrong_nonce",
        "title": "Wrong nonce",
        "status": 409,
        "code": "wrong_nonce",
        "detail": str(WrongNonce(expected=4, got=6)),
        "advice": "sign again with the nonce that is expected",
        "expected": 4,
        "got": 6,
        "index": 2,
    }


def test_names_are_in_snake_case() -> None:
    assert problem_of(problems.too_fast(retry_ms=70))["retry_after_ms"] == 70


def test_faults_are_told_by_pointers() -> None:
    faults = [{"path": "documents.3", "msg": "bad"}, {"path": "query", "msg": "unknown"}]
    assert problem_of(problems.invalid_params(faults))["errors"] == [
        {"pointer": "#/documents/3", "detail": "bad"},
        {"pointer": "#", "detail": "unknown"},
    ]


def test_answer_is_of_the_reasons_status() -> None:
    response = problem_response(problems.unavailable())
    assert (response.status, response.content_type) == (503, "application/problem+json")
    assert response.headers["Retry-After"] == "1"
    assert isinstance(response.body, bytes)
    assert json.loads(response.body)["code"] == "core_unavailable"
    assert "Retry-After" not in problem_response(problems.not_found("block")).headers


def test_whoever_may_come_again_is_told_when() -> None:
    assert problem_response(problems.too_fast(retry_ms=2_001)).headers["Retry-After"] == "3"
    assert problem_response(problems.key_under_way()).headers["Retry-After"] == "1"
    assert problem_response(problems.unauthorized()).headers["WWW-Authenticate"] == "Bearer"


def test_body_that_was_not_read_has_its_reason() -> None:
    for status, reason in ((408, "body_too_slow"), (413, "body_too_large"), (503, "too_busy")):
        error = web.HTTPException()
        error.set_status(status)
        assert unread(error).reason == reason
