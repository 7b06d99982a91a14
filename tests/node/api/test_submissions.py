# ruff: noqa: ANN401 -- answers are JSON

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from chain.errors import MempoolFull
from chain.primitives import BATCH_CLAIMS_MAX
from chain.receipt import Receipt
from node.api.jsonrpc import Rpc
from node.api.methods import METHODS
from node.api_frames import Submit, SubmitResult
from tests.support.builders import (
    GENESIS_HASH,
    a_batch,
    a_claim,
    a_receipt,
    a_transfer,
    an_accepted_claim,
)
from tests.support.fake_core import Decide, FakeCore, admit
from tests.support.small_chain import services_of, stored_chain

RECEIPT = a_receipt()
CLAIM = a_claim(RECEIPT)
SECOND = a_receipt(receipt_id="receipt-2", job_id="job-2", price=200)
BATCH = a_batch(RECEIPT, SECOND)
OTHER_GENESIS = type(GENESIS_HASH)(b"\1" * 32)


def ask(
    folder: Path, *calls: tuple[str, list[Any]], decide: Decide = admit
) -> tuple[list[dict[str, Any]], list[Submit]]:
    """Send one batch to an edge with a core, and return its answers and what reached the core."""

    async def run() -> tuple[list[dict[str, Any]], list[Submit]]:
        async with FakeCore(folder / "api.sock", decide) as core:
            with stored_chain(folder), services_of(folder) as services:
                line = asyncio.create_task(services.core.run("http://127.0.0.1:1"))
                await core.wait_for(lambda: bool(core.ready))
                rpc = Rpc(METHODS, services, limits=services.settings.limits)
                batch = [
                    {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
                    for number, (method, params) in enumerate(calls)
                ]
                answers = json.loads(await rpc.answer(json.dumps(batch).encode()))
                line.cancel()
                with suppress(asyncio.CancelledError):
                    await line
        return answers, core.submits

    return asyncio.run(run())


def send(raw: bytes | str) -> tuple[str, list[Any]]:
    return "ait_sendTransaction", [raw if isinstance(raw, str) else f"0x{raw.hex()}"]


def submit(document: object, claim: bytes) -> tuple[str, list[Any]]:
    return "ait_submitReceipt", [document, claim.hex()]


def submit_all(documents: list[object], batch: bytes) -> tuple[str, list[Any]]:
    return "ait_submitReceipts", [documents, batch.hex()]


def test_transaction_is_handed_in_as_it_came(tmp_path: Path) -> None:
    transfer = a_transfer()
    answers, submits = ask(tmp_path, send(transfer.encode()), send(transfer.encode().hex().upper()))
    expected = {"transactionId": f"0x{transfer.id(GENESIS_HASH).hex()}"}
    assert [answer["result"] for answer in answers] == [expected, expected]
    assert [one.transaction for one in submits] == [transfer.encode()] * 2
    assert submits[0].receipts == ()


def test_batch_keeps_its_order(tmp_path: Path) -> None:
    transfers = [a_transfer(nonce=nonce) for nonce in range(20)]
    answers, submits = ask(tmp_path, *(send(one.encode()) for one in transfers))
    assert [one.transaction for one in submits] == [one.encode() for one in transfers]
    ids = [answer["result"]["transactionId"] for answer in answers]
    assert ids == [f"0x{one.id(GENESIS_HASH).hex()}" for one in transfers]


def test_bad_transaction_never_reaches_the_core(tmp_path: Path) -> None:
    good = a_transfer()
    forged = bytearray(good.encode())
    forged[-1] ^= 1
    answers, submits = ask(
        tmp_path,
        send(bytes(forged)),
        send(good.encode() + b"\0"),
        send(good.encode()[:-1]),
        send(b"\xff"),
        send(a_transfer(genesis_hash=OTHER_GENESIS).encode()),
        send(good.encode()),
    )
    errors = [answer["error"] for answer in answers[:-1]]
    assert [error["code"] for error in errors] == [-32003] * 5
    reasons = [error["data"]["reason"] for error in errors]
    expected = ["invalid_signature", "malformed", "malformed", "malformed", "invalid_signature"]
    assert reasons == expected
    assert "result" in answers[-1]
    assert len(submits) == 1


def test_refusal_of_the_core_keeps_its_reason_and_fields(tmp_path: Path) -> None:
    def full(one: Submit) -> SubmitResult:
        return SubmitResult.refused(one.ticket, MempoolFull(what="transactions", limit=5))

    (answer,), _ = ask(tmp_path, send(a_transfer().encode()), decide=full)
    error = answer["error"]
    assert error["code"] == -32003
    assert error["data"] == {"reason": "mempool_full", "what": "transactions", "limit": 5}


def spellings(receipt: Receipt) -> list[object]:
    fields = json.loads(receipt.document)
    return [
        fields,
        dict(reversed(fields.items())),
        receipt.document.decode(),
        json.dumps(fields, indent=2),
        receipt.document.decode().replace('"price":5,', '"price":5.000,'),
    ]


@pytest.mark.parametrize("spelling", range(5))
def test_receipt_reaches_the_core_in_its_canonical_form(tmp_path: Path, spelling: int) -> None:
    receipt = a_receipt(price=5_000_000, units=2_500_000)
    claim = a_claim(receipt)
    (answer,), (one,) = ask(tmp_path, submit(spellings(receipt)[spelling], claim.encode()))
    assert answer["result"] == {
        "receiptHash": f"0x{receipt.hash.hex()}",
        "transactionId": f"0x{claim.id(GENESIS_HASH).hex()}",
    }
    assert one == Submit(one.ticket, claim.encode(), (receipt.document,))


@pytest.mark.parametrize("micro", [1, 10, 123_456, 999_999_999_999_999, 100_000_000_000_001])
def test_object_keeps_every_digit_of_its_numbers(tmp_path: Path, micro: int) -> None:
    receipt = a_receipt(units=micro, price=micro)
    _, (one,) = ask(tmp_path, submit(json.loads(receipt.document), a_claim(receipt).encode()))
    assert one.receipts == (receipt.document,)


def test_acceptance_comes_with_the_claim(tmp_path: Path) -> None:
    claim = an_accepted_claim(RECEIPT)
    _, (one,) = ask(tmp_path, submit(RECEIPT.document.decode(), claim.encode()))
    assert one.transaction == claim.encode()


@pytest.mark.parametrize(
    ("document", "claim", "code", "reason"),
    [
        (RECEIPT.document.decode(), a_claim(RECEIPT, amount=299), -32003, "receipt_mismatch"),
        (RECEIPT.document.decode(), a_claim(signer="stranger"), -32003, "invalid_signature"),
        (
            a_receipt(signer="stranger").document.decode(),
            CLAIM,
            -32003,
            "receipt_mismatch",
        ),
        (a_receipt(genesis_hash="ab" * 32).document.decode(), CLAIM, -32003, "wrong_chain"),
        (
            {**json.loads(RECEIPT.document), "prompt": "a secret"},
            CLAIM,
            -32003,
            "malformed",
        ),
        ({"a": {"b": {"c": {"d": 1}}}}, CLAIM, -32003, "malformed"),
        ({}, CLAIM, -32003, "malformed"),
        ("not JSON", CLAIM, -32003, "malformed"),
        ({"model": "x" * 10_000}, CLAIM, -32602, "invalid_params"),
        (RECEIPT.document.decode(), a_transfer(), -32602, "invalid_params"),
        ({"\ud800": 1}, CLAIM, -32602, "invalid_params"),
    ],
)
def test_bad_receipt_never_reaches_the_core(
    tmp_path: Path, document: object, claim: Any, code: int, reason: str
) -> None:
    (answer,), submits = ask(tmp_path, submit(document, claim.encode()))
    assert (answer["error"]["code"], answer["error"]["data"]["reason"]) == (code, reason)
    assert "secret" not in json.dumps(answer)
    assert submits == []


def test_claim_without_its_receipt_is_refused(tmp_path: Path) -> None:
    answers, submits = ask(tmp_path, send(CLAIM.encode()), send(BATCH.encode()))
    for answer in answers:
        assert "ait_submitReceipt" in answer["error"]["message"]
    assert submits == []


def test_batch_reaches_the_core_with_its_documents_in_order(tmp_path: Path) -> None:
    documents = [json.loads(RECEIPT.document), SECOND.document.decode()]
    (answer,), (one,) = ask(tmp_path, submit_all(documents, BATCH.encode()))
    assert answer["result"] == {
        "receiptHashes": [f"0x{RECEIPT.hash.hex()}", f"0x{SECOND.hash.hex()}"],
        "transactionId": f"0x{BATCH.id(GENESIS_HASH).hex()}",
    }
    assert one == Submit(one.ticket, BATCH.encode(), (RECEIPT.document, SECOND.document))


def test_largest_batch_fits_through(tmp_path: Path) -> None:
    receipts = [
        a_receipt(receipt_id="r" * 60 + f"{number:04}", job_id="j" * 60 + f"{number:04}")
        for number in range(BATCH_CLAIMS_MAX)
    ]
    documents: list[object] = [json.loads(one.document) for one in receipts]
    (answer,), (one,) = ask(tmp_path, submit_all(documents, a_batch(*receipts).encode()))
    assert len(answer["result"]["receiptHashes"]) == BATCH_CLAIMS_MAX
    assert one.receipts == tuple(one.document for one in receipts)


@pytest.mark.parametrize(
    ("documents", "batch", "code", "data"),
    [
        ([RECEIPT, RECEIPT], BATCH, -32003, {"reason": "receipt_mismatch", "index": 1}),
        ([SECOND, RECEIPT], BATCH, -32003, {"reason": "receipt_mismatch", "index": 0}),
        (
            [RECEIPT, a_receipt(genesis_hash="ab" * 32)],
            BATCH,
            -32003,
            {"reason": "wrong_chain", "index": 1},
        ),
        (
            [RECEIPT, SECOND],
            a_batch(RECEIPT, SECOND, amount=7),
            -32003,
            {"reason": "receipt_mismatch", "index": 0},
        ),
        (
            [RECEIPT, SECOND],
            a_batch(RECEIPT, SECOND, signer="stranger"),
            -32003,
            {"reason": "invalid_signature"},
        ),
        ([RECEIPT], BATCH, -32602, {"reason": "invalid_params"}),
        ([RECEIPT], CLAIM, -32602, {"reason": "invalid_params"}),
    ],
)
def test_bad_batch_never_reaches_the_core(
    tmp_path: Path, documents: list[Receipt], batch: Any, code: int, data: dict[str, object]
) -> None:
    texts: list[object] = [one.document.decode() for one in documents]
    (answer,), submits = ask(tmp_path, submit_all(texts, batch.encode()))
    error = answer["error"]
    assert (error["code"], error["data"] | data) == (code, error["data"])
    assert submits == []


def test_document_that_is_no_json_is_named_by_its_place(tmp_path: Path) -> None:
    documents: list[object] = [RECEIPT.document.decode(), {"model": "x" * 10_000}]
    (answer,), _ = ask(tmp_path, submit_all(documents, BATCH.encode()))
    (fault,) = answer["error"]["data"]["errors"]
    assert fault["path"] == "documents.1"
