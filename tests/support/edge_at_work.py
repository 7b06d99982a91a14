"""An edge's methods on a real small chain, with a core that the test plays."""

# ruff: noqa: ANN401 -- answers are JSON

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chain.consensus.timing import Timing
from chain.engine import Engine
from node.api.jsonrpc import Method, Rpc
from node.api.methods import METHODS
from node.api.services import Services
from node.api_questions import Topic
from node.knowledge import Knowledge
from node.network_side import NetworkSide
from tests.support.fake_core import Decide, FakeCore, admit
from tests.support.judged import judge
from tests.support.small_chain import StoredChain, services_of, stored_chain


@dataclass
class EdgeAtWork:
    """What a test can reach of it.

    Attributes:
        services: of the edge.
        stored: its chain.
        core: what it hands in and asks arrives here.
        methods: that it offers.
    """

    services: Services
    stored: StoredChain
    core: FakeCore
    methods: Sequence[Method[Services, Any]] = METHODS

    async def reply(self, method: str, **params: Any) -> dict[str, Any]:
        """Return the reply to a call."""
        rpc = Rpc(self.methods, self.services, limits=self.services.settings.limits)
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        reply: dict[str, Any] = json.loads(await rpc.answer(json.dumps(request).encode()))
        judge(method, reply)
        return reply

    async def ask(self, method: str, **params: Any) -> Any:
        """Return the answer to a call that succeeds."""
        return (await self.reply(method, **params))["result"]

    async def refusal(self, method: str, **params: Any) -> str:
        """Return the reason of a call that fails."""
        reason: str = (await self.reply(method, **params))["error"]["data"]["reason"]
        return reason


def knowledge_of(stored: StoredChain) -> Knowledge:
    """Return what a core of this chain would know that has not begun to agree."""
    ledger = stored.chain.ledger
    engine = Engine(ledger, last_certificate=None, signer=None, timing=Timing())
    network = NetworkSide(genesis_hash=ledger.genesis_hash, take=lambda _: None)
    return Knowledge(engine, network)


@asynccontextmanager
async def a_line(services: Services, core: FakeCore) -> AsyncIterator[None]:
    """Keep an edge's line to the core open; the edge has heard how the node is."""
    line = asyncio.create_task(services.core.run("http://127.0.0.1:1"))
    try:
        await core.wait_for(lambda: bool(core.ready))
        await services.core.ask(Topic.CONSENSUS)  # answered after the status
        yield
    finally:
        line.cancel()
        with suppress(asyncio.CancelledError):
            await line


def at_work(
    folder: Path,
    act: Callable[[EdgeAtWork], Awaitable[None]],
    *,
    decide: Decide = admit,
    methods: Sequence[Method[Services, Any]] = METHODS,
) -> None:
    """Let an edge work on a fresh chain while ``act`` runs."""

    async def run() -> None:
        with stored_chain(folder) as stored, services_of(folder) as services:
            tell = knowledge_of(stored).tell
            async with (
                FakeCore(folder / "api.sock", decide, tell) as core,
                a_line(services, core),
            ):
                await act(EdgeAtWork(services, stored, core, methods))

    asyncio.run(run())
