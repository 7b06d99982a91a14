"""Answers judged by the schemas that ``rpc.discover`` hands out."""

from functools import cache
from typing import Any

from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # it publishes no types

from node.api.result_components import COMPONENTS
from node.api.results import RESULTS


@cache
def judge_of(method: str) -> Draft7Validator:
    """Return what judges the results of a method; of one that says nothing, anything is right."""
    schema = {**RESULTS.get(method, {}), "components": {"schemas": COMPONENTS}}
    if "$ref" in schema:  # draft 7 reads nothing beside a reference
        schema = {"allOf": [{"$ref": schema.pop("$ref")}], **schema}
    return Draft7Validator(schema)


def judge(method: str, answer: dict[str, Any]) -> None:
    """Check the result of an answer, if it has one."""
    if "result" in answer:
        judge_of(method).validate(answer["result"])
