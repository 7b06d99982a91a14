"""Payout rows: bytes, commitments, roots and the dump for people."""

import random
from dataclasses import replace
from typing import Any

import pytest

from chain.codec import decode_whole
from chain.crypto import keccak256, sha256
from chain.errors import MalformedMessage
from chain.keccak_tree import root_of_proof
from chain.payout import (
    PAYOUT_TYPES,
    PayoutRow,
    commitment_of,
    payout_dump,
    payout_proof,
    payout_tree,
    payouts_root,
)
from chain.primitives import AMOUNT_MAX, HEIGHT_MAX, ZERO_HASH, Address, Hash
from tests.support.builders import address_of_name


def a_row(index: int = 0, **changes: Any) -> PayoutRow:  # noqa: ANN401 -- fields of the row
    row = PayoutRow(
        period=7,
        index=index,
        commitment=sha256(b"commitment %d" % index),
        payee=address_of_name("miner"),
        amount=300 + index,
    )
    return replace(row, **changes)


def rows_of(size: int) -> list[PayoutRow]:
    return [a_row(index) for index in range(size)]


@pytest.mark.parametrize(
    "row", [a_row(), a_row(2**32 - 1, period=HEIGHT_MAX, amount=AMOUNT_MAX), a_row(amount=0)]
)
def test_row_reads_back(row: PayoutRow) -> None:
    assert decode_whole(row.encode(), PayoutRow.read) == row
    assert len(row.encode()) == 72


@pytest.mark.parametrize("change", [{"period": HEIGHT_MAX + 1}, {"amount": AMOUNT_MAX + 1}])
def test_rejects_number_out_of_its_range(change: dict[str, int]) -> None:
    with pytest.raises(MalformedMessage):
        decode_whole(a_row(**change).encode(), PayoutRow.read)


def test_rejects_bytes_that_are_missing_or_left_over() -> None:
    data = a_row().encode()
    for wrong in (data[:-1], data + b"\0"):
        with pytest.raises(MalformedMessage):
            decode_whole(wrong, PayoutRow.read)


def test_commitment_is_the_fields_root_or_hides_the_receipt() -> None:
    receipt_hash, fields_root = sha256(b"receipt"), Hash(keccak256(b"fields"))
    assert commitment_of(fields_root=fields_root, receipt_hash=receipt_hash) == fields_root
    hidden = commitment_of(fields_root=ZERO_HASH, receipt_hash=receipt_hash)
    assert hidden == keccak256(receipt_hash)


def test_root_of_no_rows_is_zeros() -> None:
    assert payouts_root([]) == ZERO_HASH
    for refused in (lambda: payout_dump([]), lambda: payout_proof([], 0)):
        with pytest.raises(MalformedMessage):
            refused()


def test_leaf_is_the_hash_of_five_words() -> None:
    row = a_row(3, period=2, amount=5)
    words = [(2).to_bytes(32, "big"), (3).to_bytes(32, "big"), row.commitment]
    words += [bytes(12) + row.payee, (5).to_bytes(32, "big")]
    assert row.leaf == keccak256(keccak256(b"".join(words)))
    assert payouts_root([row]) == row.leaf


@pytest.mark.parametrize("size", [1, 2, 3, 17])
def test_every_row_is_proved(size: int) -> None:
    rows = rows_of(size)
    for index, row in enumerate(rows):
        proof = payout_proof(rows, index)
        assert root_of_proof(leaf=row.leaf, proof=proof) == payouts_root(rows)
        assert proof == payout_tree(rows).proof(index)


def test_order_of_the_rows_does_not_matter() -> None:
    rows = rows_of(20)
    shuffled = random.Random(20).sample(rows, k=20)
    assert payouts_root(shuffled) == payouts_root(rows)


@pytest.mark.parametrize(
    "change",
    [
        {"period": 8},
        {"index": 1},
        {"commitment": sha256(b"another")},
        {"payee": address_of_name("client")},
        {"amount": 304},
    ],
    ids=str,
)
def test_changed_field_is_another_root(change: dict[str, Any]) -> None:
    rows = rows_of(5)
    changed = replace(rows[3], **change)
    assert root_of_proof(leaf=changed.leaf, proof=payout_proof(rows, 3)) != payouts_root(rows)
    assert payouts_root([*rows[:3], changed, rows[4]]) != payouts_root(rows)


def test_dump_shows_text_that_loses_nothing() -> None:
    payee = Address(bytes.fromhex("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"))  # EIP-55's example
    row = a_row(commitment=Hash(b"\xab" * 32), payee=payee, amount=AMOUNT_MAX)
    dump = payout_dump([row])
    assert dump["leafEncoding"] == list(PAYOUT_TYPES)
    assert dump["tree"] == ["0x" + row.leaf.hex()]
    (value,) = dump["values"]
    assert value == {
        "value": [
            "7",
            "0",
            "0x" + "ab" * 32,
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            str(2**53 - 1),
        ],
        "treeIndex": 0,
    }


def test_rejects_row_whose_field_is_not_of_its_type() -> None:
    with pytest.raises(MalformedMessage, match="address"):
        payouts_root([a_row(payee=Address(bytes(21)))])
