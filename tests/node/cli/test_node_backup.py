import json
from pathlib import Path

import pytest

from node.backup import read_manifest
from node.home import Home
from tests.support.command_line import aitbc
from tests.support.home_chain import make_home, writing


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a block."""
    made = make_home(tmp_path / "home")
    with writing(made) as stored:
        stored.block()
    return made


def test_backup_is_made_and_put_back_and_each_says_what_comes_next(
    home: Home, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    done = aitbc("node", "backup", folder, "--home", home.root)
    manifest = read_manifest(folder)
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["backup", str(folder)],
        ["height", "1"],
        ["size", "1", "MiB"],
        ["sha256", manifest.database_sha256],
    ]
    assert f"aitbc node restore {folder}" in done.stderr
    other = make_home(tmp_path / "other")
    done = aitbc("node", "restore", folder, "--home", other.root)
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["home", str(other.root)],
        ["height", "1"],
        ["block", manifest.block_hash],
    ]
    assert f"aitbc node verify --home {other.root}" in done.stderr
    done = aitbc("node", "restore", folder, "--home", other.root)
    assert done.exit_code == 2
    assert "is there already; move the folder" in done.stderr


def test_both_are_json_as_well(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    said = json.loads(aitbc("node", "backup", folder, "--home", home.root, "--json").stdout)
    assert said["folder"] == str(folder)
    assert said["manifest"]["height"] == 1
    other = make_home(tmp_path / "other")
    said = json.loads(aitbc("node", "restore", folder, "--home", other.root, "--json").stdout)
    block_hash = f"0x{read_manifest(folder).block_hash}"
    assert said == {"home": str(other.root), "height": 1, "blockHash": block_hash}


def test_what_cannot_be_is_one_sentence(home: Home, tmp_path: Path) -> None:
    for command, said in (
        (("backup", tmp_path / "b", "--home", tmp_path), "aitbc node init"),
        (("backup", home.root, "--home", home.root), "is there already"),
        (("backup", home.genesis / "b", "--home", home.root), "cannot make"),
        (("restore", tmp_path, "--home", home.root), "has no manifest.json"),
        (("restore", tmp_path / "none", "--home", home.root), "has no manifest.json"),
    ):
        done = aitbc("node", *command)
        assert done.exit_code == 2, command
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
