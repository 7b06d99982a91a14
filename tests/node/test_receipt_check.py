# ruff: noqa: ANN401 -- receipts and genesis documents come in many forms

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from chain.errors import ConfigError, MalformedMessage, PeerError, ReceiptMismatch
from chain.legacy_receipt import legacy_canonical_bytes
from chain.light import LightClient
from chain.proof import PROOF_BYTES_MAX
from chain.verdict import CheckState
from genesis.document import canonical_bytes
from node.receipt_check import get_receipt, verify_receipt
from tests.support.answers import node_that_says
from tests.support.builders import a_receipt, key_of
from tests.support.proofs import proven_chain
from tests.support.vectors import read_vector

WORLD = proven_chain()
PROOF = WORLD.proofs[0]
DATA = PROOF.encode()
RECEIPT = WORLD.receipts[0]
CANONICAL = canonical_bytes(WORLD.document)


@pytest.mark.parametrize(
    "given",
    [PROOF, DATA, DATA.decode(), json.loads(DATA), bytearray(DATA)],
    ids=["proof", "bytes", "text", "object", "bytearray"],
)
def test_proof_is_final_in_every_form(given: Any) -> None:
    found = verify_receipt(given, genesis=WORLD.genesis)
    assert found.is_final, found.report
    assert (found.paid, found.height) == (300, 2)


@pytest.mark.parametrize(
    "genesis",
    [WORLD.genesis, WORLD.document, CANONICAL, CANONICAL.decode(), json.dumps(WORLD.document)],
    ids=["parsed", "object", "bytes", "text", "spelt otherwise"],
)
def test_genesis_is_taken_in_every_form(genesis: Any) -> None:
    assert verify_receipt(DATA, genesis=genesis).is_final


def test_genesis_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "genesis.json"
    path.write_text(json.dumps(WORLD.document, indent=2))
    assert verify_receipt(DATA, genesis=path).is_final


@pytest.mark.parametrize("given", [WORLD.genesis.hash, WORLD.genesis.hash.hex()])
def test_genesis_hash_needs_the_validators(given: bytes | str) -> None:
    found = verify_receipt(DATA, genesis=given)
    assert found
    assert found["finality"].reason == "no trusted validators"
    for validators in (WORLD.genesis.validators, WORLD.genesis.validators.encode()):
        assert verify_receipt(DATA, genesis=given, validators=validators).is_final


def test_validators_of_a_light_client_are_taken() -> None:
    client = LightClient(WORLD.genesis)
    for validators in (client, client.validators_at(2)):
        assert verify_receipt(DATA, genesis=WORLD.genesis, validators=validators).is_final


@pytest.mark.parametrize(
    "trusted",
    [
        {"genesis": "abc"},
        {"genesis": b"{}"},
        {"genesis": {}},
        {"genesis": b""},
        {"validators": b"\0"},
        {"public_key": "no digits"},
        {"public_key": b"short"},
    ],
    ids=str,
)
def test_what_the_caller_trusts_must_be_readable(trusted: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        verify_receipt(DATA, **trusted)


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"\xff",
        "\ud800",
        "[]",
        "null",
        "1" * 5_000,
        "[" * 50_000,
        b" " * (PROOF_BYTES_MAX + 1),
        {},
        {"header": 1},
        {"version": "2"},
        {"version": "2", "price": float("nan")},
        {"version": "1.0", "price": {1}},
        {"version": "1.0"},
        {"version": "1.0", "signature": 3},
        {"version": "2", "more": object()},
    ],
    ids=lambda given: str(given)[:20],
)
def test_nonsense_is_never_valid(given: Any) -> None:
    assert not verify_receipt(given, genesis=WORLD.genesis)
    assert not verify_receipt(given)


@pytest.mark.parametrize("public_key", [None, RECEIPT.signature.key, RECEIPT.signature.public_key])
@pytest.mark.parametrize(
    "given", [RECEIPT.document, RECEIPT.document.decode(), json.loads(RECEIPT.document)]
)
def test_document_alone_is_valid_and_not_final(given: Any, public_key: Any) -> None:
    found = verify_receipt(given, public_key=public_key)
    assert found
    assert not found.is_final
    assert found["inclusion"].reason == found["finality"].reason == "no proof"


def test_smallest_numbers_survive_a_reader_of_json() -> None:
    document = json.loads(a_receipt(units=1, price=1).document)
    assert document["units"] == 0.000001
    assert verify_receipt(document)


def check_flips(data: bytes, bits_of: Callable[[int], Iterable[int]]) -> None:
    """Flip these bits of every byte of a proof, one at a time, and check that each is found out."""
    for place in range(len(data)):
        for bit in bits_of(place):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            found = verify_receipt(bytes(changed), genesis=WORLD.genesis)
            assert not found, f"bit {bit} of byte {place}"
            assert found.reason


def test_no_changed_byte_goes_unnoticed() -> None:
    check_flips(DATA, lambda place: (place % 8,))


@pytest.mark.slow
def test_no_changed_bit_goes_unnoticed() -> None:
    check_flips(WORLD.proofs[2].encode(), lambda _: range(8))


def test_no_missing_or_added_byte_goes_unnoticed() -> None:
    for place in range(0, len(DATA), 7):
        for changed in (DATA[:place] + DATA[place + 1 :], DATA[:place] + b"0" + DATA[place:]):
            assert not verify_receipt(changed, genesis=WORLD.genesis)
        assert not verify_receipt(DATA[:place], genesis=WORLD.genesis)


def test_published_sample_of_version_1_is_valid_with_its_key() -> None:
    vector = read_vector("aitbc/aitbc_sample_receipt_signed.json")
    document = vector["payload"] | {"signature": vector["signature"]}
    key = vector["verify_key_hex"]
    for given in (document, json.dumps(document), json.dumps(document, indent=2).encode()):
        assert verify_receipt(given, public_key=key)
        found = verify_receipt(given)
        assert not found
        assert "self-declared" in found["signature"].reason
    assert not verify_receipt(document | {"units": 2.0}, public_key=key)
    assert not verify_receipt(document, public_key="00" * 32)


def test_version_1_keeps_the_spelling_of_its_numbers() -> None:
    payload = {"version": "1.0", "units": 1.0}
    sig = urlsafe_b64encode(key_of("miner").sign(legacy_canonical_bytes(payload))).decode()
    document = payload | {"signature": {"alg": "Ed25519", "key_id": "k", "sig": sig}}
    key = key_of("miner").public_key
    assert verify_receipt(document, public_key=key)
    assert not verify_receipt(document | {"units": 1}, public_key=key)
    assert verify_receipt(document)["signature"].state == CheckState.NOT_CHECKED


def test_receipt_is_fetched_by_hash_or_id() -> None:
    with node_that_says(PROOF.content()) as url:
        for name in (RECEIPT.hash.hex(), f"0x{RECEIPT.hash.hex().upper()}", "receipt-1"):
            assert get_receipt(name, url) == PROOF
        with pytest.raises(ReceiptMismatch):
            get_receipt("receipt-2", url)


def test_node_that_answers_nonsense_is_refused() -> None:
    for result in (None, {}, [], PROOF.content() | {"header": "00"}):
        with node_that_says(result) as url, pytest.raises(MalformedMessage):
            get_receipt("receipt-1", url)
    with pytest.raises(PeerError):
        get_receipt("receipt-1", "http://127.0.0.1:1")
