"""Looking for logs: a bounded slice of the chain at a time, so that others have their turn."""

from dataclasses import dataclass
from itertools import groupby
from typing import Self

from chain.outcome import OutcomeKind
from chain.primitives import Address, Hash
from chain.store.money_events import MoneyEvents
from chain.store.queries import ChainReader
from node.api.eth_forms import LogFilter
from node.api.eth_logs import Log, fits, kinds_of, logs_of
from node.api.words import Json

SLICE_WORK = 500
"""Transactions and receipts of a slice, unless its first block has more: twenty milliseconds."""

SLICE_HEIGHTS = 1_000
"""Heights of a slice."""


@dataclass(frozen=True)
class LogQuery:
    """Which logs.

    Attributes:
        kinds: of the events that may have such logs.
        addresses: of which a log has one; None for any.
        topics: for each place those of which a log has one; None for any.
    """

    kinds: frozenset[OutcomeKind]
    addresses: frozenset[Address] | None
    topics: list[frozenset[Hash] | None]

    @classmethod
    def of(cls, wanted: LogFilter) -> Self:
        """Return what a filter asks for, wherever that is."""
        addresses, topics = wanted.addresses(), wanted.wanted_topics()
        return cls(kinds_of(addresses, topics), addresses, topics)

    def takes(self, log: Log) -> bool:
        """Return whether a log is one of them."""
        is_there = self.addresses is None or log.address in self.addresses
        return is_there and fits(log, self.topics)


@dataclass(frozen=True, slots=True)
class Slice:
    """What a part of the chain holds.

    Attributes:
        blocks: the logs of each block that has some, in their order.
        next_height: where the next slice begins.
    """

    blocks: list[tuple[int, list[Json]]]
    next_height: int


def read_slice(reader: ChainReader, query: LogQuery, first: int, last: int) -> Slice:
    """Return the logs from a height on, up to another or as far as a slice reaches.

    Args:
        reader: inside a snapshot.
        query: which logs.
        first: the first height.
        last: the last height, not above the tip.
    """
    if not query.kinds:
        return Slice([], last + 1)
    events = MoneyEvents(reader)
    highest = min(last, first + SLICE_HEIGHTS - 1)
    end = events.covered(first, highest, query.kinds, work_max=SLICE_WORK)
    found = filter(query.takes, logs_of(events.of_blocks(first, end, query.kinds)))
    hashes = reader.block_hashes(first, end)
    blocks = [
        (height, [log.content(hashes[height]) for log in logs])
        for height, logs in groupby(found, key=lambda log: log.event.height)
    ]
    return Slice(blocks, end + 1)
