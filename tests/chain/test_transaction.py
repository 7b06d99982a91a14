"""The envelope: signed bytes are a prefix of stored bytes, and ids leave signatures out."""

from dataclasses import replace

import pytest

from chain.crypto import tagged_hash
from chain.errors import InvalidSignature, LimitExceeded, MalformedMessage
from chain.kind import Kind
from chain.primitives import TRANSACTION_BYTES_MAX, Signature
from chain.transaction import decode_transaction, full_id
from chain.validation import verify_transaction
from tests.support.builders import (
    GENESIS_HASH,
    a_claim,
    a_release,
    a_reserve,
    a_transfer,
    an_accepted_claim,
    key_of,
)

EVERY_KIND = [a_transfer(memo="m"), a_reserve(), a_release(GENESIS_HASH), a_claim()]


@pytest.mark.parametrize("transaction", [*EVERY_KIND, an_accepted_claim()])
def test_reads_back(transaction: object) -> None:
    assert decode_transaction(transaction.encode()) == transaction


@pytest.mark.parametrize("transaction", EVERY_KIND)
def test_signed_bytes_begin_the_stored_ones(transaction: object) -> None:
    unsigned = transaction.encode_unsigned()
    assert transaction.encode()[: len(unsigned)] == unsigned
    assert transaction.signing_bytes(GENESIS_HASH).endswith(GENESIS_HASH + unsigned)
    assert unsigned[:2] == bytes((1, transaction.kind))


def test_id_leaves_the_signature_out_and_full_id_does_not() -> None:
    transfer = a_transfer()
    other = replace(transfer, signature=Signature(bytes(64)))
    assert other.id(GENESIS_HASH) == transfer.id(GENESIS_HASH)
    assert full_id(other.encode()) != full_id(transfer.encode())
    signed = transfer.signing_bytes(GENESIS_HASH)
    assert transfer.id(GENESIS_HASH) == tagged_hash(b"transaction", signed)


def test_sender_is_the_keys_own_account() -> None:
    assert a_transfer().sender == key_of("client").address
    assert a_transfer().kind == Kind.TRANSFER


@pytest.mark.parametrize("start", [b"\x00\x01", b"\x02\x01", b"\x01\x00", b"\x01\x7f", b"\x01\xff"])
def test_rejects_unknown_versions_and_kinds(start: bytes) -> None:
    with pytest.raises(MalformedMessage):
        decode_transaction(start + a_transfer().encode()[2:])


def test_rejects_a_kind_in_the_clothes_of_another() -> None:
    for transaction in EVERY_KIND:
        data = transaction.encode()
        for kind in set(Kind) - {transaction.kind}:
            with pytest.raises((MalformedMessage, InvalidSignature)):
                verify_transaction(data[:1] + bytes((kind,)) + data[2:], genesis_hash=GENESIS_HASH)


def test_rejects_what_is_too_long() -> None:
    with pytest.raises(LimitExceeded):
        decode_transaction(bytes(TRANSACTION_BYTES_MAX + 1))
