"""The byte form of each payload, field by field."""

import pytest

from chain.approval import DECISIONS
from chain.codec import Reader
from chain.errors import MalformedMessage
from chain.kind import Kind
from chain.payloads import PAYLOADS, Release, Transfer
from chain.primitives import Address, Hash
from tests.support.builders import a_reserve_payload


def test_kinds_keep_their_numbers() -> None:
    assert {kind.name: kind.value for kind in Kind} == {
        "TRANSFER": 1,
        "RESERVE": 2,
        "CLAIM": 3,
        "RELEASE": 4,
        "ACCEPT": 5,
        "DISPUTE": 6,
        "RESOLVE": 7,
        "GRANT": 8,
        "REVOKE": 9,
        "OFFER": 10,
        "PARAMETERS": 11,
        "CLAIM_BATCH": 12,
        "VALIDATORS": 13,
    }
    prove_themselves = {Kind.CLAIM, Kind.CLAIM_BATCH, *DECISIONS}
    assert PAYLOADS.keys() | prove_themselves == set(Kind)
    assert all(payload.kind == kind for kind, payload in PAYLOADS.items())


def test_transfer_is_to_amount_memo() -> None:
    transfer = Transfer(to=Address(b"t" * 20), amount=258, memo="hi")
    assert transfer.encode() == b"t" * 20 + bytes(6) + b"\x01\x02" + b"\x02hi"
    assert Transfer.read(Reader(transfer.encode())) == transfer


def test_memo_is_short() -> None:
    data = Transfer(to=Address(b"t" * 20), amount=1, memo="x" * 65).encode()
    with pytest.raises(MalformedMessage):
        Transfer.read(Reader(data))


@pytest.mark.parametrize(
    "memo", ["new\nline", "tab\t", "\x00", "\x7f", "\u00e9", "\ud800", "x" * 256]
)
def test_memo_that_would_not_read_back_is_not_written(memo: str) -> None:
    with pytest.raises(MalformedMessage):
        Transfer(to=Address(b"t" * 20), amount=1, memo=memo).encode()


def test_reserve_is_its_fields_in_order() -> None:
    reserve = a_reserve_payload(
        provider=Address(b"p" * 20),
        job_id="j",
        model="m",
        unit_type="u",
        max_rate=1,
        cap=2,
        expires_at=3,
        jobs_max=4,
        dispute_window=5,
        idempotency_key_hash=Hash(b"k" * 32),
    )
    numbers = b"".join(number.to_bytes(8, "big") for number in (1, 2, 3))
    limits = (4).to_bytes(2, "big") + (5).to_bytes(4, "big")
    assert reserve.encode() == b"p" * 20 + b"\x01j\x01m\x01u" + numbers + limits + b"k" * 32


def test_release_is_the_id() -> None:
    assert Release(reservation_id=Hash(b"r" * 32)).encode() == b"r" * 32
