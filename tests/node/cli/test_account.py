import json
import subprocess
import sys
from pathlib import Path

import pytest

from chain.address import format_address
from tests.support.answers import node_that_says
from tests.support.builders import key_of
from tests.support.command_line import aitbc
from tests.support.served_market import ServedMarket

CLIENT = format_address(key_of("client").address)
ROOT = Path(__file__).resolve().parents[3]


def test_account_is_shown_with_what_waits(market: ServedMarket) -> None:
    shown = aitbc("account", "show", CLIENT, "--rpc", market.url)
    assert shown.exit_code == 0
    lines = dict(line.split(maxsplit=1) for line in shown.stdout.splitlines() if line[0] != " ")
    assert lines["address"] == CLIENT
    assert lines["available"] == "0.999400 AITBC"
    assert lines["pending"] == "0.000300 AITBC of it, in claims"
    assert "bonds" not in lines
    document = json.loads(aitbc("account", "show", CLIENT, "--json", "--rpc", market.url).stdout)
    assert (document["balance"], document["reserved"], document["nonce"]) == ("999400", "300", 3)


def test_balance_is_a_number_alone(market: ServedMarket) -> None:
    assert aitbc("account", "balance", CLIENT, "--rpc", market.url).stdout == "0.999400\n"
    for form in ("--json", "--jsonl"):
        shown = aitbc("account", "balance", CLIENT, form, "--rpc", market.url).stdout
        assert json.loads(shown)["available"] == "999400"
    assert shown.count("\n") == 1


def test_watched_balance_is_told_when_it_changes(own_market: ServedMarket) -> None:
    command = (sys.executable, "-m", "node", "account", "balance", CLIENT, "--watch")
    watching = subprocess.Popen(
        [*command, "--rpc", own_market.url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert watching.stdout is not None
    try:
        assert watching.stdout.readline() == "0.999400\n"
        sent = aitbc(
            *("tx", "send", "0.0001", "--from", own_market.keys["client"]),
            *("--to", format_address(key_of("miner").address), "--rpc", own_market.url),
        )
        assert sent.exit_code == 0, sent.stderr
        assert watching.stdout.readline() == "0.999300\n"
    finally:
        watching.send_signal(2)
        assert watching.wait(60) == 130
        watching.stdout.close()


def test_history_says_what_went_out_and_what_came_in(market: ServedMarket) -> None:
    shown = aitbc("account", "history", CLIENT, "--rpc", market.url)
    rows = [line.split() for line in shown.stdout.splitlines()[1:]]
    moved = [(row[2], row[3]) for row in rows]
    reserves = [("reserve", "-0.000300")] * 2
    assert moved == [("grant", "0.000000"), ("claim", "0.000300"), ("claim", "0.000300"), *reserves]
    only = aitbc("account", "history", CLIENT, "--kind", "reserve", "--rpc", market.url)
    assert len(only.stdout.splitlines()) == 3


def test_unknown_wallet_and_mistyped_address_are_told_apart(
    market: ServedMarket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AITBC_WALLETS", str(tmp_path))
    for command in ("show", "balance", "history"):
        assert aitbc("account", command, "nobody", "--rpc", market.url).exit_code == 3
        assert aitbc("account", command, CLIENT[:-1], "--rpc", market.url).exit_code == 2
        assert aitbc("account", command, CLIENT, "--rpc", "http://127.0.0.1:1").exit_code == 4


@pytest.mark.parametrize("command", ["show", "balance", "history"])
@pytest.mark.parametrize("answer", [None, [], {}, {"available": 7}, {"items": 7}, {"items": [{}]}])
def test_strange_answer_is_one_sentence(command: str, answer: object) -> None:
    with node_that_says(answer) as url:
        done = aitbc("account", command, CLIENT, "--rpc", url)
    assert done.exit_code == 4
    assert "does not answer as a node of this program" in done.stderr
