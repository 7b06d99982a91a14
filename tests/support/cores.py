"""Cores in the test's own process, with real sockets and disks, and the test as their edges."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from chain.crypto import SecretKey
from chain.payloads import Transfer
from chain.primitives import Hash
from chain.transaction import SignedTransaction, sign_transaction
from genesis.document import read_genesis
from genesis.make import (
    development_key,
    development_seed,
    format_document,
    make_devnet_document,
)
from node.api_frames import API_ORDERS, ApiOrder
from node.config import NodeSettings
from node.core import Core, open_parts
from node.home import Home
from node.init import init_home
from node.links import Link, connect
from p2p import orders, reports
from p2p.frames import FrameMessage
from p2p.orders import ORDERS, Order

DEADLINE_S = 20.0

INTERVAL_MS = 50
"""Milliseconds between the blocks of these chains: the shortest a genesis document may say."""

FrameT = TypeVar("FrameT", bound=FrameMessage)
Wanted = TypeVar("Wanted")


def make_homes(root: Path, *, validators: int = 1, homes: int | None = None) -> list[Home]:
    """Make the homes of a chain's validators, the first ``homes`` of them."""
    document = root / "genesis.json"
    made = make_devnet_document(validators=validators, block_interval_ms=INTERVAL_MS)
    document.write_text(format_document(made))
    result = []
    for index in range(validators if homes is None else homes):
        home = Home(root / str(index))
        seed = development_seed(f"validator-{index}")
        init_home(home, genesis=document, validator=True, seed=seed)
        (home.run / "settings.json").write_text(NodeSettings(name=str(index)).model_dump_json())
        result.append(home)
    return result


def pay(home: Home, amount: int, *, nonce: int = 0) -> SignedTransaction:
    """Return a transfer from a devnet's client to its miner."""
    return sign_transaction(
        Transfer(to=development_key("miner-0").address, amount=amount),
        key=development_key("client-0"),
        genesis_hash=genesis_hash(home),
        nonce=nonce,
        fee=1_000,
        valid_until=500,
    )


def genesis_hash(home: Home) -> Hash:
    """Return the genesis hash of a home's chain."""
    return read_genesis(home.genesis).hash


def key_of_validator(index: int) -> SecretKey:
    """Return a validator's consensus key."""
    return development_key(f"validator-{index}")


@asynccontextmanager
async def running_core(home: Home) -> AsyncIterator[Core]:
    """Run a core until the block ends; raises what ended it, if it ended by itself."""
    interrupt = signal.getsignal(signal.SIGINT)
    for path in (home.network_socket, home.api_socket):
        path.unlink(missing_ok=True)
    with ExitStack() as closing:
        core = Core(open_parts(home, NodeSettings(), closing))
        running = asyncio.create_task(core.run(home, beat=None))
        try:
            await asyncio.sleep(0)
            while not (home.network_socket.exists() and home.api_socket.exists()):
                assert not running.done(), running
                await asyncio.sleep(0)
            yield core
        finally:
            core.stop()
            await running
            signal.signal(signal.SIGINT, interrupt)


class Edge(Generic[FrameT]):
    """The test at the other end of a link.

    Attributes:
        link: to the core.
        heard: everything that came, in order.
    """

    def __init__(self, link: Link[FrameT]) -> None:
        """Play the edge of an open link."""
        self.link = link
        self.heard: list[FrameT] = []
        self._news = asyncio.Condition()
        self._ended = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for message in self.link.messages():
            self.heard.append(message)
            async with self._news:
                self._news.notify_all()
        self._ended.set()

    async def hears(
        self, what: type[Wanted], is_it: Callable[[Wanted], bool] | None = None
    ) -> Wanted:
        """Return the first message of a kind that came or comes and that ``is_it`` likes."""

        def find() -> Wanted | None:
            for message in self.heard:
                if isinstance(message, what) and (is_it is None or is_it(message)):
                    return message
            return None

        async with asyncio.timeout(DEADLINE_S), self._news:
            await self._news.wait_for(lambda: find() is not None)
        found = find()
        assert found is not None
        return found

    async def is_cut(self) -> None:
        """Return once the core has closed the link."""
        async with asyncio.timeout(DEADLINE_S):
            await self._ended.wait()

    async def leave(self) -> None:
        """Close the link."""
        self.link.abort()
        await self._listening


@asynccontextmanager
async def network_edge(home: Home) -> AsyncIterator[Edge[Order]]:
    """Play the network edge of a home's core."""
    edge = Edge(await connect(home.network_socket, ORDERS))
    try:
        yield edge
    finally:
        await edge.leave()


@asynccontextmanager
async def api_edge(home: Home) -> AsyncIterator[Edge[ApiOrder]]:
    """Play an API edge of a home's core."""
    edge = Edge(await connect(home.api_socket, API_ORDERS))
    try:
        yield edge
    finally:
        await edge.leave()


class _Sends(Protocol):
    def __call__(self, report: reports.Report) -> None: ...


class Relay:
    """A network of cores without libp2p: what one's edge is told, the others' edges report."""

    def __init__(self, edges: dict[str, Link[Order]]) -> None:
        """Join the links of edges by the names of their cores."""
        self._edges = edges
        self._asked: dict[int, tuple[str, int]] = {}

    def introduce(self) -> None:
        """Tell every core of all others."""
        for name, link in self._edges.items():
            for other in self._edges.keys() - {name}:
                link.send(reports.PeerUp(other))

    async def carry(self, name: str) -> None:
        """Carry what a core sends until its link closes."""
        async for order in self._edges[name].messages():
            self._carry(name, order)

    def _carry(self, name: str, order: Order) -> None:
        match order:
            case orders.Broadcast():
                self._all_but(name)(reports.Consensus(name, order.message))
            case orders.Send():
                self._edges[order.peer].send(reports.Consensus(name, order.message))
            case orders.Publish():
                self._all_but(name)(reports.Gossip(order.topic, name, order.payload))
            case orders.Status():
                self._all_but(name)(reports.PeerStatus(name, order.height, order.block_hash))
            case orders.Request():
                self._ask(name, order)
            case orders.Answer():
                asker, request = self._asked.pop(order.id)
                answer = reports.Response(id=request, ok=True, peer=name, payload=order.payload)
                self._edges[asker].send(answer)
            case _:
                pass

    def _all_but(self, name: str) -> _Sends:
        def send(report: reports.Report) -> None:
            for other, link in self._edges.items():
                if other != name:
                    link.send(report)

        return send

    def _ask(self, name: str, order: orders.Request) -> None:
        number = len(self._asked) + 1_000 * order.id
        self._asked[number] = (name, order.id)
        peer = order.peer or next(iter(self._edges.keys() - {name}))
        self._edges[peer].send(reports.Incoming(number, order.protocol, name, order.payload))


@asynccontextmanager
async def joined_cores(homes: list[Home]) -> AsyncIterator[list[Core]]:
    """Run cores that hear each other through a :class:`Relay`."""
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        cores = [await stack.enter_async_context(running_core(home)) for home in homes]
        links = {
            str(index): await connect(home.network_socket, ORDERS)
            for index, home in enumerate(homes)
        }
        relay = Relay(links)
        for name in links:
            tasks.create_task(relay.carry(name))
        relay.introduce()
        yield cores
        for link in links.values():
            link.abort()
