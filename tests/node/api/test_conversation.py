# ruff: noqa: ANN401 -- parameters are JSON, or checked by the settings they reach

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import ClientWebSocketResponse

from chain.primitives import Height
from node.api.conversation import Conversation
from node.api.jsonrpc import Rpc
from node.api.methods import METHODS
from node.api.server import RpcServer
from node.api.services import Services
from node.api.settings import Limits
from node.api_frames import Notice
from tests.support.builders import a_transfer
from tests.support.fake_core import FakeCore
from tests.support.small_chain import StoredChain, edge_settings, services_of, stored_chain

STORED, MORE = 120, 20
"""Blocks before the subscription, which is over two runs, and after it."""


class Caller:
    """A real WebSocket to a real server on a real database, and the chain behind it."""

    def __init__(
        self, socket: ClientWebSocketResponse, stored: StoredChain, core: FakeCore
    ) -> None:
        self.socket, self.stored, self.core = socket, stored, core
        self.count = 0
        self._told: deque[Any] = deque()

    async def call(self, method: str, **params: Any) -> Any:
        """Call, and return the answer; what is told meanwhile waits."""
        await self.socket.send_json({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
        while "id" not in (message := json.loads(await self.socket.receive_str())):
            self._told.append(message)
        return message

    async def subscribe(self, topic: str, **params: Any) -> str:
        return str((await self.call("ait_subscribe", topic=topic, **params))["result"])

    async def told(self) -> tuple[str, Any]:
        """Return the next notification: whose it is, and what."""
        earlier = self._told.popleft() if self._told else None
        message = earlier or json.loads(await self.socket.receive_str())
        assert message["method"] == "ait_subscription"
        return message["params"]["subscription"], message["params"]["result"]

    def block(self, *, transfers: int = 0, notice: bool = True) -> None:
        """Decide a block, and let the core tell of it or not."""
        nonces = range(self.count, self.count + transfers)
        self.count += transfers
        valid_until = self.stored.chain.ledger.height + 10
        transfers_made = (a_transfer(1, nonce=at, valid_until=valid_until) for at in nonces)
        self.stored.block(*transfers_made)
        if notice:
            ledger = self.stored.chain.ledger
            self.core.tell(Notice(Height(ledger.height), ledger.tip_hash))


def with_caller(
    folder: Path,
    act: Callable[[Caller], Awaitable[None]],
    *,
    blocks: int = 0,
    limits: Limits | None = None,
) -> None:
    async def run(stored: StoredChain, services: Services) -> None:
        rpc = Rpc(METHODS, services, limits=services.settings.limits)
        server = RpcServer(
            services.settings,
            answer=rpc.answer,
            converse=lambda: Conversation(rpc, services),
        )
        async with asyncio.timeout(60), FakeCore(folder / "api.sock") as core:
            url = await server.start()
            tasks = [
                asyncio.create_task(services.core.run(url)),
                asyncio.create_task(services.core.bell.watch(services.tip_height)),
            ]
            await core.wait_for(lambda: bool(core.ready))
            async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
                caller = Caller(socket, stored, core)
                for _ in range(blocks):
                    caller.block(transfers=1, notice=False)
                await act(caller)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await server.close()

    settings = edge_settings(folder, limits=limits or Limits())
    with stored_chain(folder) as stored, services_of(settings) as services:
        asyncio.run(run(stored, services))


def test_methods_and_batches_are_answered(tmp_path: Path) -> None:
    async def act(caller: Caller) -> None:
        assert (await caller.call("ait_status"))["result"]["height"] == 0
        call = {"jsonrpc": "2.0", "method": "ait_status"}
        await caller.socket.send_json([{**call, "id": 1}, call, {**call, "id": 2}])
        answers = json.loads(await caller.socket.receive_str())
        assert [one["id"] for one in answers] == [1, 2]
        await caller.socket.send_str("{")
        assert json.loads(await caller.socket.receive_str())["error"]["code"] == -32700

    with_caller(tmp_path, act)


def test_subscription_begins_with_the_next_block(tmp_path: Path) -> None:
    async def act(caller: Caller) -> None:
        answer = await caller.call("ait_subscribe", topic="newBlocks")
        caller.block()
        told, block = await caller.told()
        assert (told, block["height"]) == (answer["result"], 4)
        assert block["certificate"]["signatures"] == 1

    with_caller(tmp_path, act, blocks=3)


def test_replay_goes_live_without_a_gap_or_a_repeat(tmp_path: Path) -> None:
    async def act(caller: Caller) -> None:
        topics = ("newBlocks", "transactions")
        names = {topic: await caller.subscribe(topic, fromHeight=1) for topic in topics}
        seen: dict[str, list[int]] = {name: [] for name in names.values()}
        wanted = list(range(1, STORED + MORE + 1))
        for number in range(MORE):
            name, item = await caller.told()
            seen[name].append(item["height"])
            caller.block(transfers=1, notice=number % 2 == 0)
        while any(len(heights) < len(wanted) for heights in seen.values()):
            name, item = await caller.told()
            seen[name].append(item["height"])
        assert list(seen.values()) == [wanted, wanted]

    with_caller(tmp_path, act, blocks=STORED)


def test_subscription_is_ended_by_its_name(tmp_path: Path) -> None:
    async def act(caller: Caller) -> None:
        blocks = await caller.subscribe("newBlocks")
        sets = await caller.subscribe("validators", fromHeight=0)
        assert (await caller.told())[0] == sets
        assert (await caller.call("ait_unsubscribe", subscription=blocks))["result"] is True
        assert (await caller.call("ait_unsubscribe", subscription=blocks))["result"] is False
        caller.block()
        assert (await caller.call("ait_status"))["result"]["height"] == 1

    with_caller(tmp_path, act)


def test_connection_has_its_own_subscriptions(tmp_path: Path) -> None:
    async def act(caller: Caller) -> None:
        name = await caller.subscribe("newBlocks")
        url = str(caller.socket._response.url)
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            other = Caller(socket, caller.stored, caller.core)
            assert (await other.call("ait_unsubscribe", subscription=name))["result"] is False

    with_caller(tmp_path, act)


def test_message_above_the_rate_is_answered_with_its_id(tmp_path: Path) -> None:
    async def act(caller: Caller) -> None:
        dear = [{"jsonrpc": "2.0", "id": at, "method": "ait_subscribe"} for at in range(100)]
        await caller.socket.send_json(dear)
        await caller.socket.receive_str()
        refused = await caller.call("ait_status")
        assert (refused["id"], refused["error"]["data"]["reason"]) == (7, "rate_limited")

    with_caller(tmp_path, act, limits=Limits(rate_local_per_s=1))
