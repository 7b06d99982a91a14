from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from node.api import eth_log_reads, eth_scan
from node.api.callers import CALLER, Caller
from node.api.eth_abi import COIN, EVENTS, SETTLEMENT
from node.api.eth_filters import FILTERS_OF_ONE_MAX
from node.api.services import Services
from tests.support.asking import ask, refusal, reply_of
from tests.support.builders import a_transfer, address_of_name
from tests.support.eth_chain import FIRST, SECOND, EthChain, an_eth_chain

WHOLE = {"fromBlock": "earliest", "toBlock": "latest"}
SETTLED = "0x" + EVENTS["ReceiptSettled"].hash.hex()


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[EthChain]:
    with an_eth_chain(tmp_path) as chain:
        yield chain


@pytest.fixture
def services(chain: EthChain) -> Services:
    return chain.services


def logs(services: Services, **wanted: Any) -> Any:  # noqa: ANN401 - JSON
    return ask(services, "eth_getLogs", filter=wanted)


def test_logs_of_the_whole_chain_are_those_of_its_receipts(services: Services) -> None:
    receipts = [
        one
        for height in range(7)
        for one in ask(services, "eth_getBlockReceipts", block=hex(height))
    ]
    whole = logs(services, **WHOLE)
    assert whole == [log for receipt in receipts for log in receipt["logs"]]
    assert len(whole) == 10


def test_logs_are_found_by_address_and_topics(services: Services) -> None:
    coin, settlement = ("0x" + one.hex() for one in (COIN, SETTLEMENT))
    whole = logs(services, **WHOLE)
    assert len(logs(services, **WHOLE, address=coin)) == 1
    assert len(logs(services, **WHOLE, address=settlement)) == 9
    assert logs(services, **WHOLE, address=[coin, settlement]) == whole
    settled = logs(services, **WHOLE, topics=[SETTLED])
    assert [one["topics"][1] for one in settled] == [
        "0x" + one.hash.hex() for one in (FIRST, SECOND)
    ]
    first = "0x" + FIRST.hash.hex()
    assert logs(services, **WHOLE, topics=[SETTLED, first]) == settled[:1]
    assert [one["topics"][0] for one in logs(services, **WHOLE, topics=[None, first])] == [
        "0x" + EVENTS[name].hash.hex() for name in ("Claimed", "Matured", "ReceiptSettled")
    ]
    miner = "0x" + address_of_name("miner").hex().rjust(64, "0")
    assert len(logs(services, **WHOLE, topics=[SETTLED, None, None, [miner]])) == 2
    assert logs(services, **WHOLE, topics=["0x" + "77" * 32]) == []


def test_range_is_by_number_name_or_hash(services: Services) -> None:
    assert logs(services) == []
    four = logs(services, fromBlock="0x4", toBlock="0x4")
    block = ask(services, "eth_getBlockByNumber", block="0x4")
    assert len(four) == 4
    assert logs(services, blockHash=block["hash"]) == four
    assert logs(services, fromBlock="0x4", toBlock="0x9999")[:4] == four
    assert logs(services, fromBlock="0x7", toBlock="0x8") == []
    assert logs(services, fromBlock="0x7") == []


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"fromBlock": "0x5", "toBlock": "0x4"}, (-32602, "invalid_params")),
        ({"blockHash": "0x" + "77" * 32}, (-32001, "block_not_found")),
        ({"blockHash": "0x" + "77" * 32, "fromBlock": "0x1"}, (-32602, "invalid_params")),
    ],
)
def test_range_that_makes_no_sense_is_refused(
    services: Services, wanted: dict[str, str], expected: tuple[int, str]
) -> None:
    assert refusal(services, "eth_getLogs", filter=wanted) == expected


