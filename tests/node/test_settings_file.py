from pathlib import Path

import pytest

from chain.errors import ConfigError
from node.config import NodeSettings, load_settings
from node.home import Home
from node.settings_file import find_sources, list_settings, set_setting


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_every_setting_has_a_dotted_name() -> None:
    settings = list_settings(NodeSettings())
    assert settings["name"] == "node"
    assert settings["rpc.port"] == 8545
    assert not any(isinstance(value, dict) for value in settings.values())


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("name", "ada", "ada"),
        ("name", '"ada"', "ada"),
        ("rpc.enabled", "false", False),
        ("rpc.port", "0", 0),
        ("p2p.peers", '["/ip4/127.0.0.1/tcp/1"]', ["/ip4/127.0.0.1/tcp/1"]),
        ("p2p.listen", "/ip4/0.0.0.0/tcp/1", "/ip4/0.0.0.0/tcp/1"),
    ],
)
def test_setting_is_read_back(home: Home, name: str, text: str, value: object) -> None:
    assert set_setting(home, name, text) == value
    assert list_settings(load_settings(home))[name] == value
    assert find_sources(home)[name] == "config.toml"
    assert sorted(path.name for path in home.root.iterdir()) == ["config.toml"]


@pytest.mark.parametrize(("name", "text"), [("rpc.port", "many"), ("name", "a b"), ("rpc", "1")])
def test_refused_setting_leaves_the_file(home: Home, name: str, text: str) -> None:
    home.config.write_text("name = 'bob'\n")
    with pytest.raises(ConfigError, match="setting") as caught:
        set_setting(home, name, text)
    assert ".settings" not in str(caught.value)
    assert home.config.read_text() == "name = 'bob'\n"
    assert sorted(path.name for path in home.root.iterdir()) == ["config.toml"]


def test_file_that_is_no_toml_is_named(home: Home) -> None:
    home.config.write_text("name = \n")
    for use in (lambda: find_sources(home), lambda: set_setting(home, "name", "x")):
        with pytest.raises(ConfigError, match=r"config\.toml is not valid TOML"):
            use()


def test_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot write"):
        set_setting(Home(tmp_path / "none"), "name", "x")
