"""What the state holds about validators: every field is in the bytes."""

from dataclasses import replace

from chain.validator_records import ValidatorsRecord
from tests.support.builders import a_validator_set


def test_every_field_is_in_the_bytes() -> None:
    record = ValidatorsRecord(version=3, validators=a_validator_set(3))
    assert record.encode() == bytes(7) + b"\x03" + record.validators.encode()
    assert replace(record, version=4).encode() != record.encode()
    assert replace(record, validators=a_validator_set(4)).encode() != record.encode()
