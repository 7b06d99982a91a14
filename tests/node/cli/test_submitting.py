import json
from pathlib import Path

import pytest

from chain.crypto import SecretKey
from chain.errors import ConfigError
from chain.payloads import Transfer
from node.cli.submitting import Sender, hash_of_genesis, parse_label, submit
from node.rpc_client import RpcRefused
from tests.support.builders import key_of
from tests.support.proofs import a_genesis_document
from tests.support.served_market import ServedMarket


def a_payment(amount: int = 100) -> Transfer:
    return Transfer(to=key_of("miner").address, amount=amount)


def test_chain_that_is_meant_is_named_by_document_or_hash(
    market: ServedMarket, tmp_path: Path
) -> None:
    digits = market.genesis_hash.hex()
    for named in (digits, f"0x{digits}", str(market.served.genesis)):
        assert hash_of_genesis(named) == market.genesis_hash
        assert Sender.of(market.url, genesis=named).chain.genesis_hash == market.genesis_hash
    other = tmp_path / "genesis.json"
    other.write_text(json.dumps(a_genesis_document(chain_id="other")))
    with pytest.raises(ConfigError, match="another chain than the one that was named"):
        Sender.of(market.url, genesis=str(other))
    with pytest.raises(ConfigError, match="cannot read"):
        hash_of_genesis("abc")


@pytest.mark.parametrize("wait", [False, True])
def test_transaction_is_handed_in_and_its_id_printed(
    own_market: ServedMarket, capsys: pytest.CaptureFixture[str], *, wait: bool
) -> None:
    sender = Sender.of(own_market.url, genesis=None)
    submit(sender, a_payment(), key=key_of("stranger"), fee=None, wait=wait, as_json=True)
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert len(document["transactionId"]) == 66
    assert document.get("amount") == ("100" if wait else None)
    assert ("final in block 6" if wait else "admitted") in said.err


def test_refusal_is_the_chains(own_market: ServedMarket) -> None:
    sender = Sender.of(own_market.url, genesis=None)
    poor: SecretKey = key_of("somebody without money")
    with pytest.raises(RpcRefused) as caught:
        submit(sender, a_payment(), key=poor, fee=None, wait=False, as_json=False)
    assert caught.value.reason == "insufficient_balance"


@pytest.mark.parametrize("label", ["", "a b", "x" * 65, "é", "a\n"])
def test_label_is_one_of_the_chains(label: str) -> None:
    assert parse_label("llama3.2:8b", what="model") == "llama3.2:8b"
    with pytest.raises(ConfigError, match="a model has 1 to 64"):
        parse_label(label, what="model")
