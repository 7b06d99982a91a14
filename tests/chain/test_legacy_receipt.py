"""Receipts of version 1.0, by the vectors of the system that made them."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from chain.crypto import sha256
from chain.errors import ChainError, InvalidSignature, MalformedMessage
from chain.legacy_receipt import legacy_canonical_bytes, verify_legacy_receipt
from chain.primitives import RECEIPT_BYTES_MAX, PublicKey
from tests.support.builders import key_of
from tests.support.vectors import read_vector


def sample() -> tuple[dict[str, Any], PublicKey, dict[str, Any]]:
    """Return the published document with its signature, its key, and the whole vector."""
    vector = read_vector("aitbc/aitbc_sample_receipt_signed.json")
    document = vector["payload"] | {"signature": vector["signature"]}
    return document, PublicKey(bytes.fromhex(vector["verify_key_hex"])), vector


def a_legacy_document(**changes: object) -> bytes:
    """Return a version 1.0 document that the miner's key signed."""
    payload = {"version": "1.0", "receipt_id": "r", "units": 1.0} | changes
    sig = urlsafe_b64encode(key_of("miner").sign(legacy_canonical_bytes(payload))).rstrip(b"=")
    envelope = {"alg": "Ed25519", "key_id": "k", "sig": sig.decode()}
    return json.dumps(payload | {"signature": envelope}).encode()


def verify(data: bytes) -> bytes:
    return verify_legacy_receipt(data, public_key=key_of("miner").public_key)


def test_published_sample_verifies() -> None:
    document, public_key, vector = sample()
    assert legacy_canonical_bytes(document) == vector["canonical"].encode()
    receipt_hash = verify_legacy_receipt(json.dumps(document).encode(), public_key=public_key)
    assert receipt_hash == sha256(vector["canonical"].encode())


def test_published_sample_does_not_verify_when_changed() -> None:
    document, public_key, _ = sample()
    for name, value in (("units", 2.0), ("price", 4.3), ("extra", 1), ("units", "1.9")):
        data = json.dumps(document | {name: value}).encode()
        with pytest.raises(InvalidSignature):
            verify_legacy_receipt(data, public_key=public_key)
    with pytest.raises(InvalidSignature):
        verify(json.dumps(document).encode())


def test_published_canonical_forms() -> None:
    for case in read_vector("aitbc/aitbc_canonical_json.json"):
        canonical = legacy_canonical_bytes(json.loads(case["input_json"]))
        assert canonical == case["canonical"].encode(), case["name"]
        assert sha256(canonical).hex() == case["sha256"], case["name"]


def test_nulls_signature_and_attestations_are_not_signed() -> None:
    signed = {"a": 1, "b": [1, {"c": 2}]}
    full = {
        "b": [1, None, {"d": None, "c": 2}],
        "a": 1,
        "signature": 5,
        "attestations": [],
        "x": None,
    }
    assert legacy_canonical_bytes(full) == legacy_canonical_bytes(signed)


def test_made_document_verifies() -> None:
    assert verify(a_legacy_document(units=2.5)) != verify(a_legacy_document(units=2))


def nested(depth: int) -> bytes:
    plain = a_legacy_document(extra="@")
    return plain.replace(b'"@"', b"[" * depth + b"]" * depth)


@pytest.mark.parametrize("depth", [100, 300, 480, 600, 900, 990, 1_500, 3_500])
def test_nesting_is_malformed_or_unsigned_and_never_a_crash(depth: int) -> None:
    with pytest.raises(ChainError):
        verify(nested(depth))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b'{"version": "2"}',
        b'{"units": ' + b"9" * 5_000 + b"}",
        b" " * (RECEIPT_BYTES_MAX + 1),
        b'{"version": 1.0}',
    ],
)
def test_rejects_what_is_no_such_document(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        verify(data)


@pytest.mark.parametrize(
    "envelope",
    [
        None,
        "x",
        {},
        {"alg": "none", "sig": "x"},
        {"alg": "Ed25519"},
        {"alg": "Ed25519", "sig": 5},
        {"alg": "Ed25519", "sig": "\u0661"},
        {"alg": "Ed25519", "sig": "A"},
        {"alg": "Ed25519", "sig": "A" * 86},
        {"alg": "Ed25519", "sig": "!" * 86},
        {"alg": "Ed25519", "sig": "A" * 4_000},
        {"alg": "Ed25519", "sig": ""},
        {"alg": "Ed25519", "sig": "\ud800"},
    ],
)
def test_rejects_what_is_no_signature(envelope: object) -> None:
    document = json.loads(a_legacy_document()) | {"signature": envelope}
    with pytest.raises(InvalidSignature):
        verify(json.dumps(document).encode())
