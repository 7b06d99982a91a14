"""The table is whole: each call is told of, and its form has its path."""

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args

import pytest

from node.api.rest_calls import RestCall
from node.api.rest_table import CALLS

README = Path(__file__).resolve().parents[3] / "node/api/README.md"
each_call = pytest.mark.parametrize("call", CALLS, ids=lambda one: f"{one.method} {one.path}")


@each_call
def test_call_is_in_the_readme(call: RestCall[Any]) -> None:
    assert f"`{call.method} /v1{call.path}`" in README.read_text(encoding="utf-8")


@each_call
def test_form_has_what_the_path_names(call: RestCall[Any]) -> None:
    assert call.path_names <= set(call.form.model_fields)


@each_call
def test_answer_and_each_of_its_fields_are_told_of(call: RestCall[Any]) -> None:
    for shape in filter(None, (call.shape, call.row)):
        assert is_dataclass(shape)
        text = shape.__doc__ or ""
        for one in fields(shape):
            parents = "".join(base.__doc__ or "" for base in shape.__mro__[1:-1])
            assert f"{one.name}: " in text + parents
    for name in call.form.model_fields:
        assert f"{name}: " in "".join(base.__doc__ or "" for base in call.form.__mro__[:-2])


@each_call
def test_call_says_what_it_does(call: RestCall[Any]) -> None:
    assert call.call.__doc__


@each_call
def test_table_is_the_data_of_the_answer(call: RestCall[Any]) -> None:
    if call.row is not None:
        data = next(one for one in fields(call.shape) if one.name == "data")
        assert get_args(data.type) == (call.row,)
