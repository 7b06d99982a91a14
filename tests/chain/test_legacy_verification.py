"""Receipts of version 1.0, by the vectors of the system that made them and by our own."""

import json
from base64 import urlsafe_b64encode

import pytest

from chain.legacy_receipt import legacy_canonical_bytes
from chain.legacy_verification import NO_KEY, SELF_DECLARED, find_declared_key, verify_legacy
from chain.primitives import PublicKey
from chain.verdict import CheckState
from tests.support.builders import key_of
from tests.support.vectors import read_vector

KEY = key_of("miner").public_key
KEY_ID = urlsafe_b64encode(KEY).rstrip(b"=").decode()


def a_document(**changes: object) -> bytes:
    payload = {"version": "1.0", "receipt_id": "r", "units": 1.0}
    sig = urlsafe_b64encode(key_of("miner").sign(legacy_canonical_bytes(payload))).decode()
    envelope = {"alg": "Ed25519", "key_id": KEY_ID, "sig": sig.rstrip("=")}
    return json.dumps(payload | {"signature": envelope} | changes).encode()


def test_published_sample_is_valid_and_can_never_be_final() -> None:
    vector = read_vector("aitbc/aitbc_sample_receipt_signed.json")
    data = json.dumps(vector["payload"] | {"signature": vector["signature"]}).encode()
    key = PublicKey(bytes.fromhex(vector["verify_key_hex"]))
    found = verify_legacy(data, public_key=key)
    assert found
    assert not found.is_final
    assert "never settles" in found["finality"].reason
    assert find_declared_key(vector["signature"]["key_id"]) == key


def test_given_key_proves_the_signature() -> None:
    found = verify_legacy(a_document(), public_key=KEY)
    assert found
    assert len(found.receipt_hash) == 64


@pytest.mark.parametrize("changes", [{"units": 1}, {"receipt_id": "s"}, {"more": 1}])
def test_changed_document_is_not_valid(changes: dict[str, object]) -> None:
    found = verify_legacy(a_document(**changes), public_key=KEY)
    assert found.reason.startswith("signature: ")


def test_self_declared_key_is_reported_and_does_not_count() -> None:
    found = verify_legacy(a_document(), public_key=None, key_id=KEY_ID)
    assert not found
    assert (found["signature"].state, found["signature"].reason) == (
        CheckState.NOT_CHECKED,
        SELF_DECLARED,
    )
    found = verify_legacy(a_document(units=2), public_key=None, key_id=KEY_ID)
    assert found["signature"].state == CheckState.FAILED


@pytest.mark.parametrize("key_id", [None, 5, "", "é", "key-1", "!" * 43, "A" * 44, "A"])
def test_document_that_names_no_key_needs_one(key_id: object) -> None:
    assert verify_legacy(a_document(), public_key=None, key_id=key_id)["signature"].reason == NO_KEY


def test_what_is_no_such_document_is_unreadable() -> None:
    assert verify_legacy(b"[]", public_key=KEY).reason.startswith("schema: ")
