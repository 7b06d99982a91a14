import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from chain.errors import ConfigError
from node.home import SUPERVISOR_LOCK, Home, HomeLock, is_running

LONG_NAME = "n" * 300
"""No file system takes a name of so many characters, whoever asks."""


def test_every_path_lies_below_the_home(tmp_path: Path) -> None:
    home = Home(tmp_path)
    paths = [getattr(home, name) for name in vars(Home) if isinstance(vars(Home)[name], property)]
    assert len(set(paths)) == len(paths) == 12
    assert all(path.is_relative_to(tmp_path) for path in paths)


def test_folders_are_closed_to_others(tmp_path: Path) -> None:
    home = Home(tmp_path / "some where" / "node")
    home.make()
    folders = [home.root, *(path for path in home.root.rglob("*") if path.is_dir())]
    assert len(folders) == 4
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_making_a_home_twice_changes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "node")
    home.make()
    (home.run / "note").write_text("kept")
    home.make()
    assert (home.run / "note").read_text() == "kept"


@pytest.mark.parametrize("name", ["file/node", LONG_NAME])
def test_folder_that_cannot_be_made_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"cannot make the folder"):
        Home(tmp_path / name).make()


def test_home_without_a_genesis_document_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no node's home: .*aitbc node init"):
        Home(tmp_path).check()


def test_home_with_a_genesis_document_is_one(tmp_path: Path) -> None:
    (tmp_path / "genesis.json").write_text("{}")
    Home(tmp_path).check()


def test_home_that_cannot_be_looked_into_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot look for .*: File name too long"):
        Home(tmp_path / LONG_NAME).check()


def test_lock_keeps_a_second_node_out(tmp_path: Path) -> None:
    home = Home(tmp_path)
    held = HomeLock(home)
    with pytest.raises(ConfigError, match=rf"another node is running in {tmp_path}"):
        HomeLock(home)
    held.release()
    HomeLock(home).release()


def test_lock_keeps_another_process_out_until_it_dies(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from node.home import Home, HomeLock;"
        f"lock = HomeLock(Home(Path({str(tmp_path)!r}))); print('held', flush=True);"
        "sys.stdin.read()"
    )
    other = subprocess.Popen(
        (sys.executable, "-c", program), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(ConfigError, match=r"another node is running"):
            HomeLock(Home(tmp_path))
        other.kill()
    HomeLock(Home(tmp_path)).release()


def test_lock_is_not_handed_to_children(tmp_path: Path) -> None:
    lock = HomeLock(Home(tmp_path))
    inherited = [one for one in range(3, 64) if _is_inheritable(one)]
    lock.release()
    assert not inherited


def _is_inheritable(descriptor: int) -> bool:
    try:
        return os.get_inheritable(descriptor) and "lock" in str(
            Path(f"/proc/self/fd/{descriptor}").readlink()
        )
    except OSError:
        return False


def test_lock_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    (home.run / "lock").mkdir()
    with pytest.raises(ConfigError, match=r"cannot write .*lock: Is a directory"):
        HomeLock(home)


def test_node_runs_while_its_supervisor_holds_its_lock(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert not is_running(home)
    assert not home.root.exists()
    lock = HomeLock(home, name=SUPERVISOR_LOCK)
    assert is_running(home)
    lock.release()
    assert not is_running(home)
