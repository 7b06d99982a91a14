from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node.api import eth_blocks, eth_reads
from node.api.services import Services
from tests.support.asking import ask, refusal
from tests.support.builders import GENESIS_HASH
from tests.support.eth_chain import BATCH, RESERVE, an_eth_chain

NO_HASH = "0x" + "77" * 32


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with an_eth_chain(tmp_path) as chain:
        yield chain.services


def block_of(services: Services, height: int) -> Any:  # noqa: ANN401 - JSON
    return ask(services, "eth_getBlockByNumber", block=hex(height), full=True)


def test_chain_hangs_together(services: Services) -> None:
    assert ask(services, "eth_blockNumber") == "0x6"
    before = "0x" + GENESIS_HASH.hex()
    for height in range(1, 7):
        block = block_of(services, height)
        assert block["parentHash"] == before
        before = block["hash"]
        assert ask(services, "eth_getBlockByHash", blockHash=before, full=True) == block
    assert block_of(services, 0)["hash"] == "0x" + GENESIS_HASH.hex()


def test_every_transaction_is_found_by_hash_and_by_place(services: Services) -> None:
    count = 0
    for height in range(7):
        block = block_of(services, height)
        for index, one in enumerate(block["transactions"]):
            count += 1
            by_hash = ask(services, "eth_getTransactionByHash", transactionHash=one["hash"])
            by_place = ask(
                services,
                "eth_getTransactionByBlockNumberAndIndex",
                block=hex(height),
                index=hex(index),
            )
            by_block = ask(
                services,
                "eth_getTransactionByBlockHashAndIndex",
                block=block["hash"],
                index=hex(index),
            )
            assert one == by_hash == by_place == by_block
        shown = hex(len(block["transactions"]))
        for name, given in (("Number", hex(height)), ("Hash", block["hash"])):
            method = f"eth_getBlockTransactionCountBy{name}"
            assert ask(services, method, block=given) == shown
            method = f"eth_getUncleCountByBlock{name}"
            assert ask(services, method, block=given) == "0x0"
    assert count == 6  # four of people, two that stand for due work


def test_receipts_of_a_block_are_those_of_its_transactions(services: Services) -> None:
    for height in range(7):
        block = block_of(services, height)
        receipts = ask(services, "eth_getBlockReceipts", block=hex(height))
        assert receipts == ask(services, "eth_getBlockReceipts", block=block["hash"])
        hashes = [one["hash"] for one in block["transactions"]]
        one_by_one = [
            ask(services, "eth_getTransactionReceipt", transactionHash=one) for one in hashes
        ]
        assert receipts == one_by_one
        blooms = 0
        for receipt in receipts:
            blooms |= int(receipt["logsBloom"], 16)
        assert blooms == int(block["logsBloom"], 16)


def test_batch_has_a_log_for_each_claim(services: Services) -> None:
    batch = "0x" + BATCH.id(GENESIS_HASH).hex()
    receipt = ask(services, "eth_getTransactionReceipt", transactionHash=batch)
    assert len(receipt["logs"]) == 2
    assert {one["transactionHash"] for one in receipt["logs"]} == {batch}
    assert receipt["status"] == "0x1"


def test_reservation_takes_its_cap(services: Services) -> None:
    reserve = "0x" + RESERVE.id(GENESIS_HASH).hex()
    found = ask(services, "eth_getTransactionByHash", transactionHash=reserve)
    assert int(found["value"], 16) == 4_000 * 10**12


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_getBlockByNumber", {"block": "0x7"}),
        ("eth_getBlockByHash", {"blockHash": NO_HASH}),
        ("eth_getBlockTransactionCountByNumber", {"block": "0x7"}),
        ("eth_getUncleCountByBlockHash", {"block": NO_HASH}),
        ("eth_getUncleByBlockNumberAndIndex", {"block": "0x1", "index": "0x0"}),
        ("eth_getTransactionByHash", {"transactionHash": NO_HASH}),
        ("eth_getTransactionByHash", {"transactionHash": "0x" + "00" * 31 + "04"}),
        ("eth_getTransactionByBlockNumberAndIndex", {"block": "0x1", "index": "0x3"}),
        ("eth_getTransactionByBlockNumberAndIndex", {"block": "0x7", "index": "0x0"}),
        ("eth_getTransactionReceipt", {"transactionHash": NO_HASH}),
        ("eth_getBlockReceipts", {"block": NO_HASH}),
    ],
)
def test_what_is_not_there_is_null(services: Services, method: str, params: dict[str, Any]) -> None:
    assert ask(services, method, **params) is None


def test_words_outside_their_form_are_refused(services: Services) -> None:
    assert refusal(services, "eth_getBlockByNumber", block="1") == (-32602, "invalid_params")
    assert refusal(services, "eth_getTransactionByHash", transactionHash="0x1")[0] == -32602


def test_large_block_is_made_in_parts_and_refused_whole(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = block_of(services, 1)
    receipts = ask(services, "eth_getBlockReceipts", block="0x1")
    monkeypatch.setattr(eth_reads, "PART", 2)
    assert block_of(services, 1) == whole
    assert ask(services, "eth_getBlockReceipts", block="0x1") == receipts
    monkeypatch.setattr(eth_blocks, "WHOLE_MAX", 2)
    expected = (-32005, "block_too_large")
    assert refusal(services, "eth_getBlockByNumber", block="0x1", full=True) == expected
    assert refusal(services, "eth_getBlockReceipts", block="0x1") == expected
    assert len(ask(services, "eth_getBlockByNumber", block="0x1")["transactions"]) == 3
