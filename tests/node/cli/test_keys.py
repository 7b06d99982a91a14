from pathlib import Path

import pytest

from chain.crypto import SecretKey
from chain.errors import ConfigError
from node.cli.keys import open_key
from node.cli.passphrases import PassphraseSource
from node.keystore import write_key
from node.sealed_key import Cost, WrongPassphrase, seal
from node.wallets import WalletNotFound, Wallets

KEY = SecretKey(bytes(32))


@pytest.fixture
def passphrase(tmp_path: Path) -> PassphraseSource:
    file = tmp_path / "passphrase"
    file.write_text("correct horse\n")
    file.chmod(0o600)
    return PassphraseSource(file=file, descriptor=None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wallets:
    monkeypatch.setenv("AITBC_WALLETS", str(tmp_path / "wallets"))
    return Wallets(tmp_path / "wallets")


def test_name_is_a_wallet_and_path_is_a_file(
    folder: Wallets, tmp_path: Path, passphrase: PassphraseSource
) -> None:
    sealed = seal(bytes(32), "correct horse", cost=Cost.DEVNET)
    wallet = folder.add("alice", sealed)
    write_key(tmp_path / "key", bytes(32))
    for source in ("alice", str(wallet.path), str(tmp_path / "key")):
        assert open_key(source, passphrase).public_key == KEY.public_key


def test_wrong_passphrase_and_unknown_wallet_are_told_apart(
    folder: Wallets, passphrase: PassphraseSource
) -> None:
    folder.add("bob", seal(bytes(32), "battery staple", cost=Cost.DEVNET))
    with pytest.raises(WrongPassphrase):
        open_key("bob", passphrase)
    with pytest.raises(WalletNotFound):
        open_key("bobby", passphrase)
    with pytest.raises(ConfigError, match="cannot read the key"):
        open_key("./none", passphrase)
