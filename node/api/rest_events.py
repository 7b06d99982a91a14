"""What happened on the chain, as events in one order, from any place of it on.

The events of a block are ranked by their index in it: the block itself is the first, then come each
transaction and the receipt of the same index. So an event has one name, ``<height>.<n>``, whatever
else somebody follows, and whoever has seen an event can go on behind it at any node of the chain.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from chain.primitives import INDEX_BITS
from chain.store.follow_queries import CertifiedBlock, FollowReader, Run, place_of
from chain.store.views import ReceiptFilter, ReceiptView, TransactionView

Topic = Literal["blocks", "transactions", "receipts"]

TOPICS: Final[tuple[Topic, ...]] = ("blocks", "transactions", "receipts")
"""All topics; their order is that of events of the same index."""

NUMBERS: Final = len(TOPICS) << INDEX_BITS
"""Numbers of a block: ``n`` is below it."""

Item = CertifiedBlock | TransactionView | ReceiptView


@dataclass(frozen=True, slots=True, order=True)
class EventId:
    """The name of an event, and a place between two events: right behind this one.

    Attributes:
        height: of the block.
        number: its rank there, below ``NUMBERS``.
    """

    height: int
    number: int

    @classmethod
    def before(cls, place: int) -> Self:
        """Return the place right before all events from a row on."""
        height, number = divmod(place * len(TOPICS) - 1, NUMBERS)
        return cls(height, number)

    @classmethod
    def of(cls, topic: Topic, row: int) -> Self:
        """Return the name of the event of a topic and a row."""
        height, number = divmod(row * len(TOPICS) + TOPICS.index(topic), NUMBERS)
        return cls(height, number)

    def place(self, topic: Topic) -> int:
        """Return the row from which a topic goes on behind this place."""
        behind = self.height * NUMBERS + self.number - TOPICS.index(topic)
        return behind // len(TOPICS) + 1

    def __str__(self) -> str:
        """Return it as callers know it."""
        return f"{self.height}.{self.number}"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        id: its name.
        topic: what it is of.
        item: what happened.
    """

    id: EventId
    topic: Topic
    item: Item


@dataclass(frozen=True, slots=True)
class EventRun:
    """What was found behind a place.

    Attributes:
        events: in their order; there may be none although more follow.
        place: behind which the next run begins.
        is_last: whether the chain held no more when it was read.
    """

    events: tuple[Event, ...]
    place: EventId
    is_last: bool


@dataclass(frozen=True, slots=True)
class Following:
    """What somebody follows.

    Attributes:
        topics: what of.
        receipts: which receipts.
    """

    topics: frozenset[Topic]
    receipts: ReceiptFilter

    def read(self, reader: FollowReader, behind: EventId) -> EventRun:
        """Return the events behind a place, some at a time.

        Every topic is read so far as the one that has got least far; what lies beyond is read
        again with the next run, so a place is all there is to remember.

        Args:
            reader: of a snapshot of the chain.
            behind: the place.
        """
        end = reader.end()
        runs = {topic: self._run(reader, topic, behind.place(topic)) for topic in self.topics}
        bound = min((run.place for run in runs.values() if not run.is_last), default=end)
        found = sorted(
            (
                Event(EventId.of(topic, row), topic, item)
                for topic, run in runs.items()
                for item in run.items
                if (row := _row_of(item)) < bound
            ),
            key=lambda event: event.id,
        )
        is_last = all(run.is_last for run in runs.values())
        return EventRun(tuple(found), max(behind, EventId.before(bound)), is_last)

    def _run(self, reader: FollowReader, topic: Topic, place: int) -> Run[Any]:
        match topic:
            case "blocks":
                return reader.blocks(place)
            case "transactions":
                return reader.transactions(place, None)
            case "receipts":
                return reader.receipts(place, self.receipts)


def _row_of(item: Item) -> int:
    return place_of(item.block.height) if isinstance(item, CertifiedBlock) else item.row
