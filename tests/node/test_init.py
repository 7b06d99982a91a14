import os
import stat
from pathlib import Path

import pytest

from chain.errors import ConfigError
from genesis.document import read_genesis
from genesis.make import format_document, make_devnet_document
from node.config import NodeSettings, RpcSettings, load_settings
from node.home import Home
from node.init import init_home
from node.keystore import read_key

SEED = bytes(range(32))


@pytest.fixture
def genesis(tmp_path: Path) -> Path:
    """A valid document."""
    path = tmp_path / "the chain.json"
    path.write_text(format_document(make_devnet_document()))
    return path


def test_home_has_what_a_node_needs(tmp_path: Path, genesis: Path) -> None:
    home = Home(tmp_path / "node")
    assert init_home(home, genesis=genesis) is None
    home.check()
    assert read_genesis(home.genesis).hash == read_genesis(genesis).hash
    assert load_settings(home) == NodeSettings()
    assert not home.validator_key.exists()


def test_validator_gets_a_key_of_its_own(tmp_path: Path, genesis: Path) -> None:
    keys = []
    for name in ("one", "two"):
        home = Home(tmp_path / name)
        key = init_home(home, genesis=genesis, validator=True)
        assert key is not None
        assert read_key(home.validator_key).public_key == key.public_key
        keys.append(key.public_key)
    assert keys[0] != keys[1]


def test_settings_are_written(tmp_path: Path, genesis: Path) -> None:
    home = Home(tmp_path / "node")
    settings = NodeSettings(name="alice", rpc=RpcSettings(port=1, allowed_hosts=("a", "b")))
    init_home(home, genesis=genesis, settings=settings)
    assert load_settings(home) == settings


def test_environment_is_not_written_into_the_home(
    tmp_path: Path, genesis: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AITBC_RPC__PORT", "9")
    home = Home(tmp_path / "node")
    init_home(home, genesis=genesis)
    monkeypatch.delenv("AITBC_RPC__PORT")
    assert load_settings(home).rpc.port == 8545


def test_home_of_a_node_is_left_alone(tmp_path: Path, genesis: Path) -> None:
    home = Home(tmp_path / "node")
    key = init_home(home, genesis=genesis, validator=True)
    with pytest.raises(ConfigError, match=r"is a node's home already"):
        init_home(home, genesis=genesis, validator=True)
    assert key is not None
    assert read_key(home.validator_key).public_key == key.public_key


def test_invalid_document_makes_no_home(tmp_path: Path) -> None:
    document = tmp_path / "genesis.json"
    document.write_text("{}")
    with pytest.raises(ConfigError, match=r"lacks the field"):
        init_home(Home(tmp_path / "node"), genesis=document)
    assert not (tmp_path / "node").exists()


def test_attempt_that_was_cut_short_is_finished_with_its_key(tmp_path: Path, genesis: Path) -> None:
    home = Home(tmp_path / "node")
    first = init_home(home, genesis=genesis, validator=True)
    home.genesis.unlink()
    second = init_home(home, genesis=genesis, validator=True)
    assert first is not None
    assert second is not None
    assert first.public_key == second.public_key
    home.check()


def test_file_that_cannot_be_written_is_named(tmp_path: Path, genesis: Path) -> None:
    home = Home(tmp_path / "node")
    home.config.mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"cannot write .*config\.toml: Is a directory"):
        init_home(home, genesis=genesis)


def test_home_below_a_file_is_named(tmp_path: Path, genesis: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot make the folder .*: Not a directory"):
        init_home(Home(genesis / "node"), genesis=genesis)


def test_umask_of_the_operator_does_not_open_the_key(tmp_path: Path, genesis: Path) -> None:
    before = os.umask(0)
    try:
        home = Home(tmp_path / "node")
        init_home(home, genesis=genesis, validator=True, seed=SEED)
    finally:
        os.umask(before)
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.validator_key.stat().st_mode) == 0o600
