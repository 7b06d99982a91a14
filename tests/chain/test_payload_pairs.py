"""Pairs that travel together survive their byte form, and nothing else passes for one."""

import pytest

from chain.codec import bytes32, sequence
from chain.errors import MalformedMessage
from chain.payload_pairs import (
    decode_announcement,
    decode_claim_bundle,
    decode_final_block,
    encode_announcement,
    encode_claim_bundle,
    encode_final_block,
)
from chain.primitives import RECEIPT_BYTES_MAX
from chain.proposal import compact_block
from tests.support.builders import a_claim, a_receipt
from tests.support.chain import Chain


def test_receipt_and_claim_survive_their_byte_form() -> None:
    document, claim = a_receipt().document, a_claim().encode()
    data = encode_claim_bundle(documents=[document], claim=claim)
    assert decode_claim_bundle(data) == ([document], claim)
    with pytest.raises(MalformedMessage):
        decode_claim_bundle(data + b"\0")
    with pytest.raises(MalformedMessage):
        decode_claim_bundle(sequence([bytes(RECEIPT_BYTES_MAX + 1)]) + bytes32(claim))


def test_final_block_survives_its_byte_form() -> None:
    chain = Chain()
    executed = chain.propose()
    certificate = chain.certify(executed.hash)
    data = encode_final_block(block=executed.block.encode(), certificate=certificate)
    assert decode_final_block(data) == (executed.block.encode(), certificate)
    with pytest.raises(MalformedMessage):
        decode_final_block(data[:-1])


def test_announcement_survives_its_byte_form() -> None:
    chain = Chain()
    executed = chain.propose()
    compact, certificate = compact_block(executed.verified), chain.certify(executed.hash)
    data = encode_announcement(compact=compact, certificate=certificate)
    assert decode_announcement(data) == (compact, certificate)


def test_announcement_with_the_certificate_of_another_block_is_refused() -> None:
    chain = Chain()
    compact = compact_block(chain.propose().verified)
    other = chain.certify(chain.genesis.hash)
    with pytest.raises(MalformedMessage):
        decode_announcement(encode_announcement(compact=compact, certificate=other))
