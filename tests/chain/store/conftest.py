"""A stored chain for the tests of the store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stored_chain import StoredChain, Story


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[StoredChain]:
    stored = StoredChain(tmp_path)
    yield stored
    stored.close()


@pytest.fixture
def story(stored: StoredChain) -> Story:
    return Story(stored)
