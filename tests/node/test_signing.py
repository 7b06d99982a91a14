from contextlib import ExitStack
from pathlib import Path

import pytest

from chain.consensus.sign_state import KeySigner
from chain.errors import ConfigError
from chain.store.sign_log import SignLog
from genesis.document import read_genesis
from node import signer_link
from node.config import NodeSettings, ValidatorSettings
from node.home import Home
from node.private_file import write_private
from node.sealed_key import Cost, WrongPassphrase, seal
from node.signer_link import RemoteSigner
from node.signing import Signing, open_signing
from tests.support.builders import seed_of
from tests.support.signers import KEY, a_signer_home, thread_signer


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return a_signer_home(tmp_path)


def open_(home: Home, closing: ExitStack, **validator: str) -> Signing | None:
    settings = NodeSettings(validator=ValidatorSettings(**validator))
    return open_signing(home, settings, read_genesis(home.genesis).hash, closing)


def test_key_of_the_home_signs_with_its_log(home: Home) -> None:
    with ExitStack() as closing:
        signing = open_(home, closing)
        assert signing is not None
        assert isinstance(signing.signer, KeySigner)
        assert isinstance(signing.book, SignLog)
        assert signing.signer.public_key == KEY.public_key
        assert signing.is_able


def test_node_without_a_key_only_follows(home: Home) -> None:
    home.validator_key.unlink()
    with ExitStack() as closing:
        assert open_(home, closing) is None
    assert not home.sign_log.exists()


def test_sealed_key_is_opened_by_a_private_file(home: Home, tmp_path: Path) -> None:
    home.validator_key.unlink()
    write_private(home.validator_key, seal(seed_of("signer"), "correct horse", cost=Cost.DEVNET))
    with ExitStack() as closing, pytest.raises(ConfigError, match="nobody is here to give"):
        open_(home, closing)
    named = tmp_path / "passphrase"
    named.write_text("correct horse\n")
    named.chmod(0o644)
    with ExitStack() as closing, pytest.raises(ConfigError, match="run: chmod 600"):
        open_(home, closing, passphrase_file=str(named))
    named.chmod(0o600)
    with ExitStack() as closing:
        signing = open_(home, closing, passphrase_file=str(named))
        assert signing is not None
        assert signing.signer.public_key == KEY.public_key
    named.write_text("battery staple\n")
    with ExitStack() as closing, pytest.raises(WrongPassphrase):
        open_(home, closing, passphrase_file=str(named))


def test_signer_beside_the_node_is_key_and_log(tmp_path: Path) -> None:
    place, home = a_signer_home(tmp_path / "signer"), a_signer_home(tmp_path / "node")
    home.validator_key.unlink()
    with thread_signer(place) as running, ExitStack() as closing:
        signing = open_(home, closing, signer=str(running.path))
        assert signing is not None
        assert isinstance(signing.signer, RemoteSigner)
        assert signing.book is signing.signer
        assert signing.is_able
        signing.signer.close()
        assert not signing.is_able
    assert not home.sign_log.exists()


def test_key_in_two_places_is_refused(home: Home) -> None:
    with ExitStack() as closing, pytest.raises(ConfigError, match="one key in two places"):
        open_(home, closing, signer="/nowhere.sock")


def test_absent_signer_is_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signer_link, "START_MS", 0)
    home.validator_key.unlink()
    with (
        ExitStack() as closing,
        pytest.raises(ConfigError, match=r"no signer answers at .*x\.sock"),
    ):
        open_(home, closing, signer=str(home.run / "x.sock"))
