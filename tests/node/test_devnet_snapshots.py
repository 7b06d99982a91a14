from pathlib import Path

import pytest

from chain.errors import ConfigError
from node.devnet import Devnet
from node.devnet_snapshots import free_place, go_back, snapshot_names, take_snapshot
from node.home import Home


@pytest.fixture
def net(tmp_path: Path) -> Devnet:
    """Return a devnet of two validators that do not run, with something in their data."""
    net = Devnet(tmp_path / "net")
    net.make(validators=2)
    write(net, "old")
    return net


def write(net: Devnet, text: str) -> None:
    for node in net.nodes():
        database = Home(node.home).database
        database.parent.mkdir(exist_ok=True)
        database.write_text(text)


def texts(net: Devnet) -> set[str]:
    return {Home(node.home).database.read_text() for node in net.nodes()}


def test_going_back_brings_the_data_and_the_key_of_the_snapshot(net: Devnet) -> None:
    keys = [Home(node.home).validator_key.read_bytes() for node in net.nodes()]
    take_snapshot(net, "one")
    write(net, "new")
    (net.nodes()[0].home / "data" / "later").touch()
    go_back(net, "one")
    assert texts(net) == {"old"}
    assert not (net.nodes()[0].home / "data" / "later").exists()
    assert [Home(node.home).validator_key.read_bytes() for node in net.nodes()] == keys
    assert snapshot_names(net) == ["one"]


def test_snapshot_can_be_gone_back_to_twice(net: Devnet) -> None:
    take_snapshot(net, "one")
    for text in ("new", "newer"):
        write(net, text)
        go_back(net, "one")
        assert texts(net) == {"old"}


def test_name_that_is_taken_or_unknown_is_refused(net: Devnet) -> None:
    take_snapshot(net, "one")
    with pytest.raises(ConfigError, match="already"):
        take_snapshot(net, "one")
    with pytest.raises(ConfigError, match="no snapshot two; there are: one"):
        go_back(net, "two")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 65, "näh"])
def test_name_leads_nowhere_else(net: Devnet, name: str) -> None:
    with pytest.raises(ConfigError, match="name is made of"):
        free_place(net, name)


def test_running_devnet_is_left_alone(net: Devnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.devnet_snapshots.is_running", lambda _pid, _home: True)
    with pytest.raises(ConfigError, match="validator-0, validator-1 still run"):
        take_snapshot(net, "one")


def test_copy_that_was_cut_short_is_no_snapshot(
    net: Devnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(OSError(28, "no space")))
    with pytest.raises(ConfigError, match="no space"):
        take_snapshot(net, "one")
    monkeypatch.undo()
    assert not (net.root / "snapshots" / "one").exists()
    take_snapshot(net, "one")
    assert "one" in snapshot_names(net)
