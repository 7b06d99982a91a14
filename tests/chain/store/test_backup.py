from pathlib import Path

import pytest

from chain.errors import StoreError
from chain.store.backup import write_backup
from chain.store.queries import ChainReader
from chain.store.writer import ChainWriter
from tests.support.stored_chain import StoredChain, Story


def test_copy_is_the_chain_at_that_moment_and_can_go_on(tmp_path: Path) -> None:
    stored = StoredChain(tmp_path)
    story = Story(stored)
    target = tmp_path / "backups" / "one.db"
    assert write_backup(stored.path, target) == target.stat().st_size
    assert target.stat().st_mode & 0o777 == 0o600
    stored.block()
    reader = ChainReader.open(target)
    assert reader.tip().height == 6
    assert reader.find_receipt(story.receipt.hash) is not None
    reader.close()
    writer = ChainWriter.open(target, stored.chain.genesis)
    assert writer.load_ledger().height == 6
    writer.close()
    assert [one.name for one in target.parent.iterdir() if not one.name.startswith("one.db")] == []
    stored.close()


def test_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    stored = StoredChain(tmp_path)
    target = tmp_path / "one.db"
    target.write_text("mine")
    with pytest.raises(FileExistsError):
        write_backup(stored.path, target)
    assert target.read_text() == "mine"
    stored.close()


def test_database_that_is_none_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "chain.db").write_bytes(b"noise" * 1_000)
    with pytest.raises(StoreError):
        write_backup(tmp_path / "chain.db", tmp_path / "one.db")
    assert [one.name for one in tmp_path.iterdir()] == ["chain.db"]
