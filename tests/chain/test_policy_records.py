"""Records about keys, prices, disputes and periods: every field is in the bytes."""

from dataclasses import fields, replace

import pytest

from chain.policy_records import (
    DisputeRecord,
    GrantRecord,
    GrantsRecord,
    OfferRecord,
    OffersRecord,
    PeriodRecord,
)
from chain.records import dispute_key, grant_subject, grants_key, offer_subject, offers_key
from tests.support.builders import GENESIS_HASH, key_of

GATE = key_of("gate")
GRANT = GrantRecord(
    id=GENESIS_HASH,
    label="l",
    public_key=GATE.public_key,
    scopes=1,
    total_limit=1,
    transaction_limit=2,
    period_limit=3,
    period_heights=4,
    expires_at=5,
    models=("m",),
)
OFFER = OfferRecord(model="m", unit_type="u", rate=1, capacity=2, expires_at=3)
DISPUTE = DisputeRecord(
    bond=1, opened_at=2, due_height=3, reason_hash=GENESIS_HASH, grant_id=GENESIS_HASH
)
PERIOD = PeriodRecord(period=1, count=2)


def changed(value: object) -> object:
    match value:
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
    [
        (record, field.name)
        for record in (GRANT, OFFER, DISPUTE, PERIOD)
        for field in fields(record)
    ],
)
def test_every_field_is_in_the_bytes(record: object, name: str) -> None:
    other = replace(record, **{name: changed(getattr(record, name))})
    assert other.encode() != record.encode()


def test_lists_count_their_entries() -> None:
    assert GrantsRecord((GRANT,)).encode() == b"\0\1" + GRANT.encode()
    assert OffersRecord((OFFER, OFFER)).encode() == b"\0\2" + OFFER.encode() * 2


def test_keys_and_subjects_of_different_things_differ() -> None:
    account = GATE.address
    keys = [
        grants_key(account),
        offers_key(account),
        dispute_key(GENESIS_HASH, GENESIS_HASH),
        grant_subject(account, GRANT),
        offer_subject(account, ("a", "bc")),
        offer_subject(account, ("ab", "c")),
    ]
    assert len(set(keys)) == len(keys)
