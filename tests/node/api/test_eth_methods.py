import asyncio
import inspect
import json
import re
from pathlib import Path

import pytest

import node.api
from node.api.eth_methods import ETH_METHODS, REFUSED
from node.api.jsonrpc import Method, Rpc
from node.api.methods import METHODS
from node.api.reasons import REASONS
from node.api.requests import read_params
from node.api.services import Services
from tests.support.eth_chain import an_eth_chain

TEXT = Path(node.api.__file__).with_name("ETH.md").read_text(encoding="utf-8")
NAMES = re.compile(r"`((?:eth|net|web3|ots|erigon|personal)_\w+)`")

each_method = pytest.mark.parametrize("method", ETH_METHODS, ids=lambda method: method.name)


@each_method
def test_method_says_what_it_does(method: Method[Services, object]) -> None:
    assert inspect.getdoc(method.call)
    assert inspect.getdoc(method.params)


@each_method
def test_example_has_the_right_form_by_position(method: Method[Services, object]) -> None:
    assert read_params(method.params, method.example)
    assert read_params(method.params, list(method.example.values()))


def test_document_tells_of_each_method_and_of_no_other() -> None:
    told = set(NAMES.findall(TEXT)) - REASONS.keys()
    assert told == {method.name for method in ETH_METHODS}
    assert {method.name for method in ETH_METHODS} >= set(REFUSED)


def test_names_are_unique() -> None:
    names = [method.name for method in (*METHODS, *ETH_METHODS)]
    assert len(set(names)) == len(names)


def test_no_method_hands_anything_to_the_core() -> None:
    assert not any(method.is_submission for method in ETH_METHODS)


def test_words_of_a_caller_are_never_repeated(tmp_path: Path) -> None:
    word = "c4n4ry"
    hostile = [[word] * 3, {word: word}, [{word: [word]}], [None, [word]], [word.encode().hex()]]
    with an_eth_chain(tmp_path) as chain:
        services = chain.services
        rpc = Rpc(ETH_METHODS, services, limits=services.settings.limits)
        for method in ETH_METHODS:
            for params in hostile:
                call = {"jsonrpc": "2.0", "id": 1, "method": method.name, "params": params}
                reply = asyncio.run(rpc.answer(json.dumps(call).encode()))
                assert word.encode() not in reply
                assert json.loads(reply).get("error", {}).get("code") != -32603
