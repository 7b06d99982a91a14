import json
from pathlib import Path

import pytest
from click.testing import Result

from node.config import NodeSettings
from node.home import Home
from node.init import init_home
from tests.support.command_line import aitbc
from tests.support.proofs import a_genesis_document


@pytest.fixture
def home(tmp_path: Path) -> Home:
    genesis = tmp_path / "genesis.json"
    genesis.write_text(json.dumps(a_genesis_document()))
    made = Home(tmp_path / "home")
    init_home(made, genesis=genesis)
    made.config.write_text("# mine\nname = 'ada'  # who\n\n[rpc]\nport = 9000\n")
    return made


def run(home: Home, *arguments: str) -> Result:
    return aitbc("config", *arguments, "--home", home.root)


def test_settings_are_listed_with_where_they_come_from(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AITBC_LOG__LEVEL", "debug")
    shown = [line.split() for line in run(home, "show").stdout.splitlines()]
    assert ["name", '"ada"', "config.toml"] in shown
    assert ["log.level", '"debug"', "AITBC_LOG__LEVEL"] in shown
    assert ["rpc.host", '"127.0.0.1"', "default"] in shown
    document = json.loads(run(home, "show", "--json").stdout)
    assert document["rpc.port"] == [9000, "config.toml"]


def test_one_setting_is_printed(home: Home) -> None:
    assert run(home, "get", "rpc.port").stdout == "9000\n"
    assert run(home, "get", "p2p.peers").stdout == "[]\n"


def test_setting_is_changed_and_comments_stay(home: Home) -> None:
    done = run(home, "set", "rpc.port", "9001")
    assert (done.exit_code, done.stdout) == (0, "rpc.port = 9001\n")
    text = home.config.read_text()
    assert text == "# mine\nname = 'ada'  # who\n\n[rpc]\nport = 9001\n"
    done = run(home, "set", "rpc.port", "9002", "--json")
    assert json.loads(done.stdout) == {"name": "rpc.port", "value": 9002}


def test_path_is_printed(home: Home) -> None:
    assert run(home, "path").stdout == f"{home.config}\n"
    assert json.loads(run(home, "path", "--json").stdout) == {"path": str(home.config)}


@pytest.mark.parametrize("command", [("get", "rpc.prot"), ("set", "rpc.prot", "1")])
def test_unknown_setting_is_refused(home: Home, command: tuple[str, ...]) -> None:
    done = run(home, *command)
    assert done.exit_code == 2
    assert "there is no setting 'rpc.prot'" in done.stderr


def test_value_that_no_node_takes_is_refused(home: Home) -> None:
    before = home.config.read_text()
    done = run(home, "set", "rpc.port", "70000")
    assert done.exit_code == 2
    assert "the setting rpc.port" in done.stderr
    assert home.config.read_text() == before


def test_folder_that_is_no_home_is_refused(tmp_path: Path) -> None:
    assert run(Home(tmp_path), "set", "rpc.port", "1").exit_code == 2
    assert json.loads(run(Home(tmp_path), "get", "rpc.port").stdout) == NodeSettings().rpc.port
