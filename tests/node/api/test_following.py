# ruff: noqa: ANN401 -- parameters are JSON, or checked by the settings they reach

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chain.address import format_address
from node.api.conversation import Conversation
from node.api.jsonrpc import Rpc
from node.api.methods import METHODS
from node.api.services import Services
from tests.support.asking import ask, refusal
from tests.support.builders import address_of_name
from tests.support.market_chain import ACCEPTED, DISPUTED, a_market

CLIENT, MINER = (format_address(address_of_name(name)) for name in ("client", "miner"))


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with a_market(tmp_path) as market:
        yield market.services


def followed(services: Services, **params: Any) -> list[Any]:
    """Return what a subscription from height 0 tells until it has told everything."""

    async def run() -> list[Any]:
        conversation = Conversation(
            Rpc(METHODS, services, limits=services.settings.limits), services
        )
        call = {"jsonrpc": "2.0", "id": 1, "method": "ait_subscribe"}
        body = json.dumps(call | {"params": {"fromHeight": 0, **params}}).encode()
        answer = json.loads(await conversation.answer(body, lambda _: None))
        told: list[Any] = []

        async def tell(message: bytes) -> None:
            content = json.loads(message)
            assert content["params"]["subscription"] == answer["result"]
            told.append(content["params"]["result"])

        conversation.begin()
        running = asyncio.create_task(conversation.run(tell))
        for _ in range(200):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return told

    return asyncio.run(run())


def test_blocks_have_their_shape_and_certificate(services: Services) -> None:
    blocks = followed(services, topic="newBlocks")
    assert [one["height"] for one in blocks] == list(range(9))
    assert blocks[0]["certificate"] is None
    assert blocks[3]["certificate"]["signatures"] == 1
    assert blocks[3] == ask(services, "ait_getBlock", block=3)


def test_transactions_are_those_of_an_account_or_all(services: Services) -> None:
    every = followed(services, topic="transactions")
    assert [one["height"] for one in every] == [1, 1, 1, 2, 3, 4, 4, 5]
    assert every[3] == ask(services, "ait_getTransaction", transactionId=every[3]["transactionId"])
    stranger = format_address(address_of_name("stranger"))
    (only,) = followed(services, topic="transactions", address=stranger)
    assert only == every[2]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({}, 2),
        ({"client": CLIENT, "provider": MINER, "model": "llama3.2"}, 2),
        ({"model": "another"}, 0),
        ({"client": MINER}, 0),
        ({"fromHeight": 4}, 0),
    ],
)
def test_receipts_are_those_of_a_filter(
    services: Services, wanted: dict[str, Any], count: int
) -> None:
    found = followed(services, topic="receipts", **wanted)
    hashes = [f"0x{one.hash.hex()}" for one in (ACCEPTED, DISPUTED)]
    assert [one["receiptHash"] for one in found] == hashes[:count]


def test_sets_of_validators_are_followed(services: Services) -> None:
    (first,) = followed(services, topic="validators")
    assert (first["fromHeight"], first["quorum"]) == (1, 1)


@pytest.mark.parametrize(
    "params",
    [
        {"topic": "blocks"},
        {},
        {"topic": "newBlocks", "address": CLIENT},
        {"topic": "transactions", "client": CLIENT},
        {"topic": "receipts", "address": CLIENT},
        {"topic": "validators", "model": "llama3.2"},
        {"topic": "newBlocks", "fromHeight": -1},
        {"topic": "newBlocks", "fromHeight": 2**64},
        {"topic": "transactions", "address": "ait1nobody"},
    ],
)
def test_what_cannot_be_followed_is_refused(services: Services, params: dict[str, Any]) -> None:
    assert refusal(services, "ait_subscribe", **params) == (-32602, "invalid_params")


def test_over_http_nothing_can_be_followed(services: Services) -> None:
    websocket_only = (-32004, "websocket_only")
    assert refusal(services, "ait_subscribe", topic="newBlocks") == websocket_only
    assert refusal(services, "ait_unsubscribe", subscription="0x1") == websocket_only
