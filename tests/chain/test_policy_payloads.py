"""The byte forms of grants, their end, and offers."""

import pytest

from chain.codec import Reader
from chain.errors import MalformedMessage
from chain.policy_payloads import Grant, Revoke
from chain.primitives import GRANT_MODELS_MAX, PublicKey
from tests.support.policy import a_grant, an_offer


def test_grant_is_its_fields_in_order() -> None:
    grant = a_grant(
        label="l",
        public_key=PublicKey(b"k" * 32),
        scopes=5,
        total_limit=1,
        transaction_limit=2,
        period_limit=3,
        period_heights=4,
        expires_at=5,
        models=("m", "n"),
    )
    numbers = b"".join(number.to_bytes(8, "big") for number in (1, 2, 3, 4, 5))
    assert grant.encode() == b"\x01l" + b"k" * 32 + b"\x05" + numbers + b"\x02\x01m\x01n"
    assert Grant.read(Reader(grant.encode())) == grant


def test_grant_names_few_models() -> None:
    most = a_grant(models=tuple(f"m{n}" for n in range(GRANT_MODELS_MAX)))
    assert Grant.read(Reader(most.encode())) == most
    with pytest.raises(MalformedMessage):
        Grant.read(Reader(a_grant(models=(*most.models, "more")).encode()))


def test_revoke_is_the_key() -> None:
    assert Revoke(public_key=PublicKey(b"k" * 32)).encode() == b"k" * 32


def test_offer_is_its_fields_in_order() -> None:
    offer = an_offer(model="m", unit_type="u", rate=1, capacity=2, expires_at=3)
    rate, capacity, until = (1).to_bytes(8, "big"), (2).to_bytes(4, "big"), (3).to_bytes(8, "big")
    assert offer.encode() == b"\x01m\x01u" + rate + capacity + until
