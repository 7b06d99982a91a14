"""The calls of Otterscan, with the results that its pages are made of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.api.services import Services
from tests.support.asking import ask, refusal
from tests.support.builders import address_of_name
from tests.support.eth_chain import an_eth_chain

CLIENT = "0x" + address_of_name("client").hex()


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with an_eth_chain(tmp_path) as chain:
        yield chain.services


def test_level_is_that_of_the_methods(services: Services) -> None:
    assert ask(services, "ots_getApiLevel") == 8
    header = ask(services, "erigon_getHeaderByNumber", block="0x1")
    block = ask(services, "eth_getBlockByNumber", block="0x1")
    assert block == header | {"transactions": block["transactions"]}


def test_details_count_transactions_and_fees(services: Services) -> None:
    for height in range(7):
        details = ask(services, "ots_getBlockDetails", block=height)
        block = ask(services, "eth_getBlockByNumber", block=hex(height), full=True)
        assert ask(services, "ots_getBlockDetailsByHash", block=block["hash"]) == details
        assert details["block"]["transactionCount"] == len(block["transactions"])
        assert "transactions" not in details["block"]
        fees = sum(int(one["gasPrice"], 16) for one in block["transactions"])
        assert int(details["totalFees"], 16) == fees
    assert ask(services, "ots_getBlockDetails", block=7) is None


def test_pages_of_a_block_begin_at_its_end(services: Services) -> None:
    whole = ask(services, "eth_getBlockByNumber", block="0x1", full=True)["transactions"]
    pages = [
        ask(services, "ots_getBlockTransactions", block=1, page=page, pageSize=2)
        for page in range(3)
    ]
    hashes = [[one["hash"] for one in page["fullblock"]["transactions"]] for page in pages]
    assert hashes == [[one["hash"] for one in whole[1:]], [whole[0]["hash"]], []]
    for page in pages:
        assert page["fullblock"]["transactionCount"] == 3
        shown = [one["hash"] for one in page["fullblock"]["transactions"]]
        assert [one["transactionHash"] for one in page["receipts"]] == shown
        assert all(one["logs"] is None for one in page["receipts"])
        assert all(len(one["input"]) <= 10 for one in page["fullblock"]["transactions"])
    assert ask(services, "ots_getBlockTransactions", block=7, page=0, pageSize=2) is None


def test_history_of_an_account_comes_with_receipts(services: Services) -> None:
    for method in ("ots_searchTransactionsBefore", "ots_searchTransactionsAfter"):
        page = ask(services, method, address=CLIENT, height=0, pageSize=25)
        assert (page["firstPage"], page["lastPage"]) == (True, True)
        hashes = [one["hash"] for one in page["txs"]]
        assert [one["transactionHash"] for one in page["receipts"]] == hashes
        assert [int(one["blockNumber"], 16) for one in page["txs"]] == [2, 1, 1, 1]
        for one in page["txs"]:
            assert ask(services, "eth_getTransactionByHash", transactionHash=one["hash"]) == one
        assert all(one["timestamp"] > 1_700_000_000 for one in page["receipts"])


def test_pages_have_a_bound(services: Services) -> None:
    wanted = {"address": CLIENT, "height": 0, "pageSize": 101}
    assert refusal(services, "ots_searchTransactionsBefore", **wanted) == (-32602, "invalid_params")


def test_transaction_is_found_by_sender_and_nonce(services: Services) -> None:
    sent = ask(services, "eth_getBlockByNumber", block="0x1")["transactions"]
    for nonce, expected in enumerate([*sent, None]):
        for given in (nonce, hex(nonce)):
            method = "ots_getTransactionBySenderAndNonce"
            assert ask(services, method, address=CLIENT, nonce=given) == expected


def test_no_code_runs(services: Services) -> None:
    one = "0x" + "11" * 32
    assert ask(services, "ots_hasCode", address=CLIENT, block="latest") is False
    assert ask(services, "ots_getInternalOperations", transactionHash=one) == []
    assert ask(services, "ots_traceTransaction", transactionHash=one) == []
    assert ask(services, "ots_getTransactionError", transactionHash=one) == "0x"
    assert ask(services, "ots_getContractCreator", address=CLIENT) is None
