import signal
import subprocess
import sys
from pathlib import Path

import pytest

from genesis.document import read_genesis
from node.home import Home
from node.private_file import write_private
from node.sealed_key import Cost, seal
from node.signer_link import RemoteSigner
from tests.support.builders import seed_of
from tests.support.command_line import aitbc
from tests.support.running import wait_for
from tests.support.signers import KEY, a_signer_home

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return a_signer_home(tmp_path)


def test_signer_answers_until_it_is_told_to_end(home: Home, tmp_path: Path) -> None:
    home.validator_key.unlink()
    write_private(home.validator_key, seal(seed_of("signer"), "correct horse", cost=Cost.DEVNET))
    passphrase, socket = tmp_path / "passphrase", tmp_path / "s.sock"
    write_private(passphrase, b"correct horse\n")
    command = (sys.executable, "-m", "node", "signer", "serve", "--home", str(home.root))
    options = ("--socket", str(socket), "--passphrase-file", str(passphrase))
    process = subprocess.Popen([*command, *options], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(socket.is_socket, what="signer", within_s=30)
        remote = RemoteSigner(socket, read_genesis(home.genesis).hash)
        assert remote.public_key == KEY.public_key
        remote.close()
        second = aitbc("signer", "serve", "--home", home.root, *options)
        assert second.exit_code == 2
        assert "another node is running" in second.stderr
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert f"public key   {KEY.public_key.hex()}" in said
    assert f"aitbc config set validator.signer {socket} --home HOME" in said
    assert seed_of("signer").hex() not in said
    assert not socket.exists()


def test_wrong_passphrase_ends_at_once(home: Home, tmp_path: Path) -> None:
    home.validator_key.unlink()
    write_private(home.validator_key, seal(seed_of("signer"), "correct horse", cost=Cost.DEVNET))
    write_private(tmp_path / "passphrase", b"battery staple\n")
    done = aitbc(
        "signer", "serve", "--home", home.root, "--passphrase-file", tmp_path / "passphrase"
    )
    assert done.exit_code == 1
    assert done.stderr.startswith("aitbc: the passphrase does not open this key\n")
    assert "aitbc wallet import NAME --phrase" in done.stderr


def test_what_cannot_work_is_refused(home: Home, tmp_path: Path) -> None:
    assert aitbc("signer", "serve", "--home", tmp_path / "none").exit_code == 2
    far = aitbc("signer", "serve", "--home", home.root, "--socket", tmp_path / ("x" * 101))
    assert far.exit_code == 2
    assert "at most 100 bytes" in far.stderr
    home.validator_key.unlink()
    gone = aitbc("signer", "serve", "--home", home.root)
    assert gone.exit_code == 2
    assert "aitbc node init --validator" in gone.stderr
