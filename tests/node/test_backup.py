"""A chain is copied beside its running node, and put back only as what it was."""

import json
import os
from hashlib import sha256
from pathlib import Path

import pysqlite3
import pytest

from chain.errors import ConfigError, StoreError
from chain.store.queries import ChainReader
from node.backup import make_backup, read_manifest, restore_backup
from node.home import Home, HomeLock
from node.verify import verify_home
from tests.support.home_chain import make_home, writing


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


@pytest.fixture
def backup(home: Home, tmp_path: Path) -> Path:
    """A backup of three blocks."""
    with writing(home) as stored:
        for _ in range(3):
            stored.block()
    make_backup(home, tmp_path / "backup")
    return tmp_path / "backup"


def height_of(home: Home) -> int:
    reader = ChainReader.open(home.database)
    try:
        return reader.tip().height
    finally:
        reader.close()


def change_manifest(backup: Path, **fields: object) -> None:
    path = backup / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_running_node_is_copied_at_one_moment_and_the_copy_becomes_another_home(
    home: Home, tmp_path: Path
) -> None:
    with writing(home) as stored:
        stored.block()
        stored.block()
        told: list[tuple[int, int]] = []
        made = make_backup(home, tmp_path / "b", tell=lambda *how: told.append(how))
        stored.block()
    assert made.height == 2
    assert read_manifest(tmp_path / "b") == made
    assert sorted(one.name for one in (tmp_path / "b").iterdir()) == [
        *("chain.db", "genesis.json", "manifest.json"),
    ]
    assert {one.stat().st_mode & 0o777 for one in (tmp_path / "b").iterdir()} == {0o600}
    other = make_home(tmp_path / "other")
    assert (tmp_path / "b" / "genesis.json").read_bytes() == other.genesis.read_bytes()
    said: list[str] = []
    copied: list[tuple[int, int]] = []
    put = restore_backup(
        other, tmp_path / "b", tell=lambda *how: copied.append(how), say=said.append
    )
    assert put == made
    assert copied[-1] == (made.database_bytes, made.database_bytes)
    assert said == ["checking the database"]
    assert height_of(other) == 2
    assert verify_home(other) == 2
    assert not [one for one in other.database.parent.iterdir() if one.name.startswith("restore-")]


def test_folder_that_is_there_is_left_alone(home: Home, backup: Path) -> None:
    with pytest.raises(ConfigError, match="is there already"):
        make_backup(home, backup)
    assert read_manifest(backup).height == 3


def test_home_without_a_chain_has_nothing_to_copy(home: Home, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no database yet"):
        make_backup(home, tmp_path / "backup")
    with pytest.raises(ConfigError, match="is no node's home"):
        make_backup(Home(tmp_path), tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_damaged_database_leaves_no_backup(home: Home, tmp_path: Path) -> None:
    home.database.write_bytes(b"noise" * 1_000)
    with pytest.raises(StoreError):
        make_backup(home, tmp_path / "backup")
    assert not [one.name for one in tmp_path.iterdir() if "backup" in one.name]


def test_database_in_the_home_is_never_overwritten(home: Home, backup: Path) -> None:
    with pytest.raises(ConfigError, match="is there already; move the folder"):
        restore_backup(home, backup)
    home.database.rename(home.database.with_name("chain.db-wal"))
    with pytest.raises(ConfigError, match=r"chain\.db-wal is there already"):
        restore_backup(home, backup)


def test_backup_of_another_chain_is_refused(backup: Path, tmp_path: Path) -> None:
    other = make_home(tmp_path / "other", chain_id="another")
    with pytest.raises(ConfigError, match="make a home for the backup's chain"):
        restore_backup(other, backup)


def test_running_node_gets_no_other_database(backup: Path, tmp_path: Path) -> None:
    other = make_home(tmp_path / "other")
    lock = HomeLock(other)
    with pytest.raises(ConfigError, match="stop it first"):
        restore_backup(other, backup)
    lock.release()
    assert not other.database.exists()


@pytest.mark.parametrize("change", ["flip", "cut", "more", "lose"])
def test_file_that_is_not_the_one_that_was_backed_up_is_refused(
    backup: Path, tmp_path: Path, change: str
) -> None:
    database = backup / "chain.db"
    data = bytearray(database.read_bytes())
    if change == "flip":
        data[len(data) // 2] ^= 1
    database.write_bytes({"cut": data[:-1], "more": data + b"x"}.get(change, data))
    if change == "lose":
        database.unlink()
    other = make_home(tmp_path / "other")
    wrong = "cannot read" if change == "lose" else "is not the file that was backed up"
    with pytest.raises(ConfigError, match=wrong):
        restore_backup(other, backup)
    assert [one.name for one in other.database.parent.iterdir()] == []


def test_manifest_that_tells_another_height_is_refused(backup: Path, tmp_path: Path) -> None:
    change_manifest(backup, height=2)
    other = make_home(tmp_path / "other")
    with pytest.raises(ConfigError, match="ends with block 3, not with the manifest's"):
        restore_backup(other, backup)
    assert not other.database.exists()


def test_state_that_was_changed_with_its_manifest_is_refused(backup: Path, tmp_path: Path) -> None:
    database = pysqlite3.connect(backup / "chain.db")
    database.execute("UPDATE account SET balance = balance + 1")
    database.commit()
    database.close()
    data = (backup / "chain.db").read_bytes()
    change_manifest(backup, database_sha256=sha256(data).hexdigest(), database_bytes=len(data))
    other = make_home(tmp_path / "other")
    with pytest.raises(StoreError, match="damaged"):
        restore_backup(other, backup)
    assert not other.database.exists()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"version": 2}, "version"),
        ({"form": "something else"}, "form"),
        ({"height": -1}, "height"),
        ({"genesis_hash": "ab"}, "genesis_hash"),
        ({"more": 1}, "more"),
    ],
)
def test_manifest_of_another_form_is_refused(
    backup: Path, tmp_path: Path, fields: dict[str, object], wrong: str
) -> None:
    change_manifest(backup, **fields)
    with pytest.raises(ConfigError, match=wrong):
        restore_backup(make_home(tmp_path / "other"), backup)


def test_folder_that_is_no_backup_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"has no manifest\.json"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(ConfigError, match="the backup's manifest"):
        read_manifest(tmp_path)


def test_file_that_goes_on_after_its_size_does_not_fill_the_disk(
    backup: Path, tmp_path: Path
) -> None:
    told: list[int] = []
    change_manifest(backup, database_bytes=8)
    other = make_home(tmp_path / "other")
    with pytest.raises(ConfigError, match="is not the file that was backed up"):
        restore_backup(other, backup, tell=lambda done, _: told.append(done))
    assert told == []


@pytest.mark.parametrize("kind", ["pipe", "endless", "folder"])
def test_what_is_no_file_is_refused_and_not_waited_for(
    backup: Path, tmp_path: Path, kind: str
) -> None:
    database = backup / "chain.db"
    database.unlink()
    match kind:
        case "pipe":
            os.mkfifo(database)
        case "endless":
            database.symlink_to("/dev/zero")
        case _:
            database.mkdir()
    other = make_home(tmp_path / "other")
    with pytest.raises(ConfigError, match="cannot read"):
        restore_backup(other, backup)
    assert [one.name for one in other.database.parent.iterdir()] == []
