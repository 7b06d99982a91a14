from pathlib import Path

import pytest

from chain.errors import ConfigError, PeerError
from chain.payloads import Transfer
from chain.primitives import Hash
from node import sending
from node.rpc_client import RpcRefused
from node.sending import (
    VALID_FOR,
    Chain,
    NotFinal,
    find_transaction,
    get_chain,
    make_transaction,
    send,
    wait_final,
)
from tests.support.answers import node_that_refuses, node_that_says
from tests.support.builders import key_of
from tests.support.served_chain import served_chain

PAYMENT = Transfer(to=key_of("miner").address, amount=100)
CHAIN = Chain("aitbc-test", Hash(bytes(range(32))), 7)


def test_payment_becomes_final(tmp_path: Path) -> None:
    with served_chain(tmp_path) as served:
        genesis_hash = served.do(lambda stored: stored.chain.genesis.hash)
        chain = get_chain(served.url, meant=genesis_hash)
        assert (chain.genesis_hash, chain.height) == (genesis_hash, 1)
        for nonce in range(2):
            made = make_transaction(served.url, chain, PAYMENT, key=key_of("client"))
            assert (made.nonce, made.fee, made.valid_until) == (nonce, 0, 1 + VALID_FOR)
            sent = send(served.url, chain, made)
            found = wait_final(served.url, sent, valid_until=made.valid_until)
            assert found["height"] == 2 + nonce
        assert served.do(lambda stored: stored.chain.balance("miner")) == 200


def test_fee_is_the_least_unless_it_is_said() -> None:
    answer = {"nonce": 3, "minimumFee": "271"}
    with node_that_says(answer) as url:
        assert make_transaction(url, CHAIN, PAYMENT, key=key_of("client")).fee == 271
        assert make_transaction(url, CHAIN, PAYMENT, key=key_of("client"), fee=9).fee == 9


def test_other_chain_than_the_one_meant_is_refused() -> None:
    answer = {"chainId": "x", "genesisHash": "0x" + "00" * 32, "height": 1}
    with node_that_says(answer) as url:
        assert get_chain(url, meant=Hash(bytes(32))).height == 1
        with pytest.raises(ConfigError, match="another chain"):
            get_chain(url, meant=CHAIN.genesis_hash)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"chainId": "x", "genesisHash": "0x00", "height": 1},
        {"chainId": "x", "genesisHash": "no digits", "height": 1},
        {"chainId": "x", "genesisHash": "00" * 32, "height": "1"},
        {"chainId": "x", "genesisHash": "00" * 32, "height": -1},
        {"chainId": "x", "genesisHash": "00" * 32, "height": 2**64},
        {"nonce": -1},
        {"nonce": 2**64},
        {"nonce": 0, "minimumFee": "-1"},
        {"nonce": 0, "minimumFee": 1},
        {"nonce": 0, "minimumFee": "9" * 5_000},
        {"nonce": 0, "minimumFee": "٣"},
    ],
)
def test_strange_answer_is_refused(answer: object) -> None:
    with node_that_says(answer) as url:
        with pytest.raises(PeerError, match="does not answer as a node"):
            get_chain(url)
        with pytest.raises(PeerError, match="does not answer as a node"):
            make_transaction(url, CHAIN, PAYMENT, key=key_of("client"))


def test_transaction_without_a_height_is_refused() -> None:
    with node_that_says({"height": "3"}) as url, pytest.raises(PeerError, match="does not answer"):
        find_transaction(url, CHAIN.genesis_hash)


def test_known_already_is_well_and_any_other_refusal_is_not() -> None:
    made = sending.sign_transaction(
        PAYMENT,
        key=key_of("client"),
        genesis_hash=CHAIN.genesis_hash,
        nonce=0,
        fee=0,
        valid_until=9,
    )
    with node_that_refuses(-32003, "known", "already_known") as url:
        assert send(url, CHAIN, made) == made.id(CHAIN.genesis_hash)
    with node_that_refuses(-32003, "no", "wrong_nonce") as url, pytest.raises(RpcRefused):
        send(url, CHAIN, made)


def test_nobody_waits_for_heights_that_have_passed(tmp_path: Path) -> None:
    told: list[int] = []
    with served_chain(tmp_path) as served, pytest.raises(NotFinal, match="until height 0"):
        wait_final(served.url, CHAIN.genesis_hash, valid_until=0, tell=told.append)
    assert not told


def test_nobody_waits_for_a_chain_that_stands_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "STALLED_MS", 0)
    monkeypatch.setattr(sending, "POLL_S", 0.01)
    with (
        served_chain(tmp_path) as served,
        pytest.raises(NotFinal, match="stands still at height 1"),
    ):
        wait_final(served.url, CHAIN.genesis_hash, valid_until=50)
