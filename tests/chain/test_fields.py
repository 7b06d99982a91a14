"""Private fields: one is shown and proved, the others stay hidden, and nothing else passes."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from chain.claim import claim_of
from chain.crypto import keccak256, sha256
from chain.errors import MalformedMessage
from chain.fields import (
    FIELD_TYPES,
    FIELDS_MAX,
    PROOF_MAX,
    VALUE_MAX,
    Disclosure,
    PrivateField,
    check_disclosure,
    decode_disclosure,
    disclose,
    fields_dump,
    fields_root,
    parse_disclosure,
)
from chain.primitives import ZERO_HASH, Hash
from tests.support.builders import a_receipt


def a_field(name: str = "units", value: str = "2500000") -> PrivateField:
    return PrivateField(name=name, value=value, salt=sha256(b"salt of " + name.encode()))


def fields_of(count: int) -> list[PrivateField]:
    return [a_field(f"field-{number}", f"value {number}") for number in range(count)]


FIELDS = fields_of(5)
ROOT = fields_root(FIELDS)
SHOWN = disclose(FIELDS, "field-2")


def test_leaf_is_the_abi_encoding_of_name_value_and_salt() -> None:
    field = a_field("units", "5")
    heads = [(96).to_bytes(32, "big"), (160).to_bytes(32, "big"), field.salt]
    texts = [(5).to_bytes(32, "big"), b"units".ljust(32, b"\0")]
    texts += [(1).to_bytes(32, "big"), b"5".ljust(32, b"\0")]
    assert fields_root([field]) == keccak256(keccak256(b"".join(heads + texts)))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 33, FIELDS_MAX])
def test_every_field_can_be_disclosed(count: int) -> None:
    fields = fields_of(count)
    for field in fields:
        disclosure = disclose(fields, field.name)
        shown = (disclosure.name, disclosure.value, disclosure.salt)
        assert shown == (field.name, field.value, field.salt)
        check_disclosure(disclosure, fields_root(fields))


def test_receipt_and_claim_carry_the_root() -> None:
    receipt = a_receipt(fields_root=ROOT.hex())
    check_disclosure(SHOWN, claim_of(receipt, final=True).fields_root)


def test_disclosure_holds_nothing_of_the_other_fields() -> None:
    text = json.dumps(SHOWN.document)
    for field in FIELDS:
        is_shown = field.name == SHOWN.name
        assert (field.name in text, field.value in text, field.salt.hex() in text) == (
            is_shown,
        ) * 3


def test_order_of_the_fields_does_not_matter() -> None:
    shuffled = random.Random(5).sample(FIELDS, k=5)
    assert fields_root(shuffled) == ROOT
    assert disclose(shuffled, "field-2") == SHOWN


@pytest.mark.parametrize("part", ["name", "value", "salt"])
def test_changed_field_is_another_root(part: str) -> None:
    changed = replace(FIELDS[2], **{part: sha256(b"other") if part == "salt" else "other"})
    assert fields_root([*FIELDS[:2], changed, *FIELDS[3:]]) != ROOT


def test_any_changed_byte_of_a_disclosure_fails() -> None:
    data = SHOWN.encode()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(MalformedMessage):
            check_disclosure(decode_disclosure(bytes(changed)), ROOT)


@pytest.mark.parametrize("root", [ZERO_HASH, sha256(b"another"), Hash(b"")])
def test_rejects_disclosure_under_another_root(root: Hash) -> None:
    with pytest.raises(MalformedMessage, match="does not commit"):
        check_disclosure(SHOWN, root)


def test_rejects_disclosure_of_an_inner_node() -> None:
    with pytest.raises(MalformedMessage, match="does not commit"):
        check_disclosure(replace(SHOWN, proof=SHOWN.proof[1:]), ROOT)


def test_widest_disclosure_reads_back() -> None:
    proof = tuple(sha256(b"%d" % number) for number in range(PROOF_MAX))
    widest = Disclosure(name="n" * 64, value="~" * VALUE_MAX, salt=bytes(32), proof=proof)
    for disclosure in (SHOWN, widest, replace(SHOWN, value="", proof=())):
        assert decode_disclosure(disclosure.encode()) == disclosure
        assert parse_disclosure(json.loads(json.dumps(disclosure.document))) == disclosure


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "two words"},
        {"name": "n" * 65},
        {"value": "~" * (VALUE_MAX + 1)},
        {"proof": (ZERO_HASH,) * (PROOF_MAX + 1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_rejects_disclosure_outside_its_form(change: dict[str, Any]) -> None:
    wrong = replace(SHOWN, **change)
    for refused in (
        lambda: check_disclosure(wrong, ROOT),
        lambda: decode_disclosure(wrong.encode()),
        lambda: parse_disclosure(wrong.document),
    ):
        with pytest.raises(MalformedMessage):
            refused()


@pytest.mark.parametrize(
    "change",
    [{"value": "tab\t"}, {"value": "é"}, {"salt": bytes(31)}, {"proof": (Hash(b"short"),)}],
)
def test_rejects_disclosure_that_no_bytes_decode_to(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage):
        check_disclosure(replace(SHOWN, **change), ROOT)


def test_rejects_bytes_that_are_missing_or_left_over() -> None:
    data = SHOWN.encode()
    for wrong in (*(data[:end] for end in range(len(data))), data + b"\0"):
        with pytest.raises(MalformedMessage):
            decode_disclosure(wrong)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        SHOWN.document | {"root": ROOT.hex()},
        {key: value for key, value in SHOWN.document.items() if key != "salt"},
        SHOWN.document | {"name": 1},
        SHOWN.document | {"value": 2500000},
        SHOWN.document | {"salt": SHOWN.salt.hex()},
        SHOWN.document | {"salt": "0x" + SHOWN.salt.hex().upper()},
        SHOWN.document | {"salt": None},
        SHOWN.document | {"salt": "0x" + "00" * 31},
        SHOWN.document | {"proof": None},
        SHOWN.document | {"proof": "0x" + "00" * 32},
        SHOWN.document | {"proof": ["0x" + "00" * 33]},
        SHOWN.document | {"proof": [7]},
        SHOWN.document | {"value": "line\n"},
    ],
)
def test_rejects_json_outside_its_form(document: object) -> None:
    with pytest.raises(MalformedMessage):
        parse_disclosure(document)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ([], "0 private fields"),
        (fields_of(FIELDS_MAX + 1), "65 private fields, not 1 to 64"),
        ([a_field(), replace(a_field(value="1"), salt=bytes(32))], "the same name"),
        ([a_field(), replace(a_field(), name="rate")], "the same salt"),
        ([a_field("no label")], "no label"),
        ([a_field(value="x" * (VALUE_MAX + 1))], "128 printable"),
        ([a_field(value="\n")], "128 printable"),
        ([replace(a_field(), salt=bytes(33))], "32 bytes"),
    ],
)
def test_rejects_fields_outside_their_form(fields: list[PrivateField], sentence: str) -> None:
    for refused in (fields_root, fields_dump, lambda fields: disclose(fields, "units")):
        with pytest.raises(MalformedMessage, match=sentence):
            refused(fields)


def test_no_sentence_repeats_a_private_value() -> None:
    canary = "canary" * VALUE_MAX
    for field in (a_field(value=canary), a_field(name=canary)):
        with pytest.raises(MalformedMessage) as caught:
            fields_root([field])
        assert "canary" not in str(caught.value)


def test_rejects_name_that_no_field_has() -> None:
    with pytest.raises(MalformedMessage, match="no private field"):
        disclose(FIELDS, "field-5")


def test_dump_shows_the_owner_every_field() -> None:
    dump = fields_dump(FIELDS)
    assert dump["leafEncoding"] == list(FIELD_TYPES)
    assert dump["tree"][0] == "0x" + ROOT.hex()
    shown = [entry["value"] for entry in dump["values"]]
    assert shown == [[field.name, field.value, "0x" + field.salt.hex()] for field in FIELDS]
