"""The node that commands are tried on; no test may leave what another would stumble over."""

from collections.abc import Iterator

import pytest

from node.home import Home
from node.rpc_client import call
from tests.support.running import running_devnet, wait_for
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


@pytest.fixture(scope="session")
def running_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The home of a node that runs, alone on its chain."""
    folder = tmp_path_factory.mktemp("running") / "net"
    with running_devnet(folder, validators=1, interval_ms=100) as net:
        (node,) = net.nodes()
        wait_for(
            lambda: call(node.rpc, "ait_status")["catchingUp"] is False,
            what="word of the core",
            within_s=30,
        )
        yield Home(node.home)
