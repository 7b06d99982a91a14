import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chain.address import format_address, format_hex_address
from chain.proof import read_proof
from chain.receipt import Receipt
from chain.trust import Trust
from chain.verification import verify_proof
from genesis.document import canonical_bytes
from node.api.services import Services
from tests.support.asking import ask, refusal
from tests.support.builders import (
    CHAIN_ID,
    GENESIS_HASH,
    a_claim,
    a_genesis,
    a_receipt,
    a_reserve,
    a_transfer,
    address_of_name,
    an_accepted_claim,
)
from tests.support.market_chain import a_market
from tests.support.proofs import a_genesis_document
from tests.support.small_chain import StoredChain, services_of, stored_chain

CLIENT = format_address(address_of_name("client"))
MINER = format_address(address_of_name("miner"))
RESERVE = a_reserve(nonce=1)
RESERVATION = RESERVE.id(GENESIS_HASH)
RECEIPT = a_receipt(reservation_id=RESERVATION)


def fill(stored: StoredChain) -> None:
    """Block 1: a transfer. 2: a reservation. 3: its receipt, paid 300. 4: nothing."""
    stored.block(a_transfer(100))
    stored.block(RESERVE)
    stored.chain.keep(RECEIPT)
    stored.block(a_claim(RECEIPT, final=True))
    stored.block()


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """A chain of four blocks; there is no core."""
    with stored_chain(tmp_path) as stored:
        fill(stored)
        with services_of(tmp_path) as opened:
            yield opened


def test_status_tells_the_chain_although_the_core_is_away(services: Services) -> None:
    status = ask(services, "ait_status")
    assert (status["chainId"], status["height"]) == (CHAIN_ID, 4)
    assert status["genesisHash"] == f"0x{GENESIS_HASH.hex()}"
    assert (status["peers"], status["coreConnected"]) == (None, False)
    assert status["limits"]["batch"] == 100


def test_block_is_found_by_height_hash_and_as_the_latest(services: Services) -> None:
    by_height = ask(services, "ait_getBlock", block=4)
    assert by_height == ask(services, "ait_getBlock", block=by_height["hash"])
    assert by_height == ask(services, "ait_getBlock", block="latest")
    assert by_height["parentHash"] == ask(services, "ait_getBlock", block=3)["hash"]
    assert by_height["certificate"]["signatures"] == 1
    assert "transactions" not in by_height


def test_block_shows_its_transactions_when_asked(services: Services) -> None:
    block = ask(services, "ait_getBlock", block=2, transactions=True)
    (transaction,) = block["transactions"]
    assert transaction["transactionId"] == f"0x{RESERVATION.hex()}"
    assert block["nextIndex"] is None
    beyond = ask(services, "ait_getBlock", block=2, transactions=True, fromIndex=1)
    assert (beyond["transactions"], beyond["nextIndex"]) == ([], None)


def test_transactions_of_a_block_come_in_parts(tmp_path: Path) -> None:
    with a_market(tmp_path) as market:
        wanted = {"block": 1, "transactions": True}
        whole = ask(market.services, "ait_getBlock", **wanted)["transactions"]
        first = ask(market.services, "ait_getBlock", **wanted, limit=2)
        last = ask(market.services, "ait_getBlock", **wanted, limit=2, fromIndex=first["nextIndex"])
        assert (first["nextIndex"], last["nextIndex"]) == (2, None)
        assert first["transactions"] + last["transactions"] == whole
        assert len(whole) == 3


def test_genesis_document_is_handed_out_as_it_is(services: Services, tmp_path: Path) -> None:
    document = a_genesis_document(validators=4)
    (tmp_path / "genesis.json").write_bytes(canonical_bytes(document))
    assert ask(services, "ait_getGenesis") == document


def test_genesis_is_block_0(services: Services) -> None:
    genesis = ask(services, "ait_getBlock", block=0, transactions=True)
    assert genesis["hash"] == f"0x{GENESIS_HASH.hex()}"


def test_transaction_is_found_by_its_id(services: Services) -> None:
    found = ask(services, "ait_getTransaction", transactionId=RESERVATION.hex())
    assert (found["kind"], found["height"], found["sender"]) == ("reserve", 2, CLIENT)
    assert found["rawHex"] == f"0x{RESERVE.encode().hex()}"


@pytest.mark.parametrize(
    "name", [RECEIPT.hash.hex(), f"0x{RECEIPT.hash.hex()}", RECEIPT.receipt_id]
)
def test_receipt_is_found_by_hash_or_id_with_its_document(services: Services, name: str) -> None:
    found = ask(services, "ait_getReceipt", receipt=name)
    assert (found["status"], found["price"], found["height"]) == ("paid", "300", 3)
    assert found["document"] == json.loads(RECEIPT.document)
    assert (found["spent"], found["dispute"]) == ("300", None)
    assert found["transactionId"] == f"0x{a_claim(RECEIPT, final=True).id(GENESIS_HASH).hex()}"


def test_disputed_receipt_comes_with_its_dispute(tmp_path: Path) -> None:
    with a_market(tmp_path) as market:
        found = ask(market.services, "ait_getReceipt", receipt="second")
    assert (found["status"], found["spent"], found["paid"]) == ("split", "150", "150")
    dispute = found["dispute"]
    assert (dispute["openedAtHeight"], dispute["endedHeight"], dispute["bond"]) == (4, 5, "20")
    assert (dispute["bondWinner"], dispute["dueHeight"]) == (CLIENT, None)
    assert dispute["receiptHash"] == found["receiptHash"]
    assert dispute["resolutionId"]