@pytest.mark.parametrize(
    ("room", "name", "value"),
    [
        (eth_log_reads, "HEIGHTS_MAX", 2),
        (eth_log_reads, "LOGS_MAX", 4),
        (eth_scan, "SLICE_WORK", 0),
    ],
)
def test_suggested_ranges_are_smaller_answered_and_lead_to_the_end(
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    room: ModuleType,
    name: str,
    value: int,
) -> None:
    whole = logs(services, **WHOLE)
    monkeypatch.setattr(room, name, value)
    if name == "SLICE_WORK":
        monkeypatch.setattr(eth_log_reads, "SLICES_MAX", 2)
    found, first, refusals = [], 0, 0
    while first <= 6:
        last = 6
        reply = reply_of(
            services, "eth_getLogs", filter={"fromBlock": hex(first), "toBlock": "0x6"}
        )
        if "error" in reply:
            refusals += 1
            assert reply["error"]["code"] == -32005
            suggested = reply["error"]["data"]["suggested"]
            last = int(suggested["toBlock"], 16)
            assert suggested["fromBlock"] == hex(first)
            assert first <= last < 6
            reply = reply_of(services, "eth_getLogs", filter=suggested)
        found += reply["result"]
        first = last + 1
    assert found == whole
    assert refusals


def test_filter_tells_everything_once(chain: EthChain) -> None:
    services = chain.services
    by_logs = ask(services, "eth_newFilter", filter={"topics": []})
    by_past = ask(services, "eth_newFilter", filter={"fromBlock": "0x0", "topics": [SETTLED]})
    by_block = ask(services, "eth_newBlockFilter")
    by_transaction = ask(services, "eth_newPendingTransactionFilter")
    every = (by_logs, by_block, by_transaction)
    for one in every:
        assert ask(services, "eth_getFilterChanges", filterId=one) == []
    assert len(ask(services, "eth_getFilterChanges", filterId=by_past)) == 2
    assert ask(services, "eth_getFilterChanges", filterId=by_past) == []
    chain.stored.block(a_transfer(7, nonce=3, fee=500))
    block = ask(services, "eth_getBlockByNumber", block="latest")
    (log,) = ask(services, "eth_getFilterChanges", filterId=by_logs)
    assert log["blockHash"] == block["hash"]
    assert ask(services, "eth_getFilterChanges", filterId=by_block) == [block["hash"]]
    told = ask(services, "eth_getFilterChanges", filterId=by_transaction)
    assert told == block["transactions"]
    for one in every:
        assert ask(services, "eth_getFilterChanges", filterId=one) == []
        assert ask(services, "eth_uninstallFilter", filterId=one) is True
        assert ask(services, "eth_uninstallFilter", filterId=one) is False
        gone = refusal(services, "eth_getFilterChanges", filterId=one)
        assert gone == (-32000, "filter_not_found")


def test_filter_of_logs_can_be_asked_for_all(services: Services) -> None:
    wanted = {"fromBlock": "0x0", "toBlock": "0x4"}
    one = ask(services, "eth_newFilter", filter=wanted)
    for _ in range(2):
        assert ask(services, "eth_getFilterLogs", filterId=one) == logs(services, **wanted)
    other = ask(services, "eth_newBlockFilter")
    assert refusal(services, "eth_getFilterLogs", filterId=other) == (-32602, "invalid_params")


def test_what_is_too_much_comes_with_the_next_question(
    chain: EthChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = chain.services
    monkeypatch.setattr(eth_log_reads, "LOGS_MAX", 3)
    monkeypatch.setattr(eth_log_reads, "HASHES_MAX", 1)
    by_logs = ask(services, "eth_newFilter", filter={"fromBlock": "0x0"})
    parts = [ask(services, "eth_getFilterChanges", filterId=by_logs) for _ in range(5)]
    assert [len(part) for part in parts] == [3, 2, 4, 1, 0]
    by_transaction = ask(services, "eth_newPendingTransactionFilter")
    for nonce in (3, 4):
        chain.stored.block(a_transfer(7, nonce=nonce, fee=500))
    parts = [ask(services, "eth_getFilterChanges", filterId=by_transaction) for _ in range(3)]
    assert [len(part) for part in parts] == [1, 1, 0]


def test_filters_are_counted_by_caller(services: Services) -> None:
    far, other = (Caller(network, is_local=False) for network in (b"\x01" * 4, b"\x02" * 4))
    before = CALLER.set(far)
    try:
        for _ in range(FILTERS_OF_ONE_MAX):
            ask(services, "eth_newBlockFilter")
        assert refusal(services, "eth_newBlockFilter") == (-32005, "too_many_filters")
        CALLER.set(other)
        assert ask(services, "eth_newBlockFilter")
    finally:
        CALLER.reset(before)
