from collections.abc import Iterator
from pathlib import Path

import pytest

from node.api.services import Services
from tests.support.asking import ask, refusal, reply_of
from tests.support.builders import address_of_name
from tests.support.eth_chain import an_eth_chain

CLIENT = "0x" + address_of_name("client").hex()
MINER = "0x" + address_of_name("miner").hex()


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with an_eth_chain(tmp_path) as chain:
        yield chain.services


@pytest.mark.parametrize("address", [CLIENT, MINER, "0x" + "77" * 20])
def test_balance_and_nonce_are_those_of_the_native_account(
    services: Services, address: str
) -> None:
    native = ask(services, "ait_getAccount", address=address)
    balance = int(ask(services, "eth_getBalance", address=address, block="latest"), 16)
    assert balance == int(native["balance"]) * 10**12
    nonce = int(ask(services, "eth_getTransactionCount", address=address), 16)
    assert nonce == native["nonce"]
    if address == MINER:
        assert balance


def test_the_past_of_an_account_is_not_kept(services: Services) -> None:
    for block in ("0x1", "earliest", "0x7"):
        code, reason = refusal(services, "eth_getBalance", address=CLIENT, block=block)
        assert (code, reason) == (-32002, "state_not_kept")
    assert ask(services, "eth_getBalance", address=CLIENT, block="0x6")
    assert ask(services, "eth_getBalance", address=CLIENT, block={"blockNumber": "0x6"})


def test_nothing_has_code_or_storage(services: Services) -> None:
    assert ask(services, "eth_getCode", address=CLIENT, block="latest") == "0x"
    assert ask(services, "eth_call", first={"to": CLIENT}) == "0x"
    word = ask(services, "eth_getStorageAt", address=CLIENT, slot="0x0", block="latest")
    assert int(word, 16) == 0
    assert len(word) == 66
    assert ask(services, "eth_accounts") == []


def test_gas_is_one_unit_at_the_fee_of_a_transfer(services: Services) -> None:
    assert ask(services, "eth_estimateGas", first={}) == "0x1"
    fee = ask(services, "ait_estimateFee", kind="transfer", sizeBytes=200)["minimumFee"]
    assert int(ask(services, "eth_gasPrice"), 16) == int(fee) * 10**12
    assert ask(services, "eth_maxPriorityFeePerGas") == ask(services, "eth_gasPrice")


def test_fee_history_ends_at_its_newest_block(services: Services) -> None:
    history = ask(services, "eth_feeHistory", blockCount="0x3", newest="0x4", percentiles=[1, 50.5])
    assert history["oldestBlock"] == "0x2"
    assert [ratio > 0 for ratio in history["gasUsedRatio"]] == [True, False, True]
    assert len(history["baseFeePerGas"]) == 4
    assert [len(one) for one in history["reward"]] == [2, 2, 2]
    whole = ask(services, "eth_feeHistory", blockCount="0x400", newest="latest")
    assert (whole["oldestBlock"], len(whole["gasUsedRatio"])) == ("0x0", 7)
    nothing = ask(services, "eth_feeHistory", blockCount="0x0", newest="latest")
    assert nothing["gasUsedRatio"] == []
    above = refusal(services, "eth_feeHistory", blockCount="0x1", newest="0x7")
    assert above == (-32602, "invalid_params")


def test_chain_says_who_it_is(services: Services) -> None:
    number = int(ask(services, "eth_chainId"), 16)
    assert ask(services, "net_version") == str(number)
    assert ask(services, "net_listening") is True
    assert ask(services, "net_peerCount") == "0x0"
    assert ask(services, "web3_clientVersion").startswith("aitbc")
    assert ask(services, "eth_syncing") is False
    empty = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert ask(services, "web3_sha3", data="0x") == empty


@pytest.mark.parametrize("method", ["eth_sendRawTransaction", "eth_sign", "eth_getProof"])
def test_signing_is_refused_with_a_hint(services: Services, method: str) -> None:
    error = reply_of(services, method, first="0x02")["error"]
    assert (error["code"], error["data"]["reason"]) == (-32004, "eth_read_only")
    assert "ait_sendTransaction" in error["data"]["hint"]