def test_account_is_found_in_either_spelling(services: Services) -> None:
    client = ask(services, "ait_getAccount", address=CLIENT)
    hexadecimal = format_hex_address(address_of_name("client"))
    assert client == ask(services, "ait_getAccount", address=hexadecimal)
    assert (client["balance"], client["reserved"], client["nonce"]) == ("999600", "0", 2)
    assert client["atHeight"] == 4
    assert ask(services, "ait_getAccount", address=MINER)["balance"] == "400"


def test_address_that_nobody_named_has_nothing(services: Services) -> None:
    account = ask(services, "ait_getAccount", address="0x" + "77" * 20)
    assert (account["balance"], account["nonce"]) == ("0", 0)


def test_reservation_is_found_with_its_claims(services: Services) -> None:
    found = ask(services, "ait_getReservation", reservationId=RESERVATION.hex())
    assert (found["status"], found["spent"], found["endedHeight"]) == ("ended", "300", 3)
    (claim,) = found["claims"]
    assert (claim["receiptHash"], claim["provider"]) == (f"0x{RECEIPT.hash.hex()}", MINER)


@pytest.mark.parametrize(
    ("method", "params", "reason"),
    [
        ("ait_getBlock", {"block": 5}, "block_not_found"),
        ("ait_getBlock", {"block": "00" * 32}, "block_not_found"),
        ("ait_getTransaction", {"transactionId": "00" * 32}, "transaction_not_found"),
        ("ait_getReceipt", {"receipt": "00" * 32}, "receipt_not_found"),
        ("ait_getReceipt", {"receipt": "no-such-receipt"}, "receipt_not_found"),
        ("ait_getReservation", {"reservationId": "00" * 32}, "reservation_not_found"),
    ],
)
def test_what_is_not_there_is_not_found(
    services: Services, method: str, params: dict[str, Any], reason: str
) -> None:
    assert refusal(services, method, **params) == (-32001, reason)


def many_receipts(stored: StoredChain, count: int) -> list[Receipt]:
    """Pay ``count`` receipts of one session, three in a block."""
    terms = {"jobs_max": count, "cap": 300, "max_rate": 200}
    session = a_reserve(**terms, job_id="session", dispute_window=1)
    stored.block(session)
    receipts = [
        stored.chain.keep(
            a_receipt(
                reservation_id=session.id(GENESIS_HASH),
                receipt_id=f"receipt-{number}",
                job_id=f"job-{number}",
                units=1_000_000,
                price=10,
            )
        )
        for number in range(count)
    ]
    for start in range(0, count, 3):
        stored.block(*(an_accepted_claim(one) for one in receipts[start : start + 3]))
    return receipts


def test_pages_show_every_receipt_once_newest_first(tmp_path: Path) -> None:
    with stored_chain(tmp_path) as stored:
        receipts = many_receipts(stored, 10)
        with services_of(tmp_path) as services:
            seen, cursor = [], None
            while True:
                page = ask(services, "ait_getReceipts", client=CLIENT, limit=4, cursor=cursor)
                seen += [one["receiptId"] for one in page["items"]]
                cursor = page["nextCursor"]
                if cursor is None:
                    break
                stored.block()  # what comes later does not move the pages
    assert seen == [one.receipt_id for one in reversed(receipts)]


def test_filters_let_through_what_fits(services: Services) -> None:
    everything = ask(services, "ait_getReceipts")["items"]
    assert [one["receiptId"] for one in everything] == ["receipt-1"]
    fitting: list[dict[str, Any]] = [
        {"client": CLIENT},
        {"provider": MINER, "model": "llama3.2", "status": "paid"},
        {"address": MINER, "fromMs": everything[0]["timeMs"]},
        {"address": CLIENT, "toMs": everything[0]["timeMs"] + 1},
    ]
    for fits in fitting:
        assert ask(services, "ait_getReceipts", **fits)["items"] == everything
    late = {"fromMs": everything[0]["timeMs"] + 1}
    for other in ({"client": MINER}, {"status": "pending"}, {"model": "none"}, late):
        page = ask(services, "ait_getReceipts", **other)
        assert page == {"items": [], "nextCursor": None}


def test_cursor_of_another_list_is_refused(tmp_path: Path) -> None:
    with stored_chain(tmp_path) as stored:
        many_receipts(stored, 3)
        with services_of(tmp_path) as services:
            cursor = ask(services, "ait_getReceipts", client=CLIENT, limit=1)["nextCursor"]
            assert refusal(services, "ait_getReceipts", client=MINER, cursor=cursor) == (
                -32602,
                "invalid_params",
            )


@pytest.mark.parametrize("name", [f"0x{RECEIPT.hash.hex()}", RECEIPT.receipt_id])
def test_receipt_proof_proves_the_receipt(services: Services, name: str) -> None:
    proof = read_proof(ask(services, "ait_getReceiptProof", receipt=name))
    genesis = a_genesis()
    found = verify_proof(proof, Trust(genesis.hash, genesis.chain_id, genesis.validators))
    assert found.is_final
    assert (found.height, found.paid) == (3, 300)


def test_receipt_that_nobody_claimed_has_no_proof(services: Services) -> None:
    refused = refusal(services, "ait_getReceiptProof", receipt="receipt-9")
    assert refused == (-32001, "receipt_not_found")
