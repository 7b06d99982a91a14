import tomllib
from pathlib import Path

import pytest

from chain.errors import ConfigError
from node.config import (
    ConsensusSettings,
    LogSettings,
    NodeSettings,
    P2pSettings,
    RpcSettings,
    format_settings,
    load_settings,
)
from node.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A folder that may hold a config.toml."""
    return Home(tmp_path)


def write(home: Home, text: str) -> None:
    """Write a home's settings."""
    home.config.write_text(text)


def refusal(home: Home, **flags: object) -> str:
    """Return the sentence with which a home's settings are refused; it is one line."""
    with pytest.raises(ConfigError) as caught:
        load_settings(home, flags)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_home_without_a_file_has_the_defaults(home: Home) -> None:
    assert load_settings(home) == NodeSettings()


def test_flag_wins_over_environment_over_file_over_default(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings(home).rpc.port == 8545
    write(home, "[rpc]\nport = 1\n")
    assert load_settings(home).rpc.port == 1
    monkeypatch.setenv("AITBC_RPC__PORT", "2")
    assert load_settings(home).rpc.port == 2
    assert load_settings(home, {"rpc": {"port": 3}}).rpc.port == 3


def test_sections_are_merged_setting_by_setting(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, 'name = "alice"\n[log]\nform = "json"\n[rpc]\nport = 1\nhost = "::1"\n')
    monkeypatch.setenv("AITBC_RPC__ENABLED", "false")
    settings = load_settings(home, {"log": {"level": "debug"}, "rpc": {"port": 3}})
    assert settings.log == LogSettings(level="debug", form="json")
    assert settings.rpc == RpcSettings(port=3, host="::1", enabled=False)
    assert settings.name == "alice"


def test_environment_carries_every_kind_of_setting(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AITBC_NAME", "bob")
    monkeypatch.setenv("aitbc_log__level", "error")
    monkeypatch.setenv("AITBC_P2P__PEERS", '["/ip4/127.0.0.1/tcp/1/p2p/a", "b"]')
    settings = load_settings(home)
    assert settings.name == "bob"
    assert settings.log.level == "error"
    assert settings.p2p.peers == ("/ip4/127.0.0.1/tcp/1/p2p/a", "b")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1\n", "the setting prot: there is no such setting"),
        ("[rpc]\nprot = 1\n", "the setting rpc.prot: there is no such setting"),
        ("[rcp]\nport = 1\n", "the setting rcp: there is no such setting"),
        ("[rpc]\nport = 65536\n", "the setting rpc.port: "),
        ("[rpc]\nport = -1\n", "the setting rpc.port: "),
        ('[rpc]\nport = "http"\n', "the setting rpc.port: "),
        ("rpc = 1\n", "the setting rpc: "),
        ('name = "a b"\n', "the setting name: "),
        ('name = ""\n', "the setting name: "),
        ("[consensus]\npropose_ms = 9\n", "the setting consensus.propose_ms: "),
        ("[consensus]\nvote_step_ms = 60001\n", "the setting consensus.vote_step_ms: "),
        ("[p2p]\npeers_max = 0\n", "the setting p2p.peers_max: "),
        ("[p2p]\npeers = [1]\n", "the setting p2p.peers.0: "),
        ('[log]\nlevel = "loud"\n', "the setting log.level: "),
        ("[rpc\n", "is not valid TOML"),
        ("[rpc]\nport = 1\nport = 2\n", "is not valid TOML"),
    ],
)
def test_file_that_cannot_work_is_refused_by_name(home: Home, text: str, said: str) -> None:
    write(home, text)
    sentence = refusal(home)
    assert said in sentence
    assert str(home.config) in sentence


def test_file_that_is_not_utf8_is_refused(home: Home) -> None:
    home.config.write_bytes(b'name = "\xff"\n')
    assert "is not valid TOML" in refusal(home)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("AITBC_NAMEE", "bob", "AITBC_NAMEE is no setting"),
        ("AITBC_RCP__PORT", "1", "AITBC_RCP__PORT is no setting"),
        ("AITBC_RPC__PROT", "1", "the setting rpc.prot: there is no such setting"),
        ("AITBC_RPC__PORT", "many", "the setting rpc.port: "),
        ("AITBC_RPC", "http://127.0.0.1:8545", "AITBC_RPC"),
        ("AITBC_P2P__PEERS", "/ip4/127.0.0.1/tcp/1", "lists are written"),
        ("AITBC_NAME", "", "the setting name: "),
    ],
)
def test_variable_that_cannot_work_is_refused_by_name(
    home: Home, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert said in refusal(home)


def test_flag_that_cannot_work_is_refused_by_name(home: Home) -> None:
    assert "the setting rpc.port: " in refusal(home, rpc={"port": 70_000})
    assert "the setting speed: there is no such setting" in refusal(home, speed=1)


FULL = NodeSettings(
    name="validator-0",
    rpc=RpcSettings(
        enabled=False, host="::1", port=0, allowed_hosts=("a.example", "b"), allowed_origins=("*",)
    ),
    p2p=P2pSettings(listen="/ip4/0.0.0.0/tcp/1", peers=("x", "y"), peers_max=7),
    consensus=ConsensusSettings(propose_ms=10, propose_step_ms=1, vote_ms=11, vote_step_ms=2),
    log=LogSettings(level="debug", form="json"),
)


@pytest.mark.parametrize("settings", [NodeSettings(), FULL], ids=["defaults", "all changed"])
def test_written_settings_are_read_back(home: Home, settings: NodeSettings) -> None:
    write(home, format_settings(settings.model_dump(mode="json")))
    assert load_settings(home) == settings


@pytest.mark.parametrize("text", ['a "quoted" word', "C:\\path", "two\nlines\t", "\x7f\x00", "é ☃"])
def test_any_text_is_valid_toml(text: str) -> None:
    written = format_settings({"section": {"key": text, "list": [text]}})
    assert tomllib.loads(written) == {"section": {"key": text, "list": [text]}}


def test_settings_by_themselves_ignore_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AITBC_NAME", "not a name")
    assert NodeSettings().name == "node"


def test_timing_has_the_waits_of_the_settings() -> None:
    timing = FULL.timing()
    assert (timing.propose_ms, timing.propose_step_ms) == (10, 1)
    assert (timing.vote_ms, timing.vote_step_ms) == (11, 2)


def test_variables_of_the_commands_are_none_of_a_nodes_business(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AITBC_RPC_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AITBC_WALLETS", str(tmp_path))
    assert load_settings(Home(tmp_path)) == NodeSettings()
