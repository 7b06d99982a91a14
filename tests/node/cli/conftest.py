"""The node that commands are tried on; no test may leave what another would stumble over."""

from collections.abc import Iterator

import pytest

from tests.support.served_market import ServedMarket, served_market


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedMarket]:
    with served_market(tmp_path_factory.mktemp("market")) as served:
        yield served


@pytest.fixture
def own_market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedMarket]:
    """Serve a market that the test may change."""
    with served_market(tmp_path_factory.mktemp("market")) as served:
        yield served
