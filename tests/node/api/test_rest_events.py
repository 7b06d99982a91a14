from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from chain.store.follow_queries import RUN_MAX, FollowReader
from chain.store.queries import ChainReader
from chain.store.views import ReceiptFilter
from node.api.rest_events import NUMBERS, TOPICS, Event, EventId, Following, Topic
from tests.support.builders import a_transfer, address_of_name
from tests.support.market_chain import a_market
from tests.support.small_chain import stored_chain

ALL: frozenset[Topic] = frozenset(TOPICS)
START = EventId.before(0)
TRANSFERS = RUN_MAX + 7


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[FollowReader]:
    """A chain of empty blocks, one of many transfers, and empty ones again."""
    with stored_chain(tmp_path) as stored:
        stored.block()
        stored.block(*(a_transfer(1, nonce=nonce) for nonce in range(TRANSFERS)))
        for _ in range(TRANSFERS):
            stored.block()
        reader = ChainReader.open(tmp_path / "chain.db")
        yield FollowReader(reader)
        reader.close()


@pytest.fixture
def market(tmp_path: Path) -> Iterator[FollowReader]:
    """A chain with receipts."""
    with a_market(tmp_path):
        reader = ChainReader.open(tmp_path / "chain.db")
        yield FollowReader(reader)
        reader.close()


def events_behind(
    reader: FollowReader,
    behind: EventId = START,
    topics: frozenset[Topic] = ALL,
    receipts: ReceiptFilter | None = None,
) -> list[Event]:
    """Return every event behind a place."""
    following = Following(topics, receipts or ReceiptFilter())
    found: list[Event] = []
    while True:
        run = following.read(reader, behind)
        assert run.place > behind or run.is_last
        assert all(behind < event.id <= run.place for event in run.events)
        found += run.events
        behind = run.place
        if run.is_last:
            return found


@pytest.mark.parametrize("topic", TOPICS)
def test_event_has_the_place_behind_it(topic: Topic) -> None:
    row = (7 << 20) + 3
    event = EventId.of(topic, row)
    assert event.height == 7
    assert event.place(topic) == row + 1
    later = TOPICS[TOPICS.index(topic) + 1 :]
    assert [event.place(one) for one in later] == [row] * len(later)


def test_place_before_a_row_is_behind_all_before_it() -> None:
    before = EventId.before(7 << 20)
    assert (before.height, before.number) == (6, NUMBERS - 1)
    assert [before.place(topic) for topic in TOPICS] == [7 << 20] * len(TOPICS)


def test_every_event_is_met_once_and_in_order(busy: FollowReader) -> None:
    found = events_behind(busy)
    assert all(one.id < other.id for one, other in pairwise(found))
    blocks = [event.id.height for event in found if event.topic == "blocks"]
    assert blocks == list(range(TRANSFERS + 3))
    assert sum(event.topic == "transactions" for event in found) == TRANSFERS
    assert [str(event.id) for event in found[:4]] == ["0.0", "1.0", "2.0", "2.1"]


def test_whoever_has_seen_an_event_misses_nothing_behind_it(busy: FollowReader) -> None:
    found = events_behind(busy)
    for seen in range(0, len(found), 9):
        assert events_behind(busy, found[seen].id) == found[seen + 1 :]


def test_name_of_an_event_does_not_depend_on_the_topics(market: FollowReader) -> None:
    found = events_behind(market)
    for topic in TOPICS:
        alone = events_behind(market, topics=frozenset({topic}))
        assert alone == [event for event in found if event.topic == topic]
        assert alone


def test_receipts_may_be_those_of_a_client(market: FollowReader) -> None:
    stranger = ReceiptFilter(client=address_of_name("stranger"))
    assert not events_behind(market, topics=frozenset({"receipts"}), receipts=stranger)
    client = ReceiptFilter(client=address_of_name("client"))
    theirs = events_behind(market, topics=frozenset({"receipts"}), receipts=client)
    assert theirs == events_behind(market, topics=frozenset({"receipts"}))


def test_quiet_run_goes_on_to_the_end_of_the_chain(market: FollowReader) -> None:
    nobodys = ReceiptFilter(client=address_of_name("stranger"))
    run = Following(frozenset({"receipts"}), nobodys).read(market, START)
    assert run.is_last
    assert run.place == EventId.before(market.end())


def test_place_beyond_the_chain_waits_for_it(busy: FollowReader) -> None:
    future = EventId(10_000, 0)
    run = Following(ALL, ReceiptFilter()).read(busy, future)
    assert (run.events, run.place, run.is_last) == ((), future, True)
