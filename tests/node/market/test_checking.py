import sys
from dataclasses import replace

import pytest

from chain.claim import claim_of, sign_claim
from chain.crypto import SecretKey
from chain.errors import ConfigError
from chain.primitives import Hash
from chain.receipt import ReceiptBody, sign_receipt
from node.market import checking
from node.market.checking import Expected, Objected, check_done
from node.market.replies import Done, Objection
from tests.node.market.test_bill import BILLER, MEASURED, RESERVATION
from tests.node.market.test_messages import a_request
from tests.support.builders import CHAIN_ID, GENESIS_HASH, key_of

REQUEST = a_request()
SIGNED = BILLER.sign(REQUEST, RESERVATION, MEASURED, rate=2_000_000, output=b"42")
DONE = Done(
    output=b"42",
    prompt_salt=MEASURED.prompt_salt,
    artifact_salt=MEASURED.artifact_salt,
    document=SIGNED.receipt.document,
    claim=SIGNED.claim.encode(),
)
EXPECTED = Expected(
    request=REQUEST,
    chain_id=CHAIN_ID,
    genesis_hash=GENESIS_HASH,
    provider=key_of("miner").address,
    client=key_of("client").address,
    max_rate=2_000_000,
    cap=6_000_000,
    waited_ms=3_000,
    check=(),
)


def signed_anew(signer: SecretKey | None = None, **changes: object) -> Done:
    """Return the answer with a receipt that says something else, and its claim, both signed."""
    body = SIGNED.receipt.model_dump(exclude={"signature", "client_signature"}) | changes
    key = signer or key_of("miner")
    receipt = sign_receipt(ReceiptBody.model_validate(body), key=key, key_id="key-1")
    claim = sign_claim(claim_of(receipt, final=True), key=key, genesis_hash=GENESIS_HASH)
    return replace(DONE, document=receipt.document, claim=claim.encode())


def objection_to(done: Done, expected: Expected = EXPECTED) -> Objection:
    with pytest.raises(Objected) as caught:
        check_done(done, expected)
    return caught.value.objection


def test_right_answer_is_accepted() -> None:
    receipt, claim = check_done(DONE, EXPECTED)
    assert receipt.document == SIGNED.receipt.document
    assert claim == SIGNED.claim


@pytest.mark.parametrize(
    "changes",
    [
        {"job_id": "two"},
        {"reservation_id": "00" * 32},
        {"model": "other"},
        {"unit_type": "seconds"},
        {"client": SIGNED.receipt.provider},
        {"provider": SIGNED.receipt.client},
        {"prompt_hash": "00" * 32},
        {"artifact_hash": None},
        {"chain_id": "other"},
    ],
)
def test_receipt_about_something_else_is_objected_to(changes: dict[str, object]) -> None:
    assert objection_to(signed_anew(**changes)) is Objection.RECEIPT


def test_receipt_of_another_key_is_objected_to() -> None:
    assert objection_to(signed_anew(key_of("stranger"))) is Objection.RECEIPT


def test_output_or_input_that_the_receipt_does_not_commit_to_is_objected_to() -> None:
    assert objection_to(replace(DONE, output=b"43")) is Objection.RECEIPT
    other = replace(EXPECTED, request=a_request(input=b"another"))
    assert objection_to(DONE, other) is Objection.RECEIPT


def test_claim_that_is_none_or_of_another_receipt_is_objected_to() -> None:
    assert objection_to(replace(DONE, claim=b"no claim")) is Objection.RECEIPT
    assert objection_to(replace(DONE, claim=signed_anew(price=1).claim)) is Objection.RECEIPT
    assert objection_to(replace(DONE, document=b"{}")) is Objection.RECEIPT


def test_price_above_rate_or_cap_and_time_that_nobody_waited_are_objected_to() -> None:
    assert objection_to(signed_anew(price=5_000_001)) is Objection.PRICE
    assert objection_to(DONE, replace(EXPECTED, max_rate=1_999_999)) is Objection.PRICE
    assert objection_to(DONE, replace(EXPECTED, cap=4_999_999)) is Objection.PRICE
    long = signed_anew(duration_ms=9_000)
    assert objection_to(long) is Objection.PRICE
    assert check_done(long, replace(EXPECTED, waited_ms=9_000))


def test_clients_own_check_gets_the_output() -> None:
    script = "import sys; sys.exit(sys.stdin.read() != '42')"
    right = replace(EXPECTED, check=(sys.executable, "-c", script))
    check_done(DONE, right)
    wrong = replace(right, check=(sys.executable, "-c", script.replace("42", "43")))
    assert objection_to(DONE, wrong) is Objection.OUTPUT


def test_check_that_does_not_end_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "CHECK_S", 0.1)
    assert objection_to(DONE, replace(EXPECTED, check=("sleep", "60"))) is Objection.OUTPUT


def test_check_that_cannot_start_is_the_clients_fault() -> None:
    with pytest.raises(ConfigError, match="cannot start the check"):
        check_done(DONE, replace(EXPECTED, check=("/nowhere/at/all",)))


def test_chain_of_the_receipt_matters() -> None:
    other = replace(EXPECTED, genesis_hash=Hash(bytes(32)))
    assert objection_to(DONE, other) is Objection.RECEIPT
