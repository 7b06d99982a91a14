import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from node.home import Home
from tests.support.answers import node_that_says
from tests.support.command_line import aitbc
from tests.support.home_chain import make_home
from tests.support.served_chain import served_chain


def fields(shown: str) -> dict[str, str]:
    """Return what is printed, by name."""
    return {line.split()[0]: line.split(maxsplit=1)[1] for line in shown.splitlines()}


def test_status_says_how_a_node_is(tmp_path: Path) -> None:
    with served_chain(tmp_path) as served:
        served.say(peers=3, catching_up=False)
        well = aitbc("node", "status", "--rpc", served.url)
        served.say(peers=3, catching_up=True, best=10, blocks_per_s=2, remaining_s=5)
        behind = aitbc("node", "status", "--rpc", served.url)
        found = json.loads(aitbc("node", "status", "--json", "--rpc", served.url).stdout)
        lines = aitbc("node", "status", "--jsonl", "--rpc", served.url).stdout.splitlines()
        served.say(peers=2, catching_up=False, cut_peers=1)
        apart = aitbc("node", "status", "--rpc", served.url)
        served.say(peers=0, catching_up=False)
        alone = aitbc("node", "status", "--rpc", served.url)
    assert well.exit_code == 0
    assert fields(well.stdout)["state"] == "following the chain"
    assert fields(well.stdout)["peers"] == "3"
    assert "apart" not in fields(well.stdout)
    assert fields(apart.stdout)["apart"] == "cut off by the operator from peers: 1"
    assert behind.exit_code == 1
    assert fields(behind.stdout)["state"] == (
        "catching up, 10 %: 1 of 10 blocks, 2 a second, ~5 s left"
    )
    assert [json.loads(one) for one in lines] == [found]
    assert found["best"] == 10
    assert [one["of"] for one in found["signing"]] == [1] * 4
    assert alone.exit_code == 1
    assert fields(alone.stdout)["state"] == "linked with nobody"


@pytest.mark.parametrize("answer", [None, {}, {"peers": 0}, {"validators": [], "items": 3}])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_strange_answer_is_one_sentence(answer: object, form: tuple[str, ...]) -> None:
    with node_that_says(answer) as url:
        done = aitbc("node", "status", "--rpc", url, *form)
    assert done.exit_code == 4
    assert "does not answer as a node of this program" in done.stderr


def test_node_that_does_not_run_is_told_how_to_start(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    for command in ("status", "peers"):
        done = aitbc("node", command, "--home", home.root)
        assert done.exit_code == 4
        assert f"start it with: aitbc node start --home {home.root}" in done.stderr
        done = aitbc("node", command, "--home", tmp_path)
        assert done.exit_code == 2
        assert "aitbc node init" in done.stderr


@pytest.mark.network
@pytest.mark.slow
def test_running_node_is_found_by_its_home(running_home: Home) -> None:
    done = aitbc("node", "status", "--home", running_home.root)
    assert done.exit_code == 0, done.output
    said = fields(done.stdout)
    assert said["role"] == "validator"
    assert said["state"] == "following the chain"
    shown = aitbc("node", "peers", "--home", running_home.root, "--json")
    assert json.loads(shown.stdout) == {"peers": []}


@pytest.mark.network
@pytest.mark.slow
def test_peers_of_the_settings_are_named_though_they_are_away(running_home: Home) -> None:
    address = "/ip4/127.0.0.1/tcp/1/p2p/12D3KooWAway"
    variables = {"AITBC_P2P__PEERS": json.dumps([address])}
    shown = aitbc("node", "peers", "--home", running_home.root, variables=variables)
    assert shown.stdout.splitlines()[1].split() == ["12D3KooWAway", "away", address]


@pytest.mark.network
@pytest.mark.slow
def test_status_is_watched_until_ctrl_c(running_home: Home) -> None:
    command = (sys.executable, "-m", "node", "node", "status", "--watch", "--home")
    watching = subprocess.Popen(
        [*command, str(running_home.root)], stdout=subprocess.PIPE, text=True
    )
    assert watching.stdout is not None
    try:
        for _ in range(2):
            assert "following the chain" in watching.stdout.readline()
    finally:
        watching.send_signal(signal.SIGINT)
        assert watching.wait(60) == 130
        watching.stdout.close()
