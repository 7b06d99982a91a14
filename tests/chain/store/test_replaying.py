"""Blocks that are decided again give the same chain."""

from contextlib import closing
from pathlib import Path

import pytest

from chain.errors import StoreError
from chain.store.connection import close, open_reader
from chain.store.replaying import replay
from chain.store.writer import ChainWriter
from tests.support.stored_chain import StoredChain, Story


def again(stored: StoredChain, folder: Path) -> tuple[int, list[int]]:
    told: list[int] = []
    source = open_reader(stored.path)
    with closing(ChainWriter.open(folder / "fresh.db", stored.chain.genesis)) as fresh:
        with source.begin():
            height = replay(source, fresh, told.append)
        assert fresh.load_ledger().records == stored.chain.ledger.records
    close(source)
    return height, told


def test_every_block_is_decided_again(stored: StoredChain, story: Story, tmp_path: Path) -> None:
    assert again(stored, tmp_path) == (6, [1, 2, 3, 4, 5, 6])


def test_empty_chain_has_nothing_to_decide(stored: StoredChain, tmp_path: Path) -> None:
    assert again(stored, tmp_path) == (0, [])


def test_block_without_its_certificate_is_a_fault(
    stored: StoredChain, story: Story, tmp_path: Path
) -> None:
    stored.tamper("DELETE FROM certificate WHERE height = 6")
    with pytest.raises(StoreError, match="block 6 is not whole"):
        again(stored, tmp_path)
