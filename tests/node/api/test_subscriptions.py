import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chain.store.follow_queries import FollowReader, Run
from chain.store.queries import ChainReader
from node.api.problems import RpcError
from node.api.subscriptions import Feed, Subscriptions
from tests.support.small_chain import stored_chain

METHOD = "ait_subscription"

TURNS = 100
"""Of the event loop: more than any of these subscriptions needs."""


class Rig:
    """Subscriptions on a real, small database, and what they have told."""

    def __init__(self, reader: ChainReader, *, subscriptions_max: int = 8) -> None:
        self.reader = reader
        self.late = 0
        self.told: list[tuple[str, Any]] = []
        self.subscriptions = Subscriptions(self._reading, subscriptions_max=subscriptions_max)

    @contextmanager
    def _reading(self) -> Iterator[ChainReader]:
        if self.late:
            self.late -= 1
            raise TimeoutError
        yield self.reader

    async def tell(self, message: bytes) -> None:
        params = json.loads(message)["params"]
        self.told.append((params["subscription"], params["result"]))

    def open(self, feed: Feed[Any], *, from_height: int | None = 0) -> str:
        return self.subscriptions.open(feed, from_height=from_height, method=METHOD)

    async def run(self) -> None:
        """Run long enough to tell everything."""
        running = asyncio.create_task(self.subscriptions.run(self.tell))
        for _ in range(TURNS):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def numbers(count: int, *, run_max: int = 3) -> Feed[int]:
    """Return a feed whose items are the places 0 to ``count``."""

    def read(_: FollowReader, place: int) -> Run[int]:
        end = min(place + run_max, count)
        return Run(tuple(range(place, end)), end, is_last=end == count)

    return Feed(read, lambda item: item)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with stored_chain(tmp_path) as stored:
        stored.block()
        reader = ChainReader.open(tmp_path / "chain.db")
        yield Rig(reader)
        reader.close()


def test_everything_is_told_once_and_in_order(rig: Rig) -> None:
    name = rig.open(numbers(10))
    rig.subscriptions.begin()
    asyncio.run(rig.run())
    assert rig.told == [(name, item) for item in range(10)]


def test_each_has_its_turn(rig: Rig) -> None:
    one, two = rig.open(numbers(6)), rig.open(numbers(6))
    rig.subscriptions.begin()
    asyncio.run(rig.run())
    assert [name for name, _ in rig.told] == ([one] * 3 + [two] * 3) * 2


def test_nothing_is_told_before_the_caller_knows_the_name(rig: Rig) -> None:
    known = rig.open(numbers(1))
    rig.subscriptions.begin()
    rig.open(numbers(1))
    asyncio.run(rig.run())
    assert rig.told == [(known, 0)]


def test_growth_is_looked_at_when_woken(rig: Rig) -> None:
    end = 2

    def read(_: FollowReader, place: int) -> Run[int]:
        return Run(tuple(range(place, end)), end, is_last=True)

    name = rig.open(Feed(read, lambda item: item))
    rig.subscriptions.begin()
    asyncio.run(rig.run())
    end = 4
    asyncio.run(rig.run())
    assert rig.told == [(name, 0), (name, 1)]
    rig.subscriptions.wake()
    asyncio.run(rig.run())
    assert rig.told == [(name, item) for item in range(4)]


def test_look_that_took_too_long_is_repeated(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    name = rig.open(numbers(2))
    rig.subscriptions.begin()
    monkeypatch.setattr("node.api.subscriptions.RETRY_S", 0)
    rig.late = 1
    asyncio.run(rig.run())
    assert rig.told == [(name, 0), (name, 1)]


def test_closed_one_tells_nothing_more(rig: Rig) -> None:
    def shape(item: int) -> int:
        if item == 1:
            assert rig.subscriptions.close(name)
        return item

    feed = numbers(10)
    name = rig.open(Feed(feed.read, shape))
    rig.subscriptions.begin()
    asyncio.run(rig.run())
    assert rig.told == [(name, 0), (name, 1)]
    assert not rig.subscriptions.close(name)


def test_without_a_height_it_begins_after_the_last_block(rig: Rig) -> None:
    blocks = Feed(lambda reader, place: reader.blocks(place), lambda item: item.block.height)
    rig.open(blocks, from_height=None)
    whole = rig.open(blocks, from_height=0)
    rig.subscriptions.begin()
    asyncio.run(rig.run())
    assert rig.told == [(whole, 0), (whole, 1)]


def test_a_connection_has_a_limit(rig: Rig) -> None:
    few = Rig(rig.reader, subscriptions_max=2)
    first = few.open(numbers(1))
    second = few.open(numbers(1))
    with pytest.raises(RpcError) as refusal:
        few.open(numbers(1))
    assert refusal.value.reason == "too_many_subscriptions"
    assert few.subscriptions.close(first)
    assert few.open(numbers(1)) not in {first, second}
