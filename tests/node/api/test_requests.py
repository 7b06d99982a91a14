from decimal import Decimal
from typing import Any

import pytest

from node.api import forms
from node.api.problems import RpcError
from node.api.requests import Request, read_params, read_request, readable_id

CALL = {"jsonrpc": "2.0", "method": "ait_status"}


@pytest.mark.parametrize(
    ("item", "request_"),
    [
        (CALL, Request("ait_status", {}, None)),
        (CALL | {"id": None}, Request("ait_status", {}, "null")),
        (CALL | {"id": "a"}, Request("ait_status", {}, '"a"')),
        (CALL | {"id": Decimal("1.50")}, Request("ait_status", {}, "1.50")),
        (CALL | {"id": 7, "params": [1]}, Request("ait_status", [1], "7")),
    ],
)
def test_call_is_read(item: dict[str, Any], request_: Request) -> None:
    assert read_request(item) == request_


@pytest.mark.parametrize(
    "item",
    [
        None,
        [],
        "call",
        {},
        CALL | {"id": True},
        CALL | {"id": {}},
        CALL | {"jsonrpc": 2},
        CALL | {"method": None},
        CALL | {"params": "x"},
    ],
)
def test_what_is_no_call_is_refused(item: object) -> None:
    with pytest.raises(RpcError) as refusal:
        read_request(item)
    assert refusal.value.reason == "invalid_request"


@pytest.mark.parametrize(
    ("item", "text"), [({"id": 3}, "3"), ({"id": []}, "null"), ({}, "null"), (None, "null")]
)
def test_id_of_what_is_no_call_comes_back_where_it_can(item: object, text: str) -> None:
    assert readable_id(item) == text


def test_parameters_go_by_position_or_by_name() -> None:
    by_name = read_params(forms.BlockParams, {"block": 3, "fromIndex": 2})
    assert read_params(forms.BlockParams, [3, False, 2]) == by_name


@pytest.mark.parametrize("given", [[1, 2, 3, 4, 5], ["secret"], [{"secret": 1}]])
def test_parameters_outside_their_form_are_named_and_not_repeated(given: list[object]) -> None:
    with pytest.raises(RpcError) as refusal:
        read_params(forms.BlockParams, given)
    assert refusal.value.reason == "invalid_params"
    assert "secret" not in str(refusal.value.as_json())
