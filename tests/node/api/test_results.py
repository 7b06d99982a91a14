from typing import Any

import pytest
from jsonschema import ValidationError

from node.api.admin import ADMIN_METHODS, DEVNET_ADMIN_METHODS
from node.api.dev import DEV_METHODS
from node.api.methods import METHODS
from node.api.results import RESULTS
from tests.support.judged import judge, judge_of


def test_every_method_of_ours_says_what_it_answers() -> None:
    operators = (*ADMIN_METHODS, *DEVNET_ADMIN_METHODS)
    ours = {method.name for method in (*METHODS, *operators, *DEV_METHODS)}
    assert set(RESULTS) == ours


@pytest.mark.parametrize(
    "change", [{"nonce": -1}, {"balance": 5}, {"balance": "05"}, {"address": "ait1"}, {"more": 1}]
)
def test_wrong_answer_does_not_pass(change: dict[str, Any]) -> None:
    right = {
        "address": "ait1" + "q" * 38,
        "address0x": "0x" + "0" * 40,
        **dict.fromkeys(("balance", "available", "reserved", "pending", "bonds"), "5"),
        "nonce": 0,
        "atHeight": 1,
    }
    judge("ait_getAccount", {"result": right})
    with pytest.raises(ValidationError):
        judge("ait_getAccount", {"result": right | change})


def test_answer_is_judged_through_references() -> None:
    with pytest.raises(ValidationError):
        judge_of("ait_getTransaction").validate({})
    with pytest.raises(ValidationError):
        judge_of("ait_getBlocks").validate({"items": [{}], "nextCursor": None})
