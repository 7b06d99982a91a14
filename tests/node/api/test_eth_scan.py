from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.store.queries import ChainReader
from node.api import eth_scan
from node.api.eth_forms import LogFilter
from node.api.eth_scan import LogQuery, Slice, read_slice
from node.api.words import Json
from tests.support.eth_chain import an_eth_chain

EVERYTHING = LogQuery.of(LogFilter())


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[ChainReader]:
    with an_eth_chain(tmp_path) as chain, chain.services.reading() as reader:
        yield reader


def logs_of(part: Slice) -> list[Json]:
    return [log for _, logs in part.blocks for log in logs]


def test_slice_reaches_the_last_height(reader: ChainReader) -> None:
    part = read_slice(reader, EVERYTHING, 0, 6)
    assert part.next_height == 7
    assert [(height, len(logs)) for height, logs in part.blocks] == [(1, 3), (2, 2), (4, 4), (5, 1)]
    for height, logs in part.blocks:
        assert {log["blockNumber"] for log in logs} == {hex(height)}
        assert {log["blockHash"] for log in logs} == {
            "0x" + hash_.hex() for hash_ in reader.block_hashes(height, height).values()
        }


@pytest.mark.parametrize(("name", "value"), [("SLICE_WORK", 0), ("SLICE_HEIGHTS", 1)])
def test_slices_are_short_and_together_the_whole(
    reader: ChainReader, monkeypatch: pytest.MonkeyPatch, name: str, value: int
) -> None:
    whole = logs_of(read_slice(reader, EVERYTHING, 0, 6))
    monkeypatch.setattr(eth_scan, name, value)
    found, height, slices = list[Json](), 0, 0
    while height <= 6:
        part = read_slice(reader, EVERYTHING, height, 6)
        assert part.next_height > height
        found, height, slices = found + logs_of(part), part.next_height, slices + 1
    assert found == whole
    assert slices > 2


def test_nothing_is_read_for_what_cannot_be(reader: ChainReader) -> None:
    nobody = LogQuery.of(LogFilter(address="0x" + "11" * 20))
    assert read_slice(reader, nobody, 0, 10**9) == Slice([], 10**9 + 1)
