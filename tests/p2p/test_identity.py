from pathlib import Path

import pytest

from chain.errors import ConfigError
from p2p.identity import keys_of_seed, load_keys, peer_of, peer_of_seed, write_key

SEED = bytes(range(32))


def test_seed_gives_the_same_peer_always() -> None:
    assert peer_of_seed(SEED) == "12D3KooWA4Xop1JaT3MHxwYMkCepYsv4iPVopMXwCz5iHYdBfeSB"
    assert peer_of_seed(SEED) == peer_of(keys_of_seed(SEED))
    assert peer_of_seed(SEED) != peer_of_seed(bytes(32))


def test_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "node_key"
    first = load_keys(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert peer_of(load_keys(path)) == peer_of(first)


def test_written_key_is_the_loaded_one(tmp_path: Path) -> None:
    write_key(tmp_path / "node_key", SEED)
    assert peer_of(load_keys(tmp_path / "node_key")) == peer_of_seed(SEED)


def test_key_is_never_overwritten(tmp_path: Path) -> None:
    write_key(tmp_path / "node_key", SEED)
    with pytest.raises(ConfigError, match="File exists"):
        write_key(tmp_path / "node_key", bytes(32))


def test_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    write_key(tmp_path / "node_key", SEED)
    (tmp_path / "node_key").chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_keys(tmp_path / "node_key")


@pytest.mark.parametrize("text", ["", "not hex", "00" * 31, "\xff"])
def test_damaged_key_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "node_key"
    path.write_text(text, encoding="latin-1")
    path.chmod(0o600)
    with pytest.raises(ConfigError):
        load_keys(path)


def test_key_in_a_missing_folder_is_an_error_of_the_operator(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot write"):
        load_keys(tmp_path / "nowhere" / "node_key")
