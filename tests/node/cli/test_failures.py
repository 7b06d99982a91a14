import json

import click
import pytest

from chain.errors import ConfigError
from node.cli.failures import Failure, tell, wants_json
from node.rpc_client import NodeUnreachable, RpcRefused
from tests.support.command_line import aitbc

REFUSED = RpcRefused(
    detail="too little",
    rpc_code=-32003,
    reason="insufficient_balance",
    data={"reason": "insufficient_balance", "needed": 7, "available": 1},
)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ([], False),
        (["receipts", "--json"], True),
        (["block", "--watch", "--jsonl"], True),
        (["rpc", "ait_status", "--", "--json"], False),
        (["rpc", "--json", "--", "x"], True),
        (["receipts", "--js"], False),
    ],
)
def test_option_says_whether_a_program_reads(words: list[str], *, wanted: bool) -> None:
    assert wants_json(words) is wanted


@pytest.mark.parametrize(
    ("error", "code", "name", "said"),
    [
        (ConfigError(detail="no"), 2, "config_error", "no"),
        (NodeUnreachable(url="u", detail="gone"), 4, "node_unreachable", "cannot reach a node"),
        (REFUSED, 5, "insufficient_balance", "too little"),
        (click.UsageError("no such thing"), 2, "usage", "no such thing"),
        (click.ClickException("failed"), 1, "usage", "failed"),
        (click.Abort(), 130, "interrupted", "interrupted"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_error_is_told_to_people_and_to_programs_with_the_same_code(
    error: Failure, code: int, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tell(error, as_json=False) == code
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""
    assert tell(error, as_json=True) == code
    shown = capsys.readouterr()
    document = json.loads(shown.err)["error"]
    assert shown.out == ""
    assert list(document) == ["code", "message", "advice", "data", "exitCode"]
    assert (document["code"], document["exitCode"]) == (name, code)
    assert said in document["message"]


def test_refusal_says_its_figures_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    tell(REFUSED, as_json=True)
    document = json.loads(capsys.readouterr().err)["error"]
    assert document["data"]["needed"] == 7
    assert document["advice"] == ["look at it with: aitbc account show ADDRESS"]


def test_wrong_usage_names_the_help_of_the_command() -> None:
    done = aitbc("account", "show", "--json")
    assert json.loads(done.stderr)["error"]["advice"] == ["aitbc account show --help"]
    done = aitbc("account", "shew", "--json")
    assert "Did you mean 'show'?" in json.loads(done.stderr)["error"]["message"]
