"""The receipt document: one canonical form, a closed schema, and refusals that repeat nothing."""

import base64
import json
import random
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from chain.address import encode_bech32m, format_hex_address
from chain.crypto import sha256, tagged_hash
from chain.errors import ChainError, InvalidSignature, MalformedMessage, WrongChain
from chain.primitives import RECEIPT_BYTES_MAX, TIME_S_MAX, UNITS_MICRO_MAX, Hash
from chain.receipt import Receipt, ReceiptBody, check_receipt, decode_receipt, sign_receipt
from tests.support.builders import (
    CHAIN_ID,
    GENESIS_HASH,
    a_receipt,
    a_receipt_body,
    key_of,
)
from tests.support.vectors import ROOM, each_vector, read_vector

CANARY = "canary-4711"


def a_document(**changes: object) -> dict[str, Any]:
    """Return a receipt's document as JSON holds it; None drops a field."""
    document = json.loads(a_receipt(price=5_000_000).document) | changes
    return {name: value for name, value in document.items() if value is not None}


def as_bytes(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


def with_number(name: str, text: str) -> bytes:
    """Return a document whose number is written as ``text``."""
    return as_bytes(a_document(**{name: "@"})).replace(b'"@"', text.encode())


def check(receipt: Receipt) -> None:
    check_receipt(receipt, chain_id=CHAIN_ID, genesis_hash=GENESIS_HASH)


def test_document_reads_back_as_itself() -> None:
    receipt = a_receipt(fields_root="ab" * 32, duration_ms=7, nonce="n", coordinator_id="c")
    assert decode_receipt(receipt.document) == receipt
    assert decode_receipt(receipt.document).document == receipt.document
    check(receipt)


def test_hash_and_sidecar_id_are_of_canonical_json() -> None:
    receipt = a_receipt(price=2_500_000, units=1)
    document = json.loads(receipt.document)
    assert receipt.document == rfc8785.dumps(document)
    assert receipt.sidecar_id == tagged_hash(b"sidecar", receipt.document)
    del document["signature"]
    assert receipt.signed_bytes == rfc8785.dumps(document)
    assert receipt.hash == sha256(receipt.signed_bytes)
    assert (document["price"], document["units"]) == (2.5, 0.000001)


def test_variants_of_a_receipt_have_one_hash_and_two_sidecar_ids() -> None:
    receipt = a_receipt()
    envelope = receipt.signature.model_dump() | {"key_id": "another"}
    other = Receipt.model_validate(receipt.model_dump() | {"signature": envelope})
    assert other.hash == receipt.hash
    assert other.sidecar_id != receipt.sidecar_id


@given(st.integers(0, UNITS_MICRO_MAX), st.integers(0, UNITS_MICRO_MAX))
def test_numbers_survive_the_document(units: int, price: int) -> None:
    receipt = a_receipt(units=units, price=price)
    read = decode_receipt(receipt.document)
    assert (read.units, read.price) == (units, price)
    assert read.document == receipt.document


@pytest.mark.parametrize(
    ("text", "micro"), [("5.0", 5_000_000), ("0.50", 500_000), ("5", 5_000_000)]
)
def test_number_is_kept_in_its_canonical_form(text: str, micro: int) -> None:
    receipt = decode_receipt(with_number("units", text))
    assert receipt.units == micro
    again = decode_receipt(receipt.document)
    assert (again.units, again.hash) == (micro, receipt.hash)


def test_spaces_and_order_are_input_only() -> None:
    document = a_document()
    shuffled = dict(random.Random(1).sample(sorted(document.items()), len(document)))
    data = json.dumps(shuffled, indent=3).encode()
    assert decode_receipt(data).document == as_canonical(document)


def as_canonical(document: dict[str, Any]) -> bytes:
    return rfc8785.dumps(document)


REFUSED = {
    "an unknown field": as_bytes(a_document(prompt=CANARY)),
    "an unknown name": as_bytes(a_document(**{CANARY: 1})),
    "a name with a lone surrogate": as_bytes(a_document(**{"\ud800" + CANARY: 1})),
    "a missing field": as_bytes(a_document(model=None)),
    "a repeated key": as_bytes(a_document()).replace(
        b"{", b'{"model": "%s", ' % CANARY.encode(), 1
    ),
    "a repeated key inside": as_bytes(a_document()).replace(b'{"alg', b'{"alg": "x", "alg', 1),
    "NaN": with_number("units", "NaN"),
    "Infinity": with_number("price", "-Infinity"),
    "an exponent": with_number("units", "1e5"),
    "a negative number": with_number("price", "-1"),
    "a leading zero": with_number("units", "01"),
    "seven decimals": with_number("price", "5.0000001"),
    "ten digits": with_number("units", "1234567890"),
    "a huge integer": with_number("units", "9" * 5_000),
    "a huge time": with_number("started_at", "9" * 5_000),
    "a huge exponent": with_number("duration_ms", "1e999999"),
    "a number as text": as_bytes(a_document(units="5")),
    "text as a number": as_bytes(a_document(model=5)),
    "true as a number": as_bytes(a_document(units=True)),
    "true as a time": as_bytes(a_document(started_at=True)),
    "no number": with_number("units", "null"),
    "a fraction of a second": with_number("started_at", "1.0"),
    "a time after all calendars": with_number("completed_at", str(TIME_S_MAX + 1)),
    "an end before its start": as_bytes(a_document(completed_at=1)),
    "the older version": as_bytes(a_document(version="1.0")),
    "a version of another type": with_number("version", "2"),
    "a label with a space": as_bytes(a_document(model=f"{CANARY} x")),
    "a label with a slash": as_bytes(a_document(job_id=f"/home/{CANARY}")),
    "a label with a newline at its end": as_bytes(a_document(receipt_id=f"{CANARY}\n")),
    "a label of another script": as_bytes(a_document(unit_type="\u0661")),
    "an empty label": as_bytes(a_document(model="")),
    "a long label": as_bytes(a_document(model="m" * 65)),
    "a long chain id": as_bytes(a_document(chain_id="c" * 33)),
    "a lone surrogate": as_bytes(a_document(model="\ud800" + CANARY)),
    "a lone surrogate in an address": as_bytes(a_document(client="ait1\udfff" + CANARY)),
    "a hash in capitals": as_bytes(a_document(genesis_hash="AB" * 32)),
    "a short hash": as_bytes(a_document(prompt_hash="ab" * 31)),
    "a hash with a newline": as_bytes(a_document(artifact_hash="ab" * 32 + "\n")),
    "an address in capitals": as_bytes(a_document(client=a_document()["client"].upper())),
    "an address of the other form": as_bytes(
        a_document(provider=format_hex_address(key_of("miner").address))
    ),
    "a text that is no address": as_bytes(a_document(provider=f"http://{CANARY}:8080/")),
    "a number as an address": as_bytes(a_document(provider=4711)),
    "a signature of another kind": as_bytes(
        a_document(signature=a_document()["signature"] | {"alg": "none"})
    ),
    "a signature that is text": as_bytes(a_document(signature=CANARY)),
    "a signature with more in it": as_bytes(
        a_document(signature=a_document()["signature"] | {CANARY: CANARY})
    ),
    "a list": as_bytes(a_document(nonce=[CANARY])),
    "a bomb of lists": b"[" * RECEIPT_BYTES_MAX,
    "a bomb of objects": b'{"a":' * 1_600,
    "an object too deep": as_bytes(a_document(nonce={"a": {"b": CANARY}})),
    "a list at the top": b"[]",
    "a word at the top": b'"%s"' % CANARY.encode(),
    "nothing": b"",
    "null": b"null",
    "half a document": as_bytes(a_document())[:-2],
    "something after it": as_bytes(a_document()) + b" x",
    "a byte order mark": b"\xef\xbb\xbf" + as_bytes(a_document()),
    "UTF-16": json.dumps(a_document()).encode("utf-16"),
    "bytes that are no UTF-8": as_bytes(a_document()).replace(b"llama", b"\xff\xfe\xfd"),
    "too many bytes": as_bytes(a_document()) + b" " * RECEIPT_BYTES_MAX,
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_refuses_and_repeats_nothing(data: bytes) -> None:
    with pytest.raises(MalformedMessage) as refusal:
        decode_receipt(data)
    said = str(refusal.value)
    assert CANARY not in said
    assert "4711" not in said
    assert len(said) < 120
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_address_with_a_foreign_prefix_is_not_repeated() -> None:
    """Its checksum is right, so that the sentence about addresses would name the prefix."""
    text = encode_bech32m(CANARY, [0] * 32)
    with pytest.raises(MalformedMessage) as refusal:
        decode_receipt(as_bytes(a_document(client=text)))
    assert CANARY not in str(refusal.value)
    assert "client" in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("units", "1e5"), ("price", "-1"), ("started_at", "1.0"), ("client", '"x"'), ("model", '"/"')],
)
def test_refusal_names_the_field(name: str, value: str) -> None:
    with pytest.raises(MalformedMessage, match=rf": {name}: "):
        decode_receipt(with_number(name, value))


