"""What the state holds about validators: every field is in the bytes."""

from dataclasses import replace

import pytest

from chain.crypto import SigningKind
from chain.validator_records import FormerRecord, TombstoneRecord, ValidatorsRecord
from tests.support.builders import a_validator_set


def test_every_field_is_in_the_bytes() -> None:
    record = ValidatorsRecord(version=3, validators=a_validator_set(3))
    assert record.encode() == bytes(7) + b"\x03" + record.validators.encode()
    assert replace(record, version=4).encode() != record.encode()
    assert replace(record, validators=a_validator_set(4)).encode() != record.encode()


TOMBSTONE = TombstoneRecord(committed_at=9, height=7, round=3, kind=SigningKind.PREVOTE)


@pytest.mark.parametrize(
    "changes",
    [{"committed_at": 8}, {"height": 8}, {"round": 8}, {"kind": SigningKind.PRECOMMIT}],
)
def test_every_field_of_a_tombstone_is_in_the_bytes(changes: dict[str, object]) -> None:
    assert replace(TOMBSTONE, **changes).encode() != TOMBSTONE.encode()
    assert len(TOMBSTONE.encode()) == 8 + 8 + 4 + 1


def test_former_validator_is_a_height() -> None:
    assert FormerRecord(until=258).encode() == bytes(6) + b"\x01\x02"
