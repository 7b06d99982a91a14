"""A stopped node's database is checked as a whole."""

import asyncio
from pathlib import Path

import pysqlite3
import pytest

from chain.errors import ConfigError, StoreError
from node.api_frames import Notice
from node.home import Home, HomeLock
from node.verify import verify_home
from tests.support.cores import DEADLINE_S, api_edge, make_homes, running_core


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (home,) = make_homes(tmp_path)
    return home


def make_blocks(home: Home) -> None:
    async def story() -> None:
        async with asyncio.timeout(DEADLINE_S), running_core(home), api_edge(home) as api:
            await api.hears(Notice, lambda notice: notice.height == 3)

    asyncio.run(story())


@pytest.mark.network
def test_node_that_ran_is_sound_and_one_changed_byte_is_found(home: Home) -> None:
    make_blocks(home)
    told: list[tuple[int, int]] = []
    height = verify_home(home, tell=lambda *how: told.append(how))
    assert height >= 3
    assert told == [(one, height) for one in range(1, height + 1)]
    connection = pysqlite3.connect(home.database)
    connection.execute("UPDATE block SET proposer = zeroblob(32) WHERE height = 2")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="table block, height 2"):
        verify_home(home)
    assert {path.name for path in home.database.parent.iterdir()} <= {
        *("chain.db", "chain.db.lock", "chain.db-wal", "chain.db-shm"),
    }


def test_home_without_a_database_is_refused(home: Home) -> None:
    with pytest.raises(ConfigError, match="has no database yet"):
        verify_home(home)
    assert not home.database.exists()


def test_running_node_is_not_checked(home: Home) -> None:
    home.database.touch()
    lock = HomeLock(home)
    with pytest.raises(ConfigError, match="stop it first"):
        verify_home(home)
    lock.release()
