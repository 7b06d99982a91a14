import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.answers import node_that_says
from tests.support.command_line import aitbc
from tests.support.served_market import ServedMarket

ROOT = Path(__file__).resolve().parents[3]


def test_block_is_shown_by_height_hash_and_as_the_latest(market: ServedMarket) -> None:
    document = json.loads(aitbc("block", "2", "--json", "--rpc", market.url).stdout)
    for named in ("2", document["hash"]):
        shown = aitbc("block", named, "--rpc", market.url).stdout.splitlines()
        assert shown[0].split() == ["height", "2"]
        assert shown[1].split() == ["hash", document["hash"]]
    assert aitbc("block", "--rpc", market.url).stdout.startswith("height             5\n")
    line = aitbc("block", "2", "--jsonl", "--rpc", market.url).stdout
    assert json.loads(line) == document
    assert line.count("\n") == 1


def test_genesis_is_a_block_without_signatures(market: ServedMarket) -> None:
    shown = aitbc("block", "0", "--rpc", market.url)
    assert shown.exit_code == 0
    assert "signed by" not in shown.stdout


def test_unknown_block_is_3_and_nonsense_is_2(market: ServedMarket) -> None:
    assert aitbc("block", "999", "--rpc", market.url).exit_code == 3
    assert aitbc("block", "0x" + "ab" * 32, "--rpc", market.url).exit_code == 3
    assert aitbc("block", "soon", "--rpc", market.url).exit_code == 2


@pytest.mark.parametrize("form", [(), ("--jsonl",)])
def test_blocks_are_told_as_they_come(own_market: ServedMarket, form: tuple[str, ...]) -> None:
    command = (sys.executable, "-m", "node", "block", "5", "--watch", *form)
    watching = subprocess.Popen(
        [*command, "--rpc", own_market.url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert watching.stdout is not None
    try:
        heights = []
        for _ in range(3):
            line = watching.stdout.readline()
            heights.append(json.loads(line)["height"] if form else line.split()[0])
            own_market.served.blocks(1)
        assert heights == ([5, 6, 7] if form else ["#5", "#6", "#7"])
    finally:
        watching.send_signal(2)
        assert watching.wait(60) == 130
        watching.stdout.close()


@pytest.mark.parametrize("answer", [None, [], {}, {"height": 3}])
@pytest.mark.parametrize("watch", [(), ("--watch",)])
def test_strange_answer_is_one_sentence(answer: object, watch: tuple[str, ...]) -> None:
    with node_that_says(answer) as url:
        done = aitbc("block", *watch, "--rpc", url)
    assert done.exit_code == 4
    assert "does not answer as a node of this program" in done.stderr
