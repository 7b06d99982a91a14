import csv
import json
from pathlib import Path

import pytest

from chain.address import format_address
from node.sealed_key import Cost, seal
from node.wallets import Wallets
from tests.support.answers import node_that_says
from tests.support.builders import key_of, seed_of
from tests.support.command_line import aitbc
from tests.support.served_market import ServedMarket

CLIENT, MINER = (format_address(key_of(name).address) for name in ("client", "miner"))


def ids(*arguments: object) -> list[str]:
    """Return the receipts that a filter lets through."""
    shown = aitbc("receipts", "--json", *arguments)
    assert shown.exit_code == 0, shown.stderr
    return [one["receiptId"] for one in json.loads(shown.stdout)["items"]]


def test_receipts_are_listed_with_what_they_cost(market: ServedMarket) -> None:
    shown = aitbc("receipts", "--rpc", market.url)
    head, waits, paid = (line.split() for line in shown.stdout.splitlines())
    assert head == ["RECEIPT", "STATUS", "MODEL", "UNITS", "PRICE", "MINER", "BLOCK", "AGE"]
    assert waits[:7] == [
        "receipt-2",
        "pending",
        "llama3.2",
        "1.5",
        "gpu_seconds",
        "0.000300",
        MINER,
    ]
    assert paid[:2] == ["receipt-1", "paid"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ((), ["receipt-2", "receipt-1"]),
        (("--client", CLIENT), ["receipt-2", "receipt-1"]),
        (("--client", MINER), []),
        (("--miner", MINER, "--status", "paid"), ["receipt-1"]),
        (("--status", "pending"), ["receipt-2"]),
        (("--model", "other"), []),
        (("--limit", 1), ["receipt-2"]),
        (("--address", MINER), ["receipt-2", "receipt-1"]),
        (("--address", CLIENT, "--miner", CLIENT), []),
        (("--since", "0s"), []),
        (("--until", "1970-01-01"), []),
        (("--since", "1970-01-01", "--until", "2100-01-01"), ["receipt-2", "receipt-1"]),
    ],
)
def test_filters_are_the_nodes(
    market: ServedMarket, wanted: tuple[object, ...], found: list[str]
) -> None:
    assert ids(*wanted, "--rpc", market.url) == found


def test_pages_follow_each_other(market: ServedMarket) -> None:
    first = aitbc("receipts", "--limit", 1, "--rpc", market.url)
    cursor = first.stderr.split("--cursor ")[1].split(",")[0]
    assert ids("--cursor", cursor, "--rpc", market.url) == ["receipt-1"]
    assert ids("--all", "--rpc", market.url) == ["receipt-2", "receipt-1"]


def test_page_after_a_span_begins_at_the_same_moment(market: ServedMarket) -> None:
    first = aitbc("receipts", "--limit", 1, "--since", "5000w", "--rpc", market.url)
    more = first.stderr.split("the same with ")[1].split(", or")[0].split()
    assert more[0] == "--since"
    assert ids(*more, "--rpc", market.url) == ["receipt-1"]


def test_mine_are_those_of_the_only_wallet(
    market: ServedMarket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AITBC_WALLETS", str(tmp_path / "wallets"))
    none = aitbc("receipts", "--mine", "--rpc", market.url)
    assert (none.exit_code, "aitbc wallet new" in none.stderr) == (2, True)
    folder = Wallets(tmp_path / "wallets")
    folder.add("miner", seal(seed_of("miner"), "correct horse", cost=Cost.DEVNET))
    assert ids("--mine", "--rpc", market.url) == ["receipt-2", "receipt-1"]
    both = aitbc("receipts", "--mine", "--address", MINER, "--rpc", market.url)
    assert both.exit_code == 2
    folder.add("stranger", seal(seed_of("stranger"), "correct horse", cost=Cost.DEVNET))
    several = aitbc("receipts", "--mine", "--rpc", market.url)
    assert several.exit_code == 2
    assert "the wallets miner, stranger: name one with --address" in several.stderr
    assert ids("--address", "stranger", "--rpc", market.url) == []


def test_csv_and_lines_hold_what_json_holds(market: ServedMarket) -> None:
    items = json.loads(aitbc("receipts", "--json", "--rpc", market.url).stdout)["items"]
    lines = aitbc("receipts", "--jsonl", "--rpc", market.url).stdout.splitlines()
    assert list(map(json.loads, lines)) == items
    rows = list(csv.DictReader(aitbc("receipts", "--csv", "--rpc", market.url).stdout.splitlines()))
    assert rows == [
        {name: "" if value is None else str(value) for name, value in item.items()}
        for item in items
    ]


def test_wrong_usage_is_refused(
    market: ServedMarket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AITBC_WALLETS", str(tmp_path))
    for arguments, code in (
        (("--csv", "--json"), 2),
        (("--status", "lost"), 2),
        (("--limit", "501"), 2),
        (("--cursor", "nonsense"), 2),
        (("--client", "nobody"), 3),
    ):
        assert aitbc("receipts", *arguments, "--rpc", market.url).exit_code == code


@pytest.mark.parametrize(
    "answer", [None, {}, {"items": 3, "nextCursor": None}, {"items": [{}], "nextCursor": None}]
)
def test_strange_answer_is_one_sentence(answer: object) -> None:
    with node_that_says(answer) as url:
        done = aitbc("receipts", "--rpc", url)
    assert done.exit_code == 4
    assert "does not answer as a node of this program" in done.stderr


def test_hostile_text_does_not_steer_the_terminal(market: ServedMarket) -> None:
    answer = json.loads(aitbc("receipts", "--limit", 1, "--json", "--rpc", market.url).stdout)
    answer["items"][0]["model"] = "\x1b]0;owned\x07"
    with node_that_says(answer) as url:
        done = aitbc("receipts", "--rpc", url)
    assert "?]0;owned?" in done.stdout