@given(st.binary(max_size=300))
def test_random_bytes_are_malformed(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        decode_receipt(data)


@given(st.data())
def test_changed_document_fails_or_is_another_document(data: st.DataObject) -> None:
    document = a_receipt().document
    place = data.draw(st.integers(0, len(document) - 1))
    byte = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 2))
    changed = document[:place] + bytes([byte])[: 2 - cut] + document[place + 1 :]
    try:
        read = decode_receipt(changed)
    except ChainError:
        return
    again = decode_receipt(read.document)
    assert again == read
    assert again.document == read.document
    assert (read.document == document) is (read == a_receipt())


def test_any_changed_signed_byte_breaks_the_signature() -> None:
    receipt = a_receipt()
    for name, value in (("price", 299), ("job_id", "job-2"), ("completed_at", 1_700_000_003)):
        with pytest.raises(InvalidSignature):
            check(Receipt.model_validate(receipt.model_dump() | {name: value}))


def test_client_signature_is_checked_too() -> None:
    receipt = a_receipt()
    by_client = sign_receipt(a_receipt_body(), key=key_of("client"), key_id="c").signature
    signed = Receipt.model_validate(
        receipt.model_dump() | {"client_signature": by_client.model_dump()}
    )
    check(signed)
    assert signed.hash == receipt.hash
    assert decode_receipt(signed.document) == signed
    forged = by_client.model_dump() | {"public_key": key_of("miner").public_key.hex()}
    with pytest.raises(InvalidSignature, match="client_signature"):
        check(Receipt.model_validate(receipt.model_dump() | {"client_signature": forged}))


