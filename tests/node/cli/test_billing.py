import json

import pytest
from click.testing import Result

from chain.address import format_address
from tests.support.answers import node_that_says
from tests.support.builders import key_of
from tests.support.command_line import aitbc
from tests.support.served_market import ServedMarket

CLIENT = format_address(key_of("client").address)
GATEWAY = key_of("gateway").public_key.hex()


def run(market: ServedMarket, *arguments: object) -> Result:
    return aitbc("billing", *arguments, "--rpc", market.url)


def test_account_shows_what_is_held(own_market: ServedMarket) -> None:
    shown = run(own_market, "account", CLIENT)
    assert shown.exit_code == 0
    assert "reserved   0.000300 AITBC" in shown.stdout
    document = json.loads(run(own_market, "account", CLIENT, "--json").stdout)
    assert document["account"]["reserved"] == "300"
    assert document["holds"]["items"] == []  # the reservation is closing: its claim is in dispute


def test_usage_lists_what_moved(market: ServedMarket) -> None:
    shown = run(market, "usage", CLIENT)
    rows = [line.split()[2:4] for line in shown.stdout.splitlines()[1:]]
    assert ["paid", "0.000300"] in rows
    assert rows.count(["reserved", "0.000300"]) == 2
    items = json.loads(run(market, "usage", CLIENT, "--json").stdout)["items"]
    assert len(items) == len(rows)


def test_usage_is_summed_up_by_model(market: ServedMarket) -> None:
    shown = run(market, "usage", CLIENT, "--group-by", "model")
    assert shown.stdout.splitlines()[1].split() == [
        *("llama3.2", "2", "3", "gpu_seconds", "0.000300")
    ]


def test_keys_are_listed_with_what_is_left(market: ServedMarket) -> None:
    shown = run(market, "keys", CLIENT)
    assert shown.stdout.splitlines()[1].split() == [
        *("gateway", "reserve,accept", "0.000000", "0.000500", "0.000200", "#90", f"0x{GATEWAY}")
    ]
    document = json.loads(run(market, "keys", CLIENT, "--json").stdout)
    assert document["grants"][0]["label"] == "gateway"


@pytest.mark.parametrize("command", ["account", "usage", "keys"])
def test_node_that_is_away_or_strange_is_4(command: str) -> None:
    assert aitbc("billing", command, CLIENT, "--rpc", "http://127.0.0.1:1").exit_code == 4
    with node_that_says({"items": [{}], "nextCursor": None, "grants": [{}]}) as url:
        done = aitbc("billing", command, CLIENT, "--rpc", url)
    assert done.exit_code == 4
    assert "does not answer as a node of this program" in done.stderr
