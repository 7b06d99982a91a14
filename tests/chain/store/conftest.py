"""A stored chain for the tests of the store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.store.market_queries import MarketReader
from chain.store.queries import ChainReader
from tests.support.market_run import MarketRun, stored_run
from tests.support.stored_chain import StoredChain, Story


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[StoredChain]:
    stored = StoredChain(tmp_path)
    yield stored
    stored.close()


@pytest.fixture
def story(stored: StoredChain) -> Story:
    return Story(stored)


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MarketRun, ChainReader]]:
    """Return a random life of a hundred blocks and a reader of its database; nobody changes it."""
    stored, run = stored_run(tmp_path_factory.mktemp("market"), 3)
    for _ in range(100):
        stored.store(run.make_block())
    reader = stored.reader()
    yield run, reader
    reader.close()
    stored.close()


@pytest.fixture
def asking(stored: StoredChain) -> Iterator[MarketReader]:
    """Return what asks the database of the stored chain."""
    reader = stored.reader()
    yield MarketReader(reader)
    reader.close()
