"""A node whose consensus is the test: a real database behind a real edge, on a real port.

What is submitted becomes a block at once, if the rules allow it.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from msgspec.structs import replace

from chain.errors import ChainError
from chain.primitives import ZERO_HASH
from chain.receipt import decode_receipt
from chain.store.writer import ChainWriter
from chain.transaction import decode_transaction
from genesis.document import canonical_bytes, parse_genesis
from node.api.conversation import Conversation
from node.api.eth_methods import ETH_METHODS
from node.api.jsonrpc import Rpc
from node.api.methods import METHODS
from node.api.server import RpcServer
from node.api.services import Services
from node.api.settings import Limits
from node.api_frames import Submit, SubmitResult
from node.api_questions import Question
from tests.support.chain import Chain
from tests.support.edge_at_work import knowledge_of
from tests.support.fake_core import STATUS, FakeCore
from tests.support.proofs import a_genesis_document
from tests.support.running import wait_for
from tests.support.small_chain import StoredChain, edge_settings, services_of

START_S = 30


class ServedChain:
    """The node.

    Attributes:
        genesis: its document's file.
        url: of its JSON-RPC.
        stored: its chain; touch it by :meth:`do` alone, as it lives in the server's thread.
    """

    url: str
    stored: StoredChain
    _services: Services

    def __init__(self, folder: Path, *, validators: int, limits: Limits) -> None:
        """Write the genesis document; :func:`served_chain` does the rest."""
        self._limits = limits
        document = a_genesis_document(validators=validators)
        self._folder, self._genesis = folder, parse_genesis(canonical_bytes(document))
        self.genesis = folder / "genesis.json"
        self.genesis.write_bytes(canonical_bytes(document))
        self._started: Future[None] = Future()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._core = FakeCore(folder / "api.sock", self._take, self._tell)

    def start(self) -> Thread:
        """Serve in a thread of its own."""
        thread = Thread(target=self._loop.run_until_complete, args=(self._run(),))
        thread.start()
        self._started.result(timeout=START_S)
        return thread

    def stop(self, thread: Thread) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        thread.join()
        self._loop.close()

    async def _run(self) -> None:
        try:
            await self._serve()
        except BaseException as error:
            if not self._started.done():
                self._started.set_exception(error)
            raise

    async def _serve(self) -> None:
        writer = ChainWriter.open(self._folder / "chain.db", self._genesis)
        self.stored = StoredChain(writer, Chain(self._genesis))
        settings = edge_settings(
            self._folder, genesis_hash=self._genesis.hash.hex(), limits=self._limits
        )
        async with self._core as core:
            with services_of(settings) as services:
                self._services = services
                rpc = Rpc(METHODS + ETH_METHODS, services, limits=settings.limits)
                server = RpcServer(
                    settings,
                    answer=rpc.answer,
                    converse=lambda: Conversation(rpc, services),
                )
                self.url = await server.start()
                line = asyncio.create_task(services.core.run(self.url))
                await core.wait_for(lambda: bool(core.ready))
                self._started.set_result(None)
                await self._stopping.wait()
                line.cancel()
                await asyncio.gather(line, return_exceptions=True)
                await server.close()
        writer.close()

    def _take(self, submit: Submit) -> SubmitResult:
        chain = self.stored.chain
        transaction = decode_transaction(submit.transaction)
        for document in submit.receipts:
            chain.keep(decode_receipt(document))
        try:
            self.stored.block(transaction)
        except ChainError as error:
            return SubmitResult.refused(submit.ticket, error, ZERO_HASH)
        return SubmitResult(submit.ticket, transaction.id(chain.genesis.hash))

    def _tell(self, question: Question) -> bytes:
        return knowledge_of(self.stored).tell(question)

    def do(self, action: Callable[[StoredChain], Any]) -> Any:  # noqa: ANN401 - the action's own
        """Do something with the chain in the server's thread, and return what it returns."""

        async def run() -> Any:  # noqa: ANN401 - the action's own
            return action(self.stored)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(timeout=START_S)

    def blocks(self, count: int) -> None:
        """Decide empty blocks."""
        for _ in range(count):
            self.do(lambda stored: stored.block())

    def say(self, **status: Any) -> None:  # noqa: ANN401 - checked by the constructor
        """Let the core say how the node is, and wait until the edge has heard it."""
        said = replace(STATUS, **status)

        def has_heard() -> bool:
            heard: bool = self.do(lambda _: self._services.core.status == said)
            return heard

        self.do(lambda _: self._core.tell(said))
        wait_for(has_heard, what="status", within_s=START_S)


@contextmanager
def served_chain(
    folder: Path, *, validators: int = 4, limits: Limits | None = None
) -> Iterator[ServedChain]:
    """Serve a chain that has one block."""
    served = ServedChain(folder, validators=validators, limits=limits or Limits())
    thread = served.start()
    try:
        served.blocks(1)
        yield served
    finally:
        served.stop(thread)
