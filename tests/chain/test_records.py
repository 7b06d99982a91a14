"""Records and their keys: no two share a key, and every field is in the bytes."""

from dataclasses import fields, replace

import pytest

from chain.due import due_key
from chain.primitives import ZERO_ADDRESS, Address, Hash
from chain.records import (
    TREASURY_KEY,
    ClaimRecord,
    ClaimStatus,
    ReservationRecord,
    TakenRecord,
    balance_key,
    encode_record,
    nonce_key,
    reservation_key,
    taken_idempotency_key,
    taken_job_key,
)
from tests.support.builders import GENESIS_HASH, key_of

CLIENT = key_of("client")
CLAIM = ClaimRecord(
    receipt_hash=GENESIS_HASH,
    job_id="j",
    provider=CLIENT.address,
    amount=20,
    fee=1,
    due_height=12,
    status=ClaimStatus.PENDING,
    fields_root=GENESIS_HASH,
)
RESERVATION = ReservationRecord(
    client=CLIENT.address,
    job_id="j",
    provider=key_of("miner").address,
    model="m",
    unit_type="u",
    max_rate=1,
    cap=100,
    spent=30,
    pending=20,
    jobs_max=3,
    expires_at=9,
    dispute_window=5,
    closing=False,
    claims=(CLAIM,),
)
TAKEN = TakenRecord(reservation_id=GENESIS_HASH, until=9)


def changed(value: object) -> object:
    match value:
        case bool():
            return not value
        case ClaimStatus():
            return ClaimStatus.PAID
        case int():
            return value + 1
        case str():
            return value + "x"
        case bytes():
            return bytes(byte ^ 1 for byte in value)
        case _:
            return ()


@pytest.mark.parametrize(
    ("record", "name"),
    [(record, field.name) for record in (CLAIM, RESERVATION, TAKEN) for field in fields(record)],
)
def test_every_field_is_in_the_bytes(record: object, name: str) -> None:
    other = replace(record, **{name: changed(getattr(record, name))})
    assert other.encode() != record.encode()


def test_keys_of_different_things_differ() -> None:
    keys = [
        TREASURY_KEY,
        balance_key(CLIENT.address),
        nonce_key(CLIENT.address, CLIENT.public_key),
        reservation_key(Hash(CLIENT.public_key)),
        taken_job_key(CLIENT.address, "j"),
        taken_job_key(CLIENT.address, "k"),
        taken_job_key(Address(b"j" * 20), "j"),
        taken_idempotency_key(CLIENT.address, GENESIS_HASH),
        taken_idempotency_key(CLIENT.address, Hash(CLIENT.public_key)),
    ]
    assert len(set(keys)) == len(keys)
    assert [key[0] for key in keys] == [5, 1, 2, 3, 4, 4, 4, 4, 4]


def test_number_is_eight_bytes() -> None:
    assert encode_record(258) == bytes(6) + b"\x01\x02"
    assert encode_record(TAKEN) == TAKEN.encode()


def test_what_a_reservation_has_left() -> None:
    assert RESERVATION.left == 50
    assert replace(RESERVATION, closing=True).left == 0


def test_any_provider_is_no_address() -> None:
    assert not RESERVATION.is_open_to_any_provider
    assert replace(RESERVATION, provider=ZERO_ADDRESS).is_open_to_any_provider


def test_what_falls_due() -> None:
    paid = replace(CLAIM, status=ClaimStatus.PAID, due_height=0)
    expiry, window = (9, GENESIS_HASH), (12, GENESIS_HASH + GENESIS_HASH)
    assert RESERVATION.due(GENESIS_HASH) == [expiry, window]
    assert replace(RESERVATION, closing=True).due(GENESIS_HASH) == [window]
    assert replace(RESERVATION, claims=(paid,)).due(GENESIS_HASH) == [expiry]
    assert due_key(*expiry) < due_key(*window)
