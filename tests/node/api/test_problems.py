import pytest

from chain.errors import CapExceeded
from node.api import problems
from node.api.problems import RpcError
from node.api.reasons import RpcCode

EVERY = (
    problems.parse_error(detail="why"),
    problems.invalid_request(detail="why"),
    problems.unknown_method(),
    problems.invalid_param(path="limit", msg="too large"),
    problems.internal_error(),
    problems.not_found("block"),
    problems.unavailable(),
    problems.rejected(CapExceeded(amount=6, left=5)),
    problems.websocket_only(),
    problems.eth_read_only(),
    problems.filter_not_found(),
    problems.state_not_kept(),
    problems.range_error("too large", 5, {"fromBlock": "0x1", "toBlock": "0x2"}),
    problems.limit_error("batch_too_large", "at most 100", limit=100),
)


@pytest.mark.parametrize("error", EVERY, ids=lambda error: error.reason)
def test_error_has_code_sentence_and_reason(error: RpcError) -> None:
    shown = error.as_json()
    assert set(shown) == {"code", "message", "data"}
    assert shown["message"]
    data = shown["data"]
    assert isinstance(data, dict)
    assert data["reason"] == error.reason


def test_every_code_is_used() -> None:
    assert {error.code for error in EVERY} == set(RpcCode)


def test_rejection_keeps_the_code_of_the_chain() -> None:
    shown = problems.rejected(CapExceeded(amount=6, left=5)).as_json()
    assert shown["data"] == {"reason": "cap_exceeded", "amount": 6, "left": 5}
