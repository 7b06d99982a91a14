"""Following the chain: what one WebSocket connection has subscribed to, and where each stands.

A subscription is a place in the chain and a feed: what to read from there on, and how an item
looks. It reads the database and nothing else, so no gap or repeat can come from a lost notice, a
slow reader or the change from replay to the present: there is no such change.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chain.store.follow_queries import FollowReader, Run, place_of
from chain.store.queries import ChainReader
from node.api import problems
from node.api.jsonrpc import notification

T = TypeVar("T")

RETRY_S = 0.2
"""Seconds after which a read that took too long is tried again."""

Reading = Callable[[], AbstractContextManager[ChainReader]]
"""Opens one state of the chain for reading."""

Tell = Callable[[bytes], Awaitable[None]]
"""Sends a message, and returns once there is room for another."""


@dataclass(frozen=True)
class Feed(Generic[T]):
    """What can be followed.

    Attributes:
        read: returns the run from a place on.
        shape: returns how an item looks, as JSON; called when the item's turn has come.
    """

    read: Callable[[FollowReader, int], Run[T]]
    shape: Callable[[T], object]


@dataclass
class _Subscription:
    """One of them.

    Attributes:
        id: what the caller knows it by.
        feed: what it follows.
        method: name of its notifications.
        place: where it reads next.
        is_told: whether the caller knows its id; nothing is sent before.
        is_behind: whether there may be something to read.
    """

    id: str
    feed: Feed[Any]
    method: str
    place: int
    is_told: bool = False
    is_behind: bool = True


class Subscriptions:
    """Those of one connection; each has its turn, one run at a time."""

    def __init__(self, reading: Reading, *, subscriptions_max: int) -> None:
        """Follow nothing yet."""
        self._reading, self._max = reading, subscriptions_max
        self._open: dict[str, _Subscription] = {}
        self._count = 0
        self._woken = asyncio.Event()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._open)

    def open(self, feed: Feed[Any], *, from_height: int | None, method: str) -> str:
        """Subscribe, and return the subscription's id.

        Args:
            feed: what to follow.
            from_height: the first height of interest; the next one unless it is given.
            method: name of the notifications.

        Raises:
            RpcError: this connection has enough of them.
        """
        if len(self._open) >= self._max:
            message = f"a connection has at most {self._max} subscriptions"
            raise problems.limit_error("too_many_subscriptions", message, limit=self._max)
        if from_height is None:
            with self._reading() as reader:
                place = FollowReader(reader).end()
        else:
            place = place_of(from_height)
        self._count += 1
        made = _Subscription(hex(self._count), feed, method, place)
        self._open[made.id] = made
        return made.id

    def close(self, subscription_id: str) -> bool:
        """Unsubscribe, and return whether there was such a subscription."""
        return self._open.pop(subscription_id, None) is not None

    def begin(self) -> None:
        """Start those whose ids the caller has been told by now."""
        for one in self._open.values():
            one.is_told = True
        self._woken.set()

    def wake(self) -> None:
        """Look for more: the chain has grown."""
        for one in self._open.values():
            one.is_behind = True
        self._woken.set()

    async def run(self, tell: Tell) -> None:
        """Tell what the subscriptions find, until cancelled.

        Raises:
            StoreError: the database failed.
        """
        while True:
            behind = [one for one in self._open.values() if one.is_told and one.is_behind]
            if not behind:
                self._woken.clear()
                await self._woken.wait()
            for one in behind:
                await self._go_on(one, tell)

    async def _go_on(self, one: _Subscription, tell: Tell) -> None:
        one.is_behind = False
        try:
            with self._reading() as reader:
                run = one.feed.read(FollowReader(reader), one.place)
        except TimeoutError:
            one.is_behind = True
            await asyncio.sleep(RETRY_S)
            return
        for item in run.items:
            if one.id not in self._open:
                return
            params = {"subscription": one.id, "result": one.feed.shape(item)}
            await tell(notification(one.method, params))
        one.place = run.place
        one.is_behind |= not run.is_last
        await asyncio.sleep(0)  # other connections have their turn between two runs
