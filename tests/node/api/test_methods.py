import inspect
import re
from pathlib import Path

import pytest

import node.api
from node.api.admin import ADMIN_METHODS, DEVNET_ADMIN_METHODS
from node.api.dev import DEV_METHODS
from node.api.jsonrpc import Method, read_params
from node.api.methods import METHODS
from node.api.services import Services

README = Path(node.api.__file__).with_name("README.md").read_text(encoding="utf-8")
ROWS = dict(
    re.findall(r"^\| `((?:ait_|rpc\.|admin_|dev_)\w+)` \|(.*?)\|", README, flags=re.MULTILINE)
)

OFFERED = (*METHODS, *ADMIN_METHODS, *DEVNET_ADMIN_METHODS, *DEV_METHODS)

each_method = pytest.mark.parametrize("method", OFFERED, ids=lambda method: method.name)


def names_of(method: Method[Services, object]) -> list[str]:
    return [field.alias or name for name, field in method.params.model_fields.items()]


@each_method
def test_method_is_in_the_readme_with_its_parameters(method: Method[Services, object]) -> None:
    told = re.findall(r"`(\w+)`", re.sub(r"\(.*?\)", "", ROWS[method.name]))
    assert told == names_of(method)


def test_readme_tells_of_no_other_method() -> None:
    assert set(ROWS) == {method.name for method in OFFERED}


@each_method
def test_method_says_what_it_does(method: Method[Services, object]) -> None:
    assert inspect.getdoc(method.call)
    assert inspect.getdoc(method.params)


@each_method
def test_example_has_the_right_form(method: Method[Services, object]) -> None:
    assert read_params(method.params, method.example)
    by_position = list(method.example.values())
    if list(method.example) == names_of(method)[: len(by_position)]:
        assert read_params(method.params, by_position)


def test_names_are_unique_and_of_known_namespaces() -> None:
    names = [method.name for method in OFFERED]
    assert len(set(names)) == len(names)
    assert all(
        re.fullmatch(r"(ait_|rpc\.|admin_|dev_)[a-z]+([A-Z][a-z]+)*", name) for name in names
    )


def test_public_methods_read_or_hand_in_what_is_signed() -> None:
    submissions = {method.name for method in METHODS if method.is_submission}
    assert submissions == {
        "ait_sendTransaction",
        "ait_sendTransactionAndWait",
        "ait_submitReceipt",
        "ait_submitReceipts",
    }
    others = {method.name for method in METHODS} - submissions
    assert all(
        re.match(r"ait_(get|estimate|simulate|status|subscribe|unsubscribe)|rpc\.", name)
        for name in others
    )


def test_lists_cost_more_than_looks() -> None:
    lists = [method for method in METHODS if "limit" in method.params.model_fields]
    assert len(lists) > 5
    assert all(max(method.cost, method.whole_cost) >= 5 for method in lists)
