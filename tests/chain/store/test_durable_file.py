"""Files that are there whole, private and held by one process."""

import os
import stat
from pathlib import Path

import pytest

from chain.errors import StoreError
from chain.store.durable_file import lock_file, write_all, write_file


def test_written_file_is_whole_private_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_file(path, b"first")
    write_file(path, b"second")
    assert path.read_bytes() == b"second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_old_file_stays_when_the_new_one_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_file(path, b"old")
    (tmp_path / "file.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"


def test_writes_more_than_a_pipe_takes_at_once() -> None:
    reader, writer = os.pipe()
    write_all(writer, bytes(4_096))
    os.close(writer)
    assert len(os.read(reader, 8_192)) == 4_096
    os.close(reader)


def test_second_lock_waits_for_nobody_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first = lock_file(path, what="the thing")
    with pytest.raises(StoreError, match="the thing is in use"):
        lock_file(path, what="the thing")
    os.close(first)
    os.close(lock_file(path, what="the thing"))


def test_lock_in_a_folder_that_is_missing_is_an_error_of_the_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be locked"):
        lock_file(tmp_path / "nowhere" / "lock", what="the thing")
