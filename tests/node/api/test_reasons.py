import re
from pathlib import Path

import pytest

import chain.refusals  # noqa: F401 - so that every leaf of the tree is there
import node.api
from chain.errors import AitbcError, ChainError
from node.api.reasons import REASONS, Reason, RpcCode

SOURCES = Path(node.api.__file__).parent

each_reason = pytest.mark.parametrize("reason", REASONS.values(), ids=lambda reason: reason.name)


def codes_below(error: type[AitbcError]) -> set[str]:
    """Return the codes of an error and of those below it; other rooms' errors meet no caller."""
    below = (one for one in error.__subclasses__() if one.__module__.startswith("chain."))
    return {error.code}.union(*(codes_below(one) for one in below))


def test_what_a_rule_refuses_has_its_own_code_as_reason() -> None:
    told = {name for name, reason in REASONS.items() if reason.code is RpcCode.REJECTED}
    assert told == codes_below(ChainError)


def test_every_reason_that_the_edge_names_is_in_the_list() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCES.glob("*.py"))
    things = re.findall(r'problems\.not_found\(\s*"(\w+)"', text)
    limits = re.findall(r'problems\.limit_error\(\s*"(\w+)"', text)
    assert {f"{thing}_not_found" for thing in things} | set(limits) <= set(REASONS)
    assert things
    assert limits


@each_reason
def test_reason_is_a_name_with_a_title_a_status_and_an_advice(reason: Reason) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", reason.name)
    assert reason.title.lower().replace(" ", "_") == reason.name
    assert 400 <= reason.status <= 503
    assert len(reason.advice) > 10
    assert not reason.advice.endswith(".")
    assert 1 <= reason.exit_code <= 5


def test_every_code_has_a_reason() -> None:
    assert {reason.code for reason in REASONS.values()} == set(RpcCode)
