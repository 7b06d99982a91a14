from collections.abc import Iterator

import pytest

from tests.support.site import Pages, market_pages


@pytest.fixture(scope="package")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """Return the pages of a market's chain."""
    with market_pages(tmp_path_factory.mktemp("pages")) as opened:
        yield opened
