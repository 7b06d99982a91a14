from pathlib import Path

import pytest

from chain.errors import ConfigError
from node import wallets
from node.sealed_key import Cost, seal
from node.wallets import WalletNotFound, Wallets

SEALED = seal(bytes(32), "correct horse", cost=Cost.DEVNET)


@pytest.fixture
def folder(tmp_path: Path) -> Wallets:
    made = Wallets(tmp_path / "wallets")
    made.add("alice", SEALED)
    return made


def test_wallet_comes_back(folder: Wallets) -> None:
    assert folder.names() == ["alice"]
    assert folder.get("alice").sealed.open_seed("correct horse") == bytes(32)


def test_wallet_is_never_overwritten(folder: Wallets) -> None:
    other = seal(bytes(range(32)), "correct horse", cost=Cost.DEVNET)
    with pytest.raises(ConfigError, match="there is a wallet alice already"):
        folder.add("alice", other)
    assert folder.get("alice").path.read_bytes() == SEALED


def test_what_is_no_sealed_key_is_not_kept(folder: Wallets) -> None:
    with pytest.raises(ConfigError, match="the sealed key"):
        folder.add("bob", b"{}")
    assert folder.names() == ["alice"]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../key", "a/b", "-x", ".hidden", "a b", "é", "x" * 65, "alice\n"]
)
def test_strange_name_is_refused(folder: Wallets, name: str) -> None:
    with pytest.raises(ConfigError, match="a wallet's name has 1 to 64"):
        folder.get(name)


def test_unknown_wallet_is_told_what_may_be_meant(folder: Wallets) -> None:
    with pytest.raises(WalletNotFound, match=r"did you mean alice\?"):
        folder.get("alcie")
    with pytest.raises(WalletNotFound, match="aitbc wallet list"):
        folder.get("zed")


def test_file_or_folder_open_to_others_is_refused(folder: Wallets) -> None:
    path = folder.get("alice").path
    path.chmod(0o640)
    with pytest.raises(ConfigError, match=rf"run: chmod 600 {path}"):
        folder.get("alice")
    path.chmod(0o600)
    folder.folder.chmod(0o755)
    for look in (folder.names, lambda: folder.get("alice")):
        with pytest.raises(ConfigError, match=rf"run: chmod 700 {folder.folder}"):
            look()


def test_damaged_wallet_is_named(folder: Wallets) -> None:
    path = folder.get("alice").path
    path.write_bytes(SEALED[:-9])
    with pytest.raises(ConfigError, match=rf"{path}: the sealed key is not valid JSON"):
        folder.get("alice")


def test_folder_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    assert Wallets(tmp_path / "none").names() == []


def test_list_has_a_bound(folder: Wallets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wallets, "WALLETS_MAX", 0)
    with pytest.raises(ConfigError, match="more than 0 wallets"):
        folder.names()
