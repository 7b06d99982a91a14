import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from chain.crypto import SecretKey
from chain.errors import ConfigError
from node.keystore import read_key, read_public_key, write_key
from node.private_file import write_private
from node.sealed_key import Cost, WrongPassphrase, seal

SEED = bytes(range(32))


def test_key_comes_back(tmp_path: Path) -> None:
    write_key(tmp_path / "key", SEED)
    assert read_public_key(tmp_path / "key") == SecretKey(SEED).public_key
    assert read_key(tmp_path / "key").public_key == SecretKey(SEED).public_key


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_key_file_is_its_owners_alone(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_key(tmp_path / "key", SEED)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_key_file_is_never_overwritten(tmp_path: Path) -> None:
    write_key(tmp_path / "key", SEED)
    with pytest.raises(ConfigError, match=r"never overwritten"):
        write_key(tmp_path / "key", bytes(32))
    assert read_key(tmp_path / "key").public_key == SecretKey(SEED).public_key


def test_link_to_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match=r"never overwritten"):
        write_key(tmp_path / "key", SEED)
    assert not (tmp_path / "elsewhere").exists()


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot write .*: No such file or directory"):
        write_key(tmp_path / "missing" / "key", SEED)


def test_full_disk_leaves_no_half_a_key(tmp_path: Path) -> None:
    path = tmp_path / "key"
    program = (
        "import sys; from pathlib import Path; from chain.errors import ConfigError\n"
        "from node.keystore import write_key\n"
        "try: write_key(Path(sys.argv[1]), bytes(32))\n"
        "except ConfigError as error: print(error)\n"
    )

    def allow_ten_bytes() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))

    command = (sys.executable, "-B", "-c", program, str(path))
    done = subprocess.run(
        command, preexec_fn=allow_ten_bytes, capture_output=True, check=True, text=True
    )
    assert done.stdout == f"cannot write {path}: File too large\n"
    assert not path.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o610])
def test_key_open_to_others_is_refused_with_the_mend(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    write_key(path, SEED)
    path.chmod(mode)
    with pytest.raises(ConfigError, match=rf"run: chmod 600 {path}"):
        read_key(path)
    path.chmod(0o600)
    read_key(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_key_of_another_user_is_refused_with_the_mend(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_key(path, SEED)
    os.chown(path, 65_534, 65_534)
    with pytest.raises(ConfigError, match=r"belongs to another user; run: chown"):
        read_key(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        SEED.hex()[:-1].encode(),
        SEED.hex()[:-2].encode(),
        SEED.hex().encode() + b"00",
        SEED.hex().encode() + b"\n\n",
        b" ".join(b"%02x" % one for one in SEED),
        b"g" * 64,
        b"\xff" * 64,
        SEED,
        b"a" * 1_000_000,
    ],
    ids=len,
)
def test_garbage_is_no_key(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=rf"{path} is no key"):
        read_key(path)


def test_key_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read the key .*: No such file"):
        read_key(tmp_path / "key")
    with pytest.raises(ConfigError, match=r"cannot read the key .*: Is a directory"):
        read_key(tmp_path)


def test_sealed_key_is_opened_by_its_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_private(path, seal(SEED, "correct horse", cost=Cost.DEVNET))
    assert read_key(path, lambda: "correct horse").public_key == SecretKey(SEED).public_key
    assert read_public_key(path) == SecretKey(SEED).public_key
    with pytest.raises(WrongPassphrase):
        read_key(path, lambda: "battery staple")
    with pytest.raises(ConfigError, match="is sealed, and nobody is here to give its passphrase"):
        read_key(path)
