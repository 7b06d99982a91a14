# ruff: noqa: ANN401 -- a proof's content is JSON

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
import rfc8785

from chain.certificate import Certificate
from chain.errors import LimitExceeded, MalformedMessage
from chain.inclusion import HEADER_BYTES_MAX, PATH_MAX, Included, Sibling
from chain.primitives import RECEIPT_BYTES_MAX, ZERO_HASH
from chain.proof import (
    CERTIFICATE_BYTES_MAX,
    CLAIM_BYTES_MAX,
    OUTCOME_BYTES_MAX,
    PROOF_BYTES_MAX,
    ReceiptProof,
    Settlement,
    decode_proof,
    read_proof,
)
from chain.proof_parts import open_proof
from chain.set_change import CHANGES_MAX, SET_BYTES_MAX, SetChange
from tests.support.builders import an_accepted_claim
from tests.support.proofs import proven_chain

PROOF = proven_chain().proofs[0]


def changed(*path: str, value: Any) -> dict[str, Any]:
    """Return the content of the proof with one field set; None takes it away."""
    content = deepcopy(PROOF.content())
    place = content
    for name in path[:-1]:
        place = place[name]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return content


@pytest.mark.parametrize("proof", proven_chain().proofs, ids=["paid", "pending", "settled"])
def test_proof_reads_back_from_its_bytes(proof: ReceiptProof) -> None:
    assert decode_proof(proof.encode()) == proof
    assert read_proof(json.loads(proof.encode())) == proof


def test_encoding_is_that_of_rfc_8785() -> None:
    assert PROOF.encode() == rfc8785.dumps(PROOF.content())


def test_proof_says_what_the_block_holds() -> None:
    world = proven_chain()
    parts = open_proof(PROOF)
    header = world.block.block.header
    assert parts.receipt == world.receipts[0]
    assert (parts.header, parts.certificate) == (
        header,
        Certificate.decode(world.parts.certificate),
    )
    assert parts.claim.receipt_hash == world.receipts[0].hash
    assert (parts.outcome.paid, parts.outcome.pending) == (300, 0)
    assert PROOF.receipt.root == header.receipts_root
    assert PROOF.claim.root == header.transactions_root
    assert PROOF.outcome.root == header.outcomes_root
    assert PROOF.document["receipt_id"] == "receipt-1"


def test_rejects_every_other_spelling() -> None:
    content, data = PROOF.content(), PROOF.encode()
    spellings = [
        data + b"\n",
        b" " + data,
        b"\xef\xbb\xbf" + data,
        json.dumps(content).encode(),
        json.dumps(content, indent=2).encode(),
        json.dumps(dict(reversed(content.items())), separators=(",", ":")).encode(),
        data.replace(b'"form"', b'"\\u0066orm"'),
        data.replace(b"{", b'{"form":"x",', 1),
    ]
    for spelling in spellings:
        assert spelling != data
        with pytest.raises(MalformedMessage, match=r"canonical encoding|not valid JSON"):
            decode_proof(spelling)


@pytest.mark.parametrize(
    "content",
    [
        [],
        "text",
        None,
        {},
        changed("form", value="aitbc-receipt-proof-2"),
        changed("header", value=None),
        changed("more", value=1),
        changed("receipt", "more", value=1),
        changed("claim", "more", value=1),
        changed("outcome", "more", value=1),
        changed("outcome", "path", value=None),
        changed("outcome", "leaf", value=1),
        changed("settlement", value=1),
        changed("changes", value=[]),
        changed("changes", value=[{}]),
        changed("settlement", value={}),
        changed("settlement", value=PROOF.content()),
        changed("header", value=1),
        changed("header", value=""),
        changed("header", value="0x00"),
        changed("header", value="AA"),
        changed("header", value="abc"),
        changed("header", value="00" * (HEADER_BYTES_MAX + 1)),
        changed("certificate", value="00" * (CERTIFICATE_BYTES_MAX + 1)),
        changed("claim", "leaf", value="00" * (CLAIM_BYTES_MAX + 1)),
        changed("outcome", "leaf", value="00" * (OUTCOME_BYTES_MAX + 1)),
        changed("receipt", "document", value={}),
        changed("receipt", "document", value="é"),
        changed("receipt", "document", value="x" * (RECEIPT_BYTES_MAX + 1)),
        changed("receipt", "path", value={}),
    ],
)
def test_rejects_what_is_outside_the_closed_form(content: object) -> None:
    with pytest.raises(MalformedMessage):
        read_proof(content)


@pytest.mark.parametrize("data", [b"", b"[" * 50_000, b"\xff", b"1" * 5_000, b"{"])
def test_rejects_what_is_no_json(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        decode_proof(data)


def test_size_has_a_limit_that_the_widest_proof_keeps() -> None:
    with pytest.raises(LimitExceeded):
        decode_proof(b" " * (PROOF_BYTES_MAX + 1))
    path = (Sibling(ZERO_HASH, is_left=False),) * PATH_MAX
    widest = ReceiptProof(
        header=bytes(HEADER_BYTES_MAX),
        certificate=bytes(CERTIFICATE_BYTES_MAX),
        receipt=Included(b'"' * RECEIPT_BYTES_MAX, path),
        claim=Included(bytes(CLAIM_BYTES_MAX), path),
        outcome=Included(bytes(OUTCOME_BYTES_MAX), path),
        settlement=Settlement(
            header=bytes(HEADER_BYTES_MAX),
            certificate=bytes(CERTIFICATE_BYTES_MAX),
            outcome=Included(bytes(OUTCOME_BYTES_MAX), path),
        ),
        changes=(
            SetChange(
                header=bytes(HEADER_BYTES_MAX),
                certificate=bytes(CERTIFICATE_BYTES_MAX),
                validators=bytes(SET_BYTES_MAX),
            ),
        )
        * CHANGES_MAX,
    )
    assert decode_proof(widest.encode()) == widest


def test_limits_of_parts_have_room_for_the_widest() -> None:
    label = "x" * 64
    claim = an_accepted_claim(job_id=label, model=label, unit_type=label)
    assert len(claim.encode()) <= CLAIM_BYTES_MAX
    header = replace(proven_chain().block.block.header, chain_id="x" * 32)
    assert len(header.encode()) <= HEADER_BYTES_MAX
    assert len(PROOF.outcome.leaf) <= OUTCOME_BYTES_MAX
