import hashlib
import json
from pathlib import Path

import pytest

from chain.claim import claim_of, sign_claim
from chain.errors import ConfigError
from chain.kind import Kind
from chain.validation import check_claim_agrees, verify_receipt_document, verify_transaction
from node.demo_job import CAP, PRICE, Market, make_receipt, make_reservation, open_market, work
from node.devnet import Devnet
from tests.support.builders import CHAIN_ID, GENESIS_HASH, PRICED, a_genesis, key_of
from tests.support.chain import Chain

MARKET = Market(
    nodes=(),
    chain_id=CHAIN_ID,
    genesis_hash=GENESIS_HASH,
    parameters=PRICED,
    client=key_of("client"),
    miner=key_of("miner"),
)


def test_work_is_repeatable_and_of_its_reservation() -> None:
    job = GENESIS_HASH
    twice = hashlib.sha256(hashlib.sha256(job).digest()).digest()
    assert work(job, iterations=2) == twice
    assert work(work_of_another_job(), iterations=2) != twice


def work_of_another_job() -> bytes:
    return hashlib.sha256(b"another").digest()


def test_what_is_signed_moves_the_price_and_returns_the_rest() -> None:
    chain = Chain(a_genesis({"client": 10_000_000, "miner": 0}, parameters=PRICED))
    reserve = make_reservation(MARKET, job_id="demo-1", nonce=0, height=0)
    chain.block(reserve)
    receipt = chain.keep(
        make_receipt(MARKET, reserve, artifact=b"done", started_ms=1_500, duration_ms=600)
    )
    claim = sign_claim(claim_of(receipt, final=True), key=MARKET.miner, genesis_hash=GENESIS_HASH)
    outcome = chain.block(claim).outcomes[0]
    assert chain.balance("client") == 10_000_000 - PRICE - reserve.fee
    assert chain.balance("miner") == PRICE - outcome.fee
    assert outcome.returned == CAP - PRICE


def test_fee_of_the_reservation_is_the_least() -> None:
    reserve = make_reservation(MARKET, job_id="demo-1", nonce=3, height=7)
    size_bytes = len(reserve.encode())
    assert reserve.fee == PRICED.minimum_fee(Kind.RESERVE, size_bytes=size_bytes)
    assert verify_transaction(reserve.encode(), genesis_hash=GENESIS_HASH)


def test_receipt_passes_every_check_and_says_the_terms_as_people_write_them() -> None:
    reserve = make_reservation(MARKET, job_id="demo-1", nonce=0, height=0)
    receipt = make_receipt(MARKET, reserve, artifact=b"x", started_ms=1_500, duration_ms=600)
    checked = verify_receipt_document(
        receipt.document, chain_id=CHAIN_ID, genesis_hash=GENESIS_HASH
    )
    claim = sign_claim(claim_of(checked, final=True), key=MARKET.miner, genesis_hash=GENESIS_HASH)
    check_claim_agrees(claim.claim, checked)
    fields = json.loads(receipt.document, parse_float=str)
    assert (fields["units"], fields["price"]) == ("2.5", 5)
    assert (fields["started_at"], fields["completed_at"], fields["duration_ms"]) == (1, 2, 600)


def test_market_is_read_from_the_devnet_folder(tmp_path: Path) -> None:
    net = Devnet(tmp_path / "devnet")
    net.make(validators=1)
    market = open_market(tmp_path / "devnet")
    assert [node.name for node in market.nodes] == ["validator-0"]
    assert market.chain_id == "aitbc-devnet"
    assert market.client.address != market.miner.address


def test_folder_without_a_devnet_is_a_plain_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no devnet"):
        open_market(tmp_path)


def test_devnet_without_a_miner_is_a_plain_sentence(tmp_path: Path) -> None:
    net = Devnet(tmp_path / "devnet")
    net.make(validators=1)
    document = net.read()
    document["accounts"] = [one for one in document["accounts"] if one["role"] == "client"]
    net.file.write_text(json.dumps(document))
    with pytest.raises(ConfigError, match="names no miner"):
        open_market(tmp_path / "devnet")
