import os
import stat
from pathlib import Path

import pytest

from chain.errors import ConfigError
from node.private_file import (
    check_private_folder,
    make_private_folder,
    read_private,
    write_private,
)


def test_bytes_come_back(tmp_path: Path) -> None:
    write_private(tmp_path / "secret", b"seven")
    assert read_private(tmp_path / "secret", what="key", bytes_max=5) == b"seven"


def test_one_byte_more_than_allowed_is_read_to_tell(tmp_path: Path) -> None:
    write_private(tmp_path / "secret", b"x" * 100)
    assert len(read_private(tmp_path / "secret", what="key", bytes_max=5)) == 6


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_file_and_folder_are_their_owners_alone(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        make_private_folder(tmp_path / "one" / "two")
        write_private(tmp_path / "one" / "two" / "secret", b"seven")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "one" / "two").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "one" / "two" / "secret").stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o777])
def test_folder_open_to_others_is_refused_with_the_mend(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "wallets"
    folder.mkdir()
    folder.chmod(mode)
    for check in (check_private_folder, make_private_folder):
        with pytest.raises(ConfigError, match=rf"run: chmod 700 {folder}"):
            check(folder)
    folder.chmod(0o700)
    check_private_folder(folder)


def test_pipe_of_that_name_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "secret", 0o600)
    assert read_private(tmp_path / "secret", what="key", bytes_max=5) == b""


def test_missing_folder_and_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot look into .*none: No such file"):
        check_private_folder(tmp_path / "none")
    with pytest.raises(ConfigError, match=r"cannot read the passphrase .*none: No such file"):
        read_private(tmp_path / "none", what="passphrase", bytes_max=5)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot make the folder"):
        make_private_folder(tmp_path / "file" / "wallets")
