"""The core's side of the API edges: submissions become events, replies find their caller."""

import asyncio
from collections.abc import Callable

import structlog

from chain import events
from chain.checked import checked_receipt, checked_transaction
from chain.errors import MalformedMessage
from chain.primitives import Hash, Height
from chain.transaction import claims_in
from node.api_frames import (
    API_REPORTS,
    ApiOrder,
    ApiReady,
    ApiReport,
    NodeStatus,
    Notice,
    Submit,
    SubmitResult,
)
from node.api_questions import Answer, Question
from node.clock import monotonic_ms
from node.home import Home
from node.links import Link, serve

SILENCE_MS = 10_000
"""An edge that says nothing for so long is frozen; it beats twice a second."""

LINKS_MAX = 16
"""API edges of one core."""

log = structlog.get_logger()

Take = Callable[[events.Event], None]

Tell = Callable[[Question], bytes]
"""Answers a question with JSON text.

Raises:
    ChainError: it is none that an edge asks.
"""


class ApiSide:
    """The links to API edges; several may serve one core."""

    def __init__(
        self, *, genesis_hash: Hash, take: Take, tell: Tell, silence_ms: int = SILENCE_MS
    ) -> None:
        """Start without an edge.

        Args:
            genesis_hash: 32 bytes.
            take: brings an event to the engine.
            tell: answers questions.
            silence_ms: after which an edge is killed.
        """
        self._silence_ms = silence_ms
        self._genesis_hash, self._take, self._tell = genesis_hash, take, tell
        self._links: list[Link[ApiReport]] = []
        self._callers: dict[int, tuple[Link[ApiReport], int]] = {}
        self._tickets = 0

    async def serve(self, home: Home) -> asyncio.Server:
        """Listen for edges."""
        return await serve(home.api_socket, API_REPORTS, self._serve_link)

    async def _serve_link(self, link: Link[ApiReport]) -> None:
        if len(self._links) >= LINKS_MAX:
            return
        self._links.append(link)
        try:
            async for report in link.messages():
                self._receive(link, report)
        finally:
            self._links.remove(link)

    def _receive(self, link: Link[ApiReport], report: ApiReport) -> None:
        match report:
            case Submit():
                self._submit(link, report)
            case Question():
                link.send(Answer(report.ticket, self._tell(report)))
            case ApiReady():
                log.info("api_ready", url=report.url)
            case _:
                pass

    def _submit(self, link: Link[ApiReport], submit: Submit) -> None:
        """Give a transaction to the engine; its reply comes back through :meth:`reply`.

        Raises:
            ChainError: the edge let through what is no transaction, or a claim by itself.
        """
        verified = checked_transaction(submit.transaction, genesis_hash=self._genesis_hash)
        receipts = tuple(checked_receipt(one) for one in submit.receipts)
        if len(claims_in(verified.transaction)) != len(receipts):
            raise MalformedMessage(detail="a claim comes without its document")
        self._tickets += 1
        self._callers[self._tickets] = (link, submit.ticket)
        self._take(events.TransactionArrived(verified, receipts, ticket=self._tickets))

    def reply(self, reply: events.Reply) -> None:
        """Tell the caller what became of its transaction."""
        link, ticket = self._callers.pop(reply.ticket)
        if reply.error is None:
            link.send(SubmitResult(ticket, reply.transaction_id))
        else:
            link.send(SubmitResult.refused(ticket, reply.error, reply.transaction_id))

    def notice(self, height: int, block_hash: Hash) -> None:
        """Tell every edge that a block was committed."""
        self._send_all(Notice(Height(height), block_hash))

    def push_status(self, status: NodeStatus) -> None:
        """Tell every edge how the node is."""
        self._send_all(status)

    def _send_all(self, order: ApiOrder) -> None:
        for link in self._links:
            link.send(order)

    def watch(self) -> None:
        """Kill edges that have gone silent; the supervisor starts others."""
        for link in self._links:
            if not link.is_closed and monotonic_ms() - link.last_heard_ms > self._silence_ms:
                log.error("api_edge_silent", pid=link.peer_pid)
                link.kill_peer()

    def abort(self) -> None:
        """Cut every link."""
        for link in self._links:
            link.abort()
