import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chain.store.follow_queries import FollowReader
from node.api import eth_following
from node.api.conversation import Conversation
from node.api.eth_abi import COIN, SETTLEMENT
from node.api.eth_following import NOTIFICATION, SubscribeParams
from node.api.eth_methods import ETH_METHODS
from node.api.jsonrpc import Rpc
from node.api.problems import RpcError
from node.api.requests import read_params
from tests.support.asking import ask, refusal
from tests.support.builders import a_transfer
from tests.support.eth_chain import EthChain, an_eth_chain


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[EthChain]:
    with an_eth_chain(tmp_path) as chain:
        yield chain


def told_of_two_blocks(chain: EthChain, *params: object) -> list[Any]:
    """Return what a subscription tells of two blocks, each with a transfer."""

    async def run() -> list[Any]:
        services = chain.services
        rpc = Rpc(ETH_METHODS, services, limits=services.settings.limits)
        conversation = Conversation(rpc, services)
        call = {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": params}
        answer = json.loads(await conversation.answer(json.dumps(call).encode(), lambda _: None))
        told: list[Any] = []

        async def tell(message: bytes) -> None:
            content = json.loads(message)
            assert content["method"] == NOTIFICATION
            assert content["params"]["subscription"] == answer["result"]
            told.append(content["params"]["result"])

        conversation.begin()
        running = asyncio.create_task(conversation.run(tell))
        await asyncio.sleep(0)
        for nonce in (3, 4):
            chain.stored.block(a_transfer(7, nonce=nonce, fee=500))
        services.core.bell.ring(8)
        for _ in range(50):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return told

    return asyncio.run(run())


def test_heads_are_the_blocks_without_transactions_and_our_own_fields(chain: EthChain) -> None:
    heads = told_of_two_blocks(chain, "newHeads")
    blocks = [ask(chain.services, "eth_getBlockByNumber", block=hex(height)) for height in (7, 8)]
    plain = [
        {name: value for name, value in block.items() if not name.startswith("ait")}
        for block in blocks
    ]
    assert [one.keys() - {"transactions"} for one in plain] == [head.keys() for head in heads]
    assert [head | one for head, one in zip(heads, plain, strict=True)] == plain


def test_logs_are_those_of_the_blocks(chain: EthChain) -> None:
    logs = told_of_two_blocks(chain, "logs", {"address": "0x" + COIN.hex(), "topics": []})
    assert logs == ask(chain.services, "eth_getLogs", filter={"fromBlock": "0x7"})
    assert len(logs) == 2


def test_other_logs_are_not_told(chain: EthChain) -> None:
    assert told_of_two_blocks(chain, "logs", {"address": "0x" + SETTLEMENT.hex()}) == []


def test_transactions_are_told_by_their_hashes(chain: EthChain) -> None:
    hashes = told_of_two_blocks(chain, "newPendingTransactions")
    blocks = [ask(chain.services, "eth_getBlockByNumber", block=hex(height)) for height in (7, 8)]
    assert hashes == [one for block in blocks for one in block["transactions"]]


def test_heads_that_cost_much_come_in_several_runs(
    chain: EthChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eth_following, "SLICE_WORK", 3)
    feed = eth_following._feed(SubscribeParams(topic="newHeads"))
    with chain.services.reading() as reader:
        follow, place, heights = FollowReader(reader), 0, []
        while True:
            run = feed.read(follow, place)
            heights.append([int(one["number"], 16) for one in run.items])
            place = run.place
            if run.is_last:
                break
    assert heights == [[0, 1], [2, 3, 4, 5, 6]]


@pytest.mark.parametrize(
    "params",
    [
        ["blocks"],
        [],
        ["newHeads", {"address": "0x" + "11" * 20}],
        ["logs", {"fromBlock": "0x1"}],
        ["newPendingTransactions", True],
        ["syncing"],
    ],
)
def test_other_topics_and_filters_are_refused(params: list[object]) -> None:
    with pytest.raises(RpcError):
        read_params(SubscribeParams, params)


def test_subscriptions_need_a_connection(chain: EthChain) -> None:
    expected = (-32004, "websocket_only")
    assert refusal(chain.services, "eth_subscribe", topic="newHeads") == expected
    assert refusal(chain.services, "eth_unsubscribe", subscription="0x1") == expected
