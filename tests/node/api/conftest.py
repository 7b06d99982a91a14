"""One market for all who only read it: making it takes longer than asking."""

from collections.abc import Iterator

import pytest

from node.api.services import Services
from tests.support.market_chain import Market, a_market


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """A market that nobody changes."""
    with a_market(tmp_path_factory.mktemp("market")) as made:
        yield made


@pytest.fixture(scope="session")
def market_services(market: Market) -> Services:
    """Services of an edge on it."""
    return market.services
