"""Hashes by how they begin, in segments and in the tail, and no more of them than is allowed."""

import pytest

from chain.store import prefix_queries
from chain.store.prefix_queries import hashes_beginning
from chain.store.queries import ChainReader
from tests.support.market_run import MarketRun

THINGS = (
    ("transaction", 'SELECT hash FROM "transaction"'),
    ("receipt", "SELECT receipt_hash FROM receipt"),
    ("block", "SELECT hash FROM block"),
)


@pytest.fixture
def reader(market: tuple[MarketRun, ChainReader]) -> ChainReader:
    """Return the reader of a chain whose hashes lie in some segments and a tail."""
    return market[1]


def known(reader: ChainReader) -> list[tuple[str, bytes]]:
    with reader.snapshot():
        return [
            (thing, hash_)
            for thing, query in THINGS
            for hash_ in reader.connection.exec_driver_sql(query).scalars()
        ]


@pytest.mark.parametrize("size", [6, 7, 15, 16, 17, 40, 64])
def test_every_hash_is_found_by_its_beginning(reader: ChainReader, size: int) -> None:
    for thing, hash_ in known(reader):
        found = [(one.thing, one.hash) for one in hashes_beginning(reader, hash_.hex()[:size])]
        assert found == [(thing, hash_)]


@pytest.mark.parametrize("place", [5, 15, 16, 30, 63])
def test_hash_that_goes_on_otherwise_is_not_found(reader: ChainReader, place: int) -> None:
    for _, hash_ in known(reader)[::7]:
        digits = hash_.hex()[: place + 1]
        other = f"{int(digits[-1], 16) ^ 1:x}"
        assert hashes_beginning(reader, digits[:-1] + other) == ()


def test_no_more_are_told_than_a_few(reader: ChainReader, monkeypatch: pytest.MonkeyPatch) -> None:
    every = known(reader)
    begin = max(
        {one.hex()[0] for _, one in every},
        key=lambda it: sum(
            one.hex().startswith(it) for thing, one in every if thing == "transaction"
        ),
    )
    monkeypatch.setattr(prefix_queries, "FOUND_MAX", 2)
    found = hashes_beginning(reader, begin)
    things = [one.thing for one in found]
    assert things.count("transaction") == 2
    assert all(one.hash.hex().startswith(begin) for one in found)
