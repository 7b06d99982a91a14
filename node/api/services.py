"""What methods work with: the chain as it is on the disk, and the line to the core."""

import asyncio
import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from chain.store.market_queries import MarketReader
from chain.store.queries import ChainReader
from genesis.closed_json import parse_object, read_file
from genesis.document import DOCUMENT_BYTES_MAX
from node.api import problems
from node.api.core_link import CoreLink
from node.api.eth_filters import EthFilters
from node.api.settings import ApiEdgeSettings
from node.api.subscriptions import Subscriptions
from node.api.words import Json
from node.clock import monotonic_ms

READ_MS_MAX = 2_000
"""Milliseconds that the questions of one call may take; every one of ours takes a few."""


class ReadDeadline:
    """When the questions of the call that is running must be answered."""

    def __init__(self) -> None:
        """Start with no time at all; each call starts it anew."""
        self._end_ms = 0

    def start(self) -> None:
        """Give ``READ_MS_MAX`` from now on."""
        self._end_ms = monotonic_ms() + READ_MS_MAX

    def is_late(self) -> bool:
        """Return whether the time is over."""
        return monotonic_ms() > self._end_ms


@dataclass
class GenesisFile:
    """The file that the chain began with.

    Attributes:
        path: where it lies.
    """

    path: Path

    @cached_property
    def document(self) -> Json:
        """The document, read when it is first asked for; it never changes.

        Raises:
            ConfigError: it cannot be read, or is no JSON.
        """
        data = read_file(self.path, bytes_max=DOCUMENT_BYTES_MAX)
        return parse_object(data, what=str(self.path), bytes_max=DOCUMENT_BYTES_MAX)


class Services:
    """The edge's side of the node.

    Attributes:
        settings: of this edge.
        core: the line to the core.
        genesis: what the chain began with.
        eth_filters: those of the ``eth_`` view.
        subscriptions: of the connection that calls; None where it cannot be told of anything.
        turn: held by whoever signs with a development account, so that each has its own nonce.
    """

    def __init__(
        self, settings: ApiEdgeSettings, reader: ChainReader, deadline: ReadDeadline
    ) -> None:
        """Take over an open reader that asks the deadline; :meth:`open` is the way in."""
        self.settings = settings
        self.core = CoreLink(settings.core_socket, submissions_max=settings.limits.submissions_max)
        self.genesis = GenesisFile(settings.genesis_file)
        self.eth_filters = EthFilters()
        self.subscriptions: Subscriptions | None = None
        self._reader, self._deadline = reader, deadline
        self.turn = asyncio.Lock()
        self._waits: set[object] = set()  # shared by all that are made from this one

    @classmethod
    @contextmanager
    def open(cls, settings: ApiEdgeSettings) -> Iterator[Self]:
        """Open the database for reading while the context lasts.

        Raises:
            StoreError: there is no database of this program's form.
        """
        deadline = ReadDeadline()
        deadline.start()
        reader = ChainReader.open(settings.database, is_late=deadline.is_late)
        try:
            yield cls(settings, reader, deadline)
        finally:
            reader.close()

    def of(self, subscriptions: Subscriptions) -> Self:
        """Return the same services for one connection that subscribes."""
        served = copy.copy(self)
        served.subscriptions = subscriptions
        return served

    def tip_height(self) -> int:
        """Return the height of the last block.

        Raises:
            TimeoutError: the look took too long.
        """
        with self.reading() as reader:
            return reader.tip().height

    def is_devnet(self) -> bool:
        """Return whether the chain says that it is one for trying things, without real money.

        Raises:
            TimeoutError: the look took too long.
        """
        with self.reading() as reader:
            return MarketReader(reader).parameters().devnet

    @contextmanager
    def waiting(self, waits_max: int) -> Iterator[None]:
        """Count a call that waits for the chain while the context lasts.

        Raises:
            RpcError: as many as may wait do already.
        """
        if len(self._waits) >= waits_max:
            message = f"{waits_max} calls wait for the chain already; try again soon"
            raise problems.limit_error("too_many_waits", message, limit=waits_max)
        place = object()
        self._waits.add(place)
        try:
            yield
        finally:
            self._waits.remove(place)

    @contextmanager
    def reading(self) -> Iterator[ChainReader]:
        """Ask the chain, in one state of it and within ``READ_MS_MAX``.

        Raises:
            TimeoutError: the questions took too long.
        """
        self._deadline.start()
        with self._reader.snapshot():
            yield self._reader
