import json
from pathlib import Path

import pytest

from node.home import Home
from tests.support.command_line import aitbc
from tests.support.home_chain import make_home


def test_home_that_can_work_ends_with_0_and_its_notes(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    (home.config).write_text('[rpc]\nport = 0\n[p2p]\nlisten = "/ip4/127.0.0.1/tcp/0"\n')
    done = aitbc("node", "check", "--home", home.root)
    assert done.exit_code == 0, done.stdout
    lines = done.stdout.splitlines()
    assert "note   chain     no block yet: its first start makes the database" in lines
    assert f"{'':17}aitbc node start --home {home.root}" in lines
    found = json.loads(aitbc("node", "check", "--home", home.root, "--json").stdout)["findings"]
    assert [one["name"] for one in found if one["state"] == "note"] == ["chain", "node"]


def test_fault_ends_with_1_and_says_what_to_do(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    home.root.chmod(0o755)
    done = aitbc("node", "check", "--home", home.root)
    assert done.exit_code == 1
    assert f"wrong  home      {home.root} is open to other users; run: chmod 700" in done.stdout
    assert aitbc("node", "check", "--home", home.root, "--json").exit_code == 1
    assert aitbc("node", "check", "--home", tmp_path).exit_code == 1


@pytest.mark.network
@pytest.mark.slow
def test_running_node_is_asked(running_home: Home) -> None:
    done = aitbc("node", "check", "--home", running_home.root)
    assert done.exit_code == 0, done.stdout
    for said in ("running, called validator-0", "has the whole chain", "votes as validator-0"):
        assert said in done.stdout
