"""A private field that a receipt commits to, disclosed as the evidence of a dispute."""

from dataclasses import replace

import pytest

from chain.errors import InvalidPayload, MalformedMessage
from chain.fields import PrivateField, disclose, fields_root
from chain.payloads import Dispute
from tests.support.builders import (
    GENESIS_HASH,
    a_claim,
    a_genesis,
    a_receipt,
    a_reserve,
    a_signed,
)
from tests.support.chain import Chain

FIELDS = [
    PrivateField(name="quality", value="0.93", salt=bytes(31) + b"\1"),
    PrivateField(name="output_hash", value="ab" * 32, salt=bytes(31) + b"\2"),
]


def disputed_with(disclosure: bytes) -> Chain:
    """Return a chain on which a claim that commits to fields was disputed with evidence."""
    chain = Chain(a_genesis({"client": 1_000, "miner": 0}))
    reserve = a_reserve(dispute_window=10)
    chain.block(reserve)
    reservation_id = reserve.id(GENESIS_HASH)
    root = fields_root(FIELDS).hex()
    receipt = chain.keep(a_receipt(reservation_id=reservation_id, fields_root=root))
    chain.block(a_claim(receipt))
    dispute = Dispute(reservation_id, receipt.hash, GENESIS_HASH, disclosure)
    chain.block(a_signed(dispute, nonce=1))
    return chain


def test_disclosed_field_is_evidence_of_a_dispute() -> None:
    chain = disputed_with(disclose(FIELDS, "quality").encode())
    assert len(chain.blocks[-1].outcomes) == 1


@pytest.mark.parametrize("part", ["value", "salt", "name"])
def test_field_that_the_receipt_does_not_commit_to_is_no_evidence(part: str) -> None:
    honest = disclose(FIELDS, "quality")
    lies = {"value": "0.99", "salt": bytes(32), "name": "speed"}
    lie = replace(honest, **{part: lies[part]})  # type: ignore[arg-type]
    with pytest.raises(InvalidPayload, match="does not commit"):
        disputed_with(lie.encode())


@pytest.mark.parametrize(
    "junk", [b"junk", b"\0" * 1_024, disclose(FIELDS, "quality").encode()[:-1]]
)
def test_bytes_that_are_no_disclosure_are_not_even_passed_on(junk: bytes) -> None:
    with pytest.raises(MalformedMessage):
        disputed_with(junk)
