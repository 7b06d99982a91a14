"""The edge's line to the core: submissions out, their results and the node's news in.

Submissions of one turn of the event loop leave together. When the line breaks, everything that
waits is told so, and the edge calls again until the core is back.
"""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import structlog

from chain.errors import MalformedMessage
from node.api import problems
from node.api.bell import Bell
from node.api_frames import (
    API_ORDERS,
    ApiOrder,
    ApiReady,
    NodeStatus,
    Notice,
    Submit,
    SubmitResult,
)
from node.api_questions import Answer, Question, Topic
from node.figures import resident_bytes
from node.links import Link, connect
from p2p.beat import Beat

BEAT_S = 0.5
RETRY_S = 0.2
TICKETS = 2**32

QUESTIONS_MAX = 64
"""Questions that may wait for their answer; each takes the core a few milliseconds at most."""

T = TypeVar("T")

log = structlog.get_logger()


@dataclass(frozen=True)
class Submission:
    """What is handed to the core.

    Attributes:
        transaction: checked, in its stored form.
        receipts: the checked documents of a claim, or of a batch in its order.
    """

    transaction: bytes
    receipts: tuple[bytes, ...] = ()


class CoreLink:
    """Keeps one line to the core open."""

    def __init__(self, path: Path, *, submissions_max: int) -> None:
        """Start without a line; :meth:`run` opens it.

        Args:
            path: where the core listens.
            submissions_max: transactions that may wait for their result.
        """
        self._path, self._submissions_max = path, submissions_max
        self._link: Link[ApiOrder] | None = None
        self._waiting: dict[int, asyncio.Future[SubmitResult]] = {}
        self._asked: dict[int, asyncio.Future[Answer]] = {}
        self._outgoing: list[Submit] = []
        self._ticket = 0
        self.status: NodeStatus | None = None
        self.notice: Notice | None = None
        self.bell = Bell()

    @property
    def is_open(self) -> bool:
        """Whether the core is there."""
        return self._link is not None and not self._link.is_closed

    async def run(self, url: str) -> None:
        """Keep a line open until cancelled.

        Args:
            url: where callers reach this edge, for the core to know.
        """
        while True:
            try:
                link = await connect(self._path, API_ORDERS)
            except OSError:
                await asyncio.sleep(RETRY_S)
                continue
            await self._serve(link, url)

    async def _serve(self, link: Link[ApiOrder], url: str) -> None:
        self._link = link
        link.send(ApiReady(url))
        beats = asyncio.create_task(_beat(link))
        try:
            async for order in link.messages():
                self._receive(order)
        except MalformedMessage:
            log.exception("core_unreadable")
        finally:
            beats.cancel()
            link.abort()
            self._lose()

    def _receive(self, order: ApiOrder) -> None:
        match order:
            case SubmitResult():
                _settle(self._waiting, order.ticket, order)
            case Answer():
                _settle(self._asked, order.ticket, order)
            case Notice():
                self.notice = order
                self.bell.ring(order.height)
            case NodeStatus():
                self.status = order
            case Beat():
                pass

    def _lose(self) -> None:
        """Tell everyone who waits that the core is away."""
        self._link, self.status = None, None
        waiting: list[asyncio.Future[Any]] = [*self._waiting.values(), *self._asked.values()]
        self._waiting, self._asked = {}, {}
        self._outgoing.clear()
        for future in waiting:
            if not future.done():
                future.set_exception(problems.unavailable())

    async def ask(self, topic: Topic, data: bytes = b"") -> dict[str, Any]:
        """Ask the core what no database knows.

        Raises:
            RpcError: the core is away, or too much is asked already.
        """
        if self._link is None or self._link.is_closed:
            raise problems.unavailable()
        if len(self._asked) >= QUESTIONS_MAX:
            message = f"{QUESTIONS_MAX} questions wait for the node already; try again soon"
            raise problems.limit_error("too_many_questions", message, limit=QUESTIONS_MAX)
        ticket, future = self._take_ticket(self._asked)
        self._link.send(Question(ticket, topic, data))
        try:
            answer = await future
        finally:
            self._asked.pop(ticket, None)
        facts: dict[str, Any] = json.loads(answer.content)
        return facts

    def _take_ticket(self, waiting: dict[int, asyncio.Future[T]]) -> tuple[int, asyncio.Future[T]]:
        ticket = self._ticket = (self._ticket + 1) % TICKETS
        future = waiting[ticket] = asyncio.get_running_loop().create_future()
        return ticket, future

    async def submit(self, submission: Submission) -> SubmitResult:
        """Hand a transaction to the core and wait for its word.

        Raises:
            RpcError: the core is away, or too much waits already.
        """
        if not self.is_open:
            raise problems.unavailable()
        limit = self._submissions_max
        if len(self._waiting) >= limit:
            message = f"{limit} transactions wait for the node already; try again soon"
            raise problems.limit_error("too_many_submissions", message, limit=limit)
        ticket, future = self._take_ticket(self._waiting)
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outgoing.append(Submit(ticket, submission.transaction, submission.receipts))
        try:
            return await future
        finally:
            self._waiting.pop(ticket, None)

    def _flush(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        for submit in outgoing:
            if self._link is not None:
                self._link.send(submit)


def _settle(waiting: dict[int, asyncio.Future[T]], ticket: int, result: T) -> None:
    """Bring a result to whoever still waits for it."""
    future = waiting.pop(ticket, None)
    if future is not None and not future.done():
        future.set_result(result)


async def _beat(link: Link[ApiOrder]) -> None:
    while not link.is_closed:
        link.send(Beat(rss_bytes=resident_bytes(), peers=0, shed=0))
        await asyncio.sleep(BEAT_S)
