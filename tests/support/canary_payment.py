"""What happens in the open and what does not: a private job that is paid, and public words."""

import json
import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from chain.address import format_address
from chain.claim import claim_of, sign_claim
from chain.crypto import SecretKey
from chain.fields import PrivateField, fields_root
from chain.payloads import Reserve, Transfer
from chain.primitives import (
    Hash,
)
from chain.receipt import Receipt, ReceiptBody, sign_receipt
from chain.transaction import SignedTransaction, sign_transaction
from node.clock import now_ms
from node.demo_job import Market, make_receipt, make_reservation
from node.rpc_client import call
from tests.support.builders import a_reserve_payload
from tests.support.canary import Canaries, a_mark, forms_of
from tests.support.canary_rpc import (
    AnswerRecord,
    call_text,
    request_of,
)
from tests.support.running import wait_for

CONTROL_FORMS = ("raw", "base64", "base64url", "hex", "url", "json", "reversed")
"""Encodings that a memo can hold; the others go into a hash that a client may choose."""

BINARY_FORMS = ("zlib", "utf-16")
FEE = 2_000


def pay_in_private(market: Market, canaries: Canaries, folder: Path) -> Receipt:
    """Have a job done whose every private part is a canary, and have it paid."""
    folder.mkdir()
    (folder / "prompt.txt").write_text(canaries.texts["prompt"])
    (folder / "private.json").write_text(json.dumps(canaries.texts))
    miner = SecretKey(canaries.secret)
    (folder / "key").write_text(canaries.secret.hex())
    market = replace(market, miner=miner)
    client = format_address(market.client.address)
    account = call(market.nodes[0].rpc, "ait_getAccount", client)
    reserve = make_reservation(
        market, job_id="private-job", nonce=account["nonce"], height=account["atHeight"]
    )
    call(market.nodes[0].rpc, "ait_sendTransaction", reserve.encode().hex())
    wait_everywhere(market, "ait_getReservation", reserve.id(market.genesis_hash))
    output = f"{(folder / 'prompt.txt').read_text()} {canaries.texts['output']}".encode()
    (folder / "output.txt").write_bytes(output)
    receipt = a_private_receipt(market, reserve, canaries, output)
    claim = sign_claim(claim_of(receipt, final=True), key=miner, genesis_hash=market.genesis_hash)
    document = receipt.document.decode()
    call(market.nodes[-1].rpc, "ait_submitReceipt", document, claim.encode().hex())
    wait_everywhere(market, "ait_getReceipt", receipt.hash)
    return receipt


def a_private_receipt(
    market: Market, reserve: SignedTransaction, canaries: Canaries, output: bytes
) -> Receipt:
    """Return the receipt of a job: salted hashes, and the root of its private fields."""
    salt = os.urandom(32)
    fields = [
        PrivateField(name=name.replace(" ", "-"), value=text, salt=os.urandom(32))
        for name, text in canaries.texts.items()
    ]
    plain = make_receipt(market, reserve, artifact=output, started_ms=now_ms(), duration_ms=1)
    body = plain.model_dump(exclude={"signature", "client_signature"}) | {
        "prompt_hash": sha256(salt + canaries.texts["prompt"].encode()).hexdigest(),
        "artifact_hash": sha256(salt + output).hexdigest(),
        "tee_attestation_hash": sha256(salt + canaries.texts["tee quote"].encode()).hexdigest(),
        "fields_root": fields_root(fields).hex(),
    }
    return sign_receipt(ReceiptBody.model_validate(body), key=market.miner, key_id="key-1")


def wait_everywhere(market: Market, method: str, name: Hash) -> None:
    """Wait until every node knows a thing by its hash."""
    for node in market.nodes:
        wait_for(
            lambda url=node.rpc: b'"result"' in post(url, call_text(method, [name.hex()])),  # type: ignore[misc] # mypy cannot infer a lambda with a default
            what=f"{method} on {node.name}",
            within_s=30,
        )


def post(url: str, text: str, record: AnswerRecord | None = None) -> bytes:
    """Post JSON to a node; return its answer."""
    return (record or AnswerRecord()).send(url, request_of(text.encode()))


def plant_controls(market: Market) -> dict[str, str]:
    """Put a mark of its own in each encoding where everybody may read it; return the marks."""
    marks = {form: a_mark(8) for form in (*CONTROL_FORMS, *BINARY_FORMS)}
    account = call(market.nodes[0].rpc, "ait_getAccount", format_address(market.client.address))
    nonce, height = account["nonce"], account["atHeight"]
    sent = market.genesis_hash
    for form, mark in marks.items():
        written = forms_of(mark)[form]
        terms: Transfer | Reserve
        if form in BINARY_FORMS:
            terms = replace(
                a_reserve_payload(job_id=f"control-{form}", expires_at=height + 500),
                idempotency_key_hash=Hash(written.encode("latin-1").ljust(32, b"\0")),
            )
        else:
            terms = Transfer(to=market.miner.address, amount=1, memo=written)
        transaction = sign_transaction(
            terms,
            key=market.client,
            genesis_hash=market.genesis_hash,
            nonce=nonce,
            fee=FEE,
            valid_until=height + 100,
        )
        call(market.nodes[0].rpc, "ait_sendTransaction", transaction.encode().hex())
        nonce += 1
        sent = transaction.id(market.genesis_hash)
    wait_everywhere(market, "ait_getTransaction", sent)
    return marks
