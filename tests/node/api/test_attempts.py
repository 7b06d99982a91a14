"""A call may fail in any way, and is told of in one."""

import asyncio
import json

import pytest

from chain.errors import WrongNonce
from node.api import problems
from node.api.attempts import attempt
from node.api.problems import RpcError


def reason_of(error: BaseException | None) -> str:
    """Return the reason that a caller hears when a call raises this, or takes too long."""

    async def fail() -> None:
        if error is None:
            await asyncio.Event().wait()
        else:
            raise error

    with pytest.raises(RpcError) as caught:
        asyncio.run(attempt(fail(), name="ait_test", limit_ms=1))
    json.dumps(caught.value.as_json())
    return caught.value.reason


def test_what_succeeds_is_handed_on() -> None:
    async def succeed() -> int:
        return 7

    assert asyncio.run(attempt(succeed(), name="ait_test", limit_ms=1_000)) == 7


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (problems.not_found("block"), "block_not_found"),
        (WrongNonce(expected=4, got=6), "wrong_nonce"),
        (TimeoutError(), "timeout"),
        (None, "timeout"),
        (KeyError("secret"), "internal_error"),
    ],
)
def test_each_failure_has_a_reason(error: BaseException | None, reason: str) -> None:
    assert reason_of(error) == reason


def test_fault_of_ours_is_not_told_to_the_caller() -> None:
    async def fail() -> None:
        raise KeyError("secret")

    with pytest.raises(RpcError) as caught:
        asyncio.run(attempt(fail(), name="ait_test", limit_ms=1_000))
    assert "secret" not in json.dumps(caught.value.as_json())
