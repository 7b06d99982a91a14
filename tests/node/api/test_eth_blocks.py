from collections.abc import Iterator
from pathlib import Path

import pytest

from node.api import eth_blocks
from node.api.eth_blocks import (
    block_bloom,
    block_json,
    find_block,
    receipts_json,
    shown_count,
    transactions_json,
)
from node.api.eth_bloom import EVERYTHING
from node.api.services import Services
from node.api.words import hex_of
from tests.support.eth_chain import an_eth_chain


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with an_eth_chain(tmp_path) as chain:
        yield chain.services


@pytest.mark.parametrize(
    ("name", "height"),
    [("latest", 6), ("pending", 6), ("safe", 6), ("finalized", 6), ("earliest", 0), ("0x2", 2)],
)
def test_block_is_found_by_its_name(services: Services, name: str, height: int) -> None:
    with services.reading() as reader:
        found = find_block(reader, name)
        assert found is not None
        assert found.height == height
        assert find_block(reader, hex_of(found.hash)) == found


@pytest.mark.parametrize("name", ["0x7", "0xffffffffffffffff", "0x" + "77" * 32])
def test_block_that_is_not_there_is_none(services: Services, name: str) -> None:
    with services.reading() as reader:
        assert find_block(reader, name) is None


def test_block_shows_hashes_or_whole_transactions(services: Services) -> None:
    with services.reading() as reader:
        for height in range(7):
            block = find_block(reader, height)
            assert block is not None
            hashes = block_json(reader, block)
            whole = block_json(reader, block, transactions_json(reader, block, 0, 10))
            assert hashes["transactions"] == [one["hash"] for one in whole["transactions"]]
            assert len(hashes["transactions"]) == shown_count(block) == int(whole["gasUsed"], 16)
            places = [int(one["transactionIndex"], 16) for one in whole["transactions"]]
            assert places == list(range(len(places)))


def test_large_block_has_the_bloom_that_is_never_wrong(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eth_blocks, "BLOOM_WORK_MAX", 2)
    with services.reading() as reader:
        block, small = find_block(reader, 1), find_block(reader, 6)
        assert block is not None
        assert small is not None
        assert block_bloom(reader, block) == EVERYTHING
        assert block_bloom(reader, small) == bytes(256)


def test_receipts_may_be_made_of_any_part(services: Services) -> None:
    with services.reading() as reader:
        for height in range(7):
            block = find_block(reader, height)
            assert block is not None
            count = shown_count(block)
            whole = receipts_json(reader, block, transactions_json(reader, block, 0, count))
            for first in range(count):
                part = transactions_json(reader, block, first, count)
                assert receipts_json(reader, block, part) == whole[first:]
                (one,) = receipts_json(reader, block, part[:1])
                assert one == whole[first]
            assert receipts_json(reader, block, []) == []
