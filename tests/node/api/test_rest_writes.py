"""What changes something: its body, its key, its guard."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import a_reserve
from tests.support.edge_at_work import EdgeAtWork, at_work
from tests.support.rest_asking import RestReply, rest_served, send

RESERVE = {"raw_hex": a_reserve().encode().hex()}
KEYED = {"Idempotency-Key": "one"}


def post(folder: Path, path: str = "/v1/jobs/reserve", **request: Any) -> RestReply:  # noqa: ANN401 - handed on
    replies: list[RestReply] = []

    async def act(edge: EdgeAtWork) -> None:
        async with rest_served(edge.services) as url:
            replies.append(await send(url, path, method="POST", **request))
        assert not edge.core.submits or replies[0].status < 300

    at_work(folder, act)
    return replies[0]


def test_key_is_needed(tmp_path: Path) -> None:
    reply = post(tmp_path, body=RESERVE)
    assert (reply.status, reply.code) == (400, "idempotency_key_missing")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "parse_error"),
        (b"[]", "application/json", 400, "parse_error"),
        (b'{"a":1,"a":2}', "application/json", 400, "parse_error"),
        (b"{}", "application/json", 422, "invalid_params"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b"{}", "application/json; charset=utf-8", 422, "invalid_params"),
        (b'{"raw_hex":"zz"}', "application/json", 422, "invalid_params"),
        (b'{"raw_hex":"00"}', "application/json", 400, "malformed"),
        (b"x" * 3_000_000, "application/json", 413, "body_too_large"),
    ],
)
def test_body_that_is_none_is_refused(
    tmp_path: Path, body: bytes, content_type: str, status: int, code: str
) -> None:
    reply = post(tmp_path, body=body, headers=KEYED | {"Content-Type": content_type})
    assert (reply.status, reply.code) == (status, code)


def test_same_request_has_the_same_answer_and_is_done_once(tmp_path: Path) -> None:
    async def act(edge: EdgeAtWork) -> None:
        async with rest_served(edge.services) as url:
            path = "/v1/jobs/reserve"
            first, again = [
                await send(url, path, method="POST", body=RESERVE, headers=KEYED) for _ in range(2)
            ]
            assert (first.status, again.status) == (201, 201)
            assert first.body == again.body
            assert "Idempotent-Replayed" not in first.headers
            assert again.headers["Idempotent-Replayed"] == "true"
            other = {"raw_hex": a_reserve(nonce=1).encode().hex()}
            reused = await send(url, path, method="POST", body=other, headers=KEYED)
            assert (reused.status, reused.code) == (422, "idempotency_key_reused")
        assert len(edge.core.submits) == 1

    at_work(tmp_path, act)


def test_operators_call_needs_the_operators_token(tmp_path: Path) -> None:
    path = "/v1/admin/reservations/recover?dry_run=true"
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}):
        reply = post(tmp_path, path, body={}, headers=headers)
        assert (reply.status, reply.code) == (401, "unauthorized")
        assert reply.headers["WWW-Authenticate"] == "Bearer"
        for name in ("chain.db", "chain.db-wal", "chain.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
    token = (tmp_path / "api.token").read_text().strip()
    reply = post(tmp_path, path, body={}, headers={"Authorization": f"Bearer {token}"})
    assert reply.status == 200
    assert token not in reply.body.decode()
