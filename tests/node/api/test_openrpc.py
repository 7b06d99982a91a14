import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from node.api.eth_methods import ETH_METHODS
from node.api.methods import METHODS
from node.api.openrpc import DISCOVER, EXAMPLES, OPENRPC, openrpc_document, with_discovery
from node.api.reasons import REASONS
from tests.support.api_examples import recorded, text_of
from tests.support.asking import ask
from tests.support.judged import judge_of
from tests.support.small_chain import services_of, stored_chain

DOCUMENT = openrpc_document(METHODS)
OURS = [one for one in DOCUMENT["methods"] if re.match("ait_|rpc", one["name"])]

each_method = pytest.mark.parametrize("method", OURS, ids=lambda method: method["name"])


def test_node_tells_of_all_its_methods(tmp_path: Path) -> None:
    with stored_chain(tmp_path), services_of(tmp_path) as services:
        told = ask(services, DISCOVER)
    assert told == json.loads(json.dumps(DOCUMENT))
    assert told["openrpc"] == OPENRPC
    assert [one["name"] for one in told["methods"]] == [method.name for method in METHODS]


@each_method
def test_method_has_words_for_itself_and_its_parameters(method: dict[str, Any]) -> None:
    assert method["summary"].endswith(".")
    for parameter in method["params"]:
        assert len(parameter["description"]) > 5
        Draft7Validator.check_schema(parameter["schema"])


@each_method
def test_result_schema_says_something(method: dict[str, Any]) -> None:
    schema = method["result"]["schema"]
    assert schema
    Draft7Validator.check_schema(schema)
    judge_of(method["name"])


@each_method
def test_example_fits_parameters_and_result(method: dict[str, Any]) -> None:
    if method["name"] == DISCOVER:
        return
    for example in method["examples"]:
        pairs = zip(example["params"], method["params"], strict=False)
        for given, parameter in pairs:
            assert given["name"] == parameter["name"]
            Draft7Validator(parameter["schema"]).validate(given["value"])
        judge_of(method["name"]).validate(example["result"]["value"])


def test_examples_are_what_the_chain_answers(tmp_path: Path) -> None:
    fresh = text_of(recorded(tmp_path))
    how = "record them anew with python -m tests.support.api_examples"
    assert EXAMPLES.read_text(encoding="utf-8") == fresh, how


def test_errors_are_the_closed_list_of_reasons() -> None:
    errors = DOCUMENT["components"]["errors"].values()
    told = [reason["reason"] for error in errors for reason in error["data"]["reasons"]]
    assert sorted(told) == sorted(REASONS)


@each_method
def test_errors_of_a_method_have_codes_of_their_own(method: dict[str, Any]) -> None:
    names = [error["$ref"].rpartition("/")[2] for error in method["errors"]]
    codes = [DOCUMENT["components"]["errors"][name]["code"] for name in names]
    assert len(set(codes)) == len(codes)


def test_document_of_the_eth_view_refers_to_nothing_that_is_missing() -> None:
    methods = with_discovery(with_discovery(METHODS) + ETH_METHODS)
    assert [method.name for method in methods].count(DISCOVER) == 1
    document = openrpc_document(methods)
    told = json.dumps(document)
    parts = {
        f"#/components/{kind}/{name}"
        for kind, all_of in document["components"].items()
        for name in all_of
    }
    assert set(re.findall(r'"\$ref": "([^"]+)"', told)) <= parts
    assert {"eth_getLogs", "ait_status", DISCOVER} <= {one["name"] for one in document["methods"]}
