from pathlib import Path

import pytest

from chain.errors import ConfigError
from node.home import SUPERVISOR_LOCK, Home, HomeLock
from node.operator import NodeStopped, operator_url
from tests.support.home_chain import make_home


def test_running_node_is_reached_by_its_socket_and_another_is_told_how_to_start(
    tmp_path: Path,
) -> None:
    home = make_home(tmp_path / "a home")
    with pytest.raises(NodeStopped, match=f"aitbc node start --home '{home.root}'"):
        operator_url(home)
    lock = HomeLock(home, name=SUPERVISOR_LOCK)
    assert operator_url(home) == f"unix:{home.root}/run/admin.sock"
    lock.release()


def test_folder_that_is_no_home_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="aitbc node init"):
        operator_url(Home(tmp_path))
