"""``aitbc rpc``: what comes back, and what it says when nothing good does."""

import json

import pytest

from tests.support.answers import node_that_refuses, node_that_says, server_that_says
from tests.support.command_line import aitbc

DOCUMENT = {
    "openrpc": "1.2.6",
    "methods": [
        {"name": "ait_getBlock", "summary": "A block.", "params": [{"name": "block"}]},
        {"name": "ait_status", "params": []},
    ],
}


def test_result_is_printed_as_json() -> None:
    with node_that_says({"height": 3}) as url:
        done = aitbc("rpc", "ait_status", "--rpc", url)
    assert (done.exit_code, done.stdout) == (0, '{\n  "height": 3\n}\n')


def test_node_of_the_environment_is_asked() -> None:
    with node_that_says(3) as url:
        done = aitbc("rpc", "ait_status", variables={"AITBC_RPC_URL": url})
    assert (done.exit_code, done.stdout) == (0, "3\n")


def test_parameter_that_is_no_json_is_a_text() -> None:
    asked: list[object] = []
    with node_that_says(None, asked=asked) as url:
        aitbc("rpc", "x", "1", "latest", "[true]", "--rpc", url)
        aitbc("rpc", "x", '{"block": "1"}', "--rpc", url)
    assert [one["params"] for one in asked if isinstance(one, dict)] == [
        [1, "latest", [True]],
        {"block": "1"},
    ]


def test_methods_are_listed() -> None:
    with node_that_says(DOCUMENT) as url:
        listed = aitbc("rpc", "discover", "--rpc", url)
        whole = aitbc("rpc", "discover", "--json", "--rpc", url)
    lines = listed.stdout.splitlines()
    assert lines[1].split() == ["ait_getBlock", "block", "A", "block."]
    assert lines[2].split() == ["ait_status", "-", "-"]
    assert json.loads(whole.stdout) == DOCUMENT


def test_answer_that_lists_no_methods_is_refused() -> None:
    with node_that_says({"methods": 3}) as url:
        done = aitbc("rpc", "discover", "--rpc", url)
    assert done.exit_code == 4
    assert "is no OpenRPC document" in done.stderr


@pytest.mark.parametrize(
    ("rpc_code", "reason", "code"),
    [(-32601, "unknown_method", 2), (-32001, "block_not_found", 3), (-32603, "internal_error", 1)],
)
def test_refusal_is_one_sentence_and_a_code(rpc_code: int, reason: str, code: int) -> None:
    with node_that_refuses(rpc_code, "there is no method x", reason) as url:
        done = aitbc("rpc", "x", "--rpc", url)
    assert done.exit_code == code
    assert done.stderr.splitlines()[0] == "aitbc: there is no method x"


def test_node_that_does_not_answer_is_said_with_what_to_do() -> None:
    done = aitbc("rpc", "ait_status", "--rpc", "http://127.0.0.1:1")
    assert done.exit_code == 4
    assert done.stderr.startswith("aitbc: cannot reach a node at http://127.0.0.1:1 (connection re")
    assert "aitbc devnet up" in done.stderr


def test_answer_that_is_no_json_rpc_is_one_sentence() -> None:
    for body in (b"<html>", b"[]", b"3"):
        with server_that_says(body) as url:
            done = aitbc("rpc", "ait_status", "--rpc", url)
        assert done.exit_code == 4
        assert "does not answer JSON-RPC" in done.stderr
