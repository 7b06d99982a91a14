import json
from pathlib import Path

import pytest

from chain.errors import ConfigError
from node.api.settings import ApiEdgeSettings, read_edge_settings

LEAST = {"chain_id": "aitbc-test", "genesis_hash": "ab" * 32}


def write(path: Path, content: object) -> Path:
    file = path / "api.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def test_chain_is_all_that_must_be_said(tmp_path: Path) -> None:
    settings = read_edge_settings(write(tmp_path, LEAST))
    assert (settings.host, settings.port) == ("127.0.0.1", 8545)
    assert settings.genesis == bytes.fromhex("ab" * 32)
    assert settings.limits.batch_max == 100


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    settings = ApiEdgeSettings(**LEAST, port=0, lifeline_fd=0, allowed_hosts=("a.example",))
    assert read_edge_settings(write(tmp_path, settings.model_dump_json())) == settings


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({**LEAST, "genesis_hash": "AB" * 32}, "genesis_hash"),
        ({**LEAST, "port": 65_536}, "port"),
        ({**LEAST, "colour": 1}, "colour"),
        ({**LEAST, "limits": {"batch_max": 0}}, "limits.batch_max"),
        ("[", "file"),
    ],
)
def test_wrong_setting_is_named(tmp_path: Path, content: object, named: str) -> None:
    with pytest.raises(ConfigError, match=f"the setting {named}:"):
        read_edge_settings(write(tmp_path, content))


def test_missing_file_is_a_plain_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        read_edge_settings(tmp_path / "none.json")
