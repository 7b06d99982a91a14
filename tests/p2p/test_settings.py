import json
from pathlib import Path
from typing import Any

import pytest

from chain.errors import ConfigError
from p2p.settings import EdgeSettings

DOCUMENT: dict[str, Any] = {
    "genesis_hash": "01" * 32,
    "listen": ["/ip4/127.0.0.1/tcp/0"],
    "node_key": "keys/node",
    "core_socket": "core.sock",
    "gossip_counter": 7,
}


def test_file_holds_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "edge.json"
    path.write_text(json.dumps({**DOCUMENT, "persistent_peers": ["a"], "lifeline_fd": 3}))
    settings = EdgeSettings.load(path)
    assert settings.genesis_hash == b"\1" * 32
    assert settings.node_key == Path("keys/node")
    assert settings.persistent_peers == ("a",)
    assert EdgeSettings.of(settings.document()) == settings


@pytest.mark.parametrize("name", DOCUMENT)
def test_missing_setting_is_an_error_of_the_operator(name: str) -> None:
    with pytest.raises(ConfigError, match="edge"):
        EdgeSettings.of({key: value for key, value in DOCUMENT.items() if key != name})


@pytest.mark.parametrize(
    "change", [{"unknown": 1}, {"genesis_hash": "01"}, {"genesis_hash": "x"}, {"listen": []}]
)
def test_wrong_setting_is_an_error_of_the_operator(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        EdgeSettings.of({**DOCUMENT, **change})


@pytest.mark.parametrize("text", ["", "[", "\0"])
def test_unreadable_file_is_an_error_of_the_operator(tmp_path: Path, text: str) -> None:
    path = tmp_path / "edge.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match="cannot read"):
        EdgeSettings.load(path)
    with pytest.raises(ConfigError, match="cannot read"):
        EdgeSettings.load(tmp_path / "missing.json")