def test_signature_has_one_text() -> None:
    """The last of its 86 characters has four bits to spare; they must be zero."""
    receipt = a_receipt()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    sig = receipt.signature.sig
    twin = sig[:-1] + alphabet[alphabet.index(sig[-1]) + 1]
    assert base64.urlsafe_b64decode(twin + "==") == receipt.signature.signature
    envelope = receipt.signature.model_dump() | {"sig": twin}
    with pytest.raises(InvalidSignature):
        check(Receipt.model_validate(receipt.model_dump() | {"signature": envelope}))


def test_receipt_of_another_chain_is_refused() -> None:
    with pytest.raises(WrongChain):
        check(a_receipt(chain_id="another"))
    with pytest.raises(WrongChain):
        check_receipt(a_receipt(), chain_id=CHAIN_ID, genesis_hash=Hash(bytes(32)))


@pytest.mark.parametrize("name", ["units", "price"])
def test_maker_keeps_to_the_bounds(name: str) -> None:
    a_receipt_body(**{name: UNITS_MICRO_MAX})
    for value in (-1, UNITS_MICRO_MAX + 1):
        with pytest.raises(ValueError, match=name):
            a_receipt_body(**{name: value})


def test_body_shows_addresses_keys_and_hashes() -> None:
    receipt = a_receipt()
    assert receipt.provider_address == key_of("miner").address
    assert receipt.client_address == key_of("client").address
    assert receipt.signature.key == key_of("miner").public_key
    assert isinstance(receipt, ReceiptBody)


@each_vector("jcs/input/*.json")
def test_published_canonical_json(path: Path) -> None:
    value = read_vector(path)
    expected = bytes.fromhex((ROOM / "jcs" / "outhex" / f"{path.stem}.txt").read_text())
    assert rfc8785.dumps(value) == expected
    assert rfc8785.dumps(json.loads(expected)) == expected
