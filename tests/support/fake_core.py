"""A core for tests of the API edge: listens on a real Unix socket and answers as it is told."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from chain.crypto import sha256
from chain.primitives import Hash
from node.api_frames import API_REPORTS, ApiReady, ApiReport, NodeStatus, Submit, SubmitResult
from node.api_questions import Answer, Question
from node.figures import COMMIT_BOUNDS_MS, Figures
from node.links import Link, serve
from p2p.frames import FrameMessage

STATUS = NodeStatus(
    peers=3,
    mempool=2,
    round=0,
    catching_up=False,
    best=7,
    blocks_per_s=None,
    remaining_s=None,
    validator=True,
    name="node-1",
    version="0.1.0",
    figures=Figures(
        step=3,
        mempool_bytes=512,
        signed=8,
        missed=1,
        commits=(1, 2, 5, *(0,) * (len(COMMIT_BOUNDS_MS) - 3), 1),
        commit_us=250_000,
        core_bytes=1_000,
        network_bytes=2_000,
        connections=5,
        bans=2,
        shed=4,
    ),
)

Decide = Callable[[Submit], SubmitResult | None]
Tell = Callable[[Question], bytes | None]


def admit(submit: Submit) -> SubmitResult:
    """Admit everything; a hash of the bytes stands for the transaction id."""
    return SubmitResult(submit.ticket, Hash(sha256(submit.transaction)))


class FakeCore:
    """Listens while it is entered.

    Attributes:
        submits: what came, in order.
        ready: what each edge said first.
    """

    def __init__(self, path: Path, decide: Decide = admit, tell: Tell | None = None) -> None:
        """Listen at ``path``; each function may leave what it is given without an answer.

        Args:
            path: of the socket.
            decide: answers a submission.
            tell: answers a question with JSON text; None leaves every one without an answer.
        """
        self._path, self._decide, self._tell = path, decide, tell
        self._links: list[Link[ApiReport]] = []
        self._server: asyncio.Server | None = None
        self._arrived = asyncio.Condition()
        self.submits: list[Submit] = []
        self.ready: list[ApiReady] = []

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        self._server = await serve(self._path, API_REPORTS, self._serve_link)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Listen no more."""
        assert self._server is not None
        self._server.close()
        self.hang_up()

    async def _serve_link(self, link: Link[ApiReport]) -> None:
        self._links.append(link)
        link.send(STATUS)
        async for report in link.messages():
            match report:
                case ApiReady():
                    self.ready.append(report)
                case Submit():
                    self.submits.append(report)
                    result = self._decide(report)
                    if result is not None:
                        link.send(result)
                case Question():
                    content = None if self._tell is None else self._tell(report)
                    if content is not None:
                        link.send(Answer(report.ticket, content))
            async with self._arrived:
                self._arrived.notify_all()

    async def wait_for(self, holds: Callable[[], bool]) -> None:
        """Wait until something that came makes this true."""
        async with asyncio.timeout(10), self._arrived:
            await self._arrived.wait_for(holds)

    def tell(self, *messages: FrameMessage) -> None:
        """Send something to every edge."""
        for link in self._links:
            for message in messages:
                link.send(message)

    def hang_up(self) -> None:
        """Cut every line."""
        for link in self._links:
            link.abort()
        self._links.clear()
