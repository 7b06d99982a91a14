"""The receipt proof: what a node hands out so that anybody can check a receipt without it.

    form         "aitbc-receipt-proof-1"
    header       the block's header, in hexadecimal
    certificate  its commit certificate, in hexadecimal
    receipt      document (the canonical text) and path to the header's receipts_root
    claim        leaf (the stored bytes, in hexadecimal) and path to its transactions_root
    outcome      leaf and path to its outcomes_root: what the claim was paid

It is one JSON object in the form of RFC 8785, which for ASCII texts alone is sorted keys without
spaces; a file that is spelt otherwise is refused. Paths are those of ``chain.inclusion``.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chain.block import Header
from chain.certificate import CERTIFICATE_BYTES_MAX, Certificate
from chain.claim import ClaimTransaction
from chain.codec import decode_whole
from chain.errors import LimitExceeded, MalformedMessage
from chain.inclusion import Included, include, read_path
from chain.outcome import Outcome
from chain.primitives import RECEIPT_BYTES_MAX
from chain.receipt import Receipt, decode_receipt
from chain.transaction import decode_transaction

FORM = "aitbc-receipt-proof-1"
"""Says what the file is, and which edition of this form."""

PROOF_BYTES_MAX = 64 * 1024
"""Twice the widest: a receipt of 8 KiB with every character escaped, 64 signatures, three paths."""

HEADER_BYTES_MAX = 1_024
CLAIM_BYTES_MAX = 1_024
"""The widest are a header of 548 bytes and a claim of 588 with its acceptance."""

OUTCOME_BYTES_MAX = 128
"""An outcome has 97 bytes."""

_HEX = re.compile(r"(?:[0-9a-f]{2})+", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReceiptProof:
    """A receipt with all that proves it final and paid; nothing in it is checked yet.

    Attributes:
        header: encoded header of the block that holds the claim.
        certificate: encoded commit certificate of that block.
        receipt: the canonical document, in the tree of ``receipts_root``.
        claim: the claim's stored bytes, in the tree of ``transactions_root``.
        outcome: the claim's encoded outcome, in the tree of ``outcomes_root``.
    """

    header: bytes
    certificate: bytes
    receipt: Included
    claim: Included
    outcome: Included

    def content(self) -> dict[str, Any]:
        """Return the proof as the object that its JSON spells."""
        return {
            "form": FORM,
            "header": self.header.hex(),
            "certificate": self.certificate.hex(),
            "receipt": {
                "document": self.receipt.leaf.decode("ascii"),
                "path": self.receipt.path_content(),
            },
            "claim": {"leaf": self.claim.leaf.hex(), "path": self.claim.path_content()},
            "outcome": {"leaf": self.outcome.leaf.hex(), "path": self.outcome.path_content()},
        }

    def encode(self) -> bytes:
        """Return the one byte form: what a file holds."""
        return json.dumps(self.content(), sort_keys=True, separators=(",", ":")).encode("ascii")

    @property
    def document(self) -> dict[str, Any]:
        """The receipt itself, for people who look at it; numbers are as JSON readers take them."""
        document: dict[str, Any] = json.loads(self.receipt.leaf)
        return document


def decode_proof(data: bytes) -> ReceiptProof:
    """Read what :meth:`ReceiptProof.encode` wrote.

    Raises:
        LimitExceeded: there are more than ``PROOF_BYTES_MAX`` bytes.
        MalformedMessage: it is no JSON, a field is missing, unknown or outside its form, or the
            bytes are not the proof's canonical encoding.
    """
    if len(data) > PROOF_BYTES_MAX:
        raise LimitExceeded(what="a receipt proof's size", got=len(data), limit=PROOF_BYTES_MAX)
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        raise MalformedMessage(detail="the proof is not valid JSON") from None
    proof = read_proof(content)
    check_canonical(proof, data)
    return proof


def check_canonical(proof: ReceiptProof, data: bytes) -> None:
    """Check that ``data`` is the one spelling of a proof.

    Raises:
        MalformedMessage: it is another.
    """
    if proof.encode() != data:
        raise MalformedMessage(detail="the proof is not in its canonical encoding")


def read_proof(content: object) -> ReceiptProof:
    """Return the proof that a JSON object spells.

    Raises:
        MalformedMessage: a field is missing, unknown or outside its form.
    """
    match content:
        case {
            "form": str(form),
            "header": header,
            "certificate": certificate,
            "receipt": {"document": document, "path": receipt_path, **more_receipt},
            "claim": {"leaf": claim, "path": claim_path, **more_claim},
            "outcome": {"leaf": outcome, "path": outcome_path, **more_outcome},
            **more,
        } if not (more or more_receipt or more_claim or more_outcome):
            if form != FORM:
                raise MalformedMessage(detail=f"the proof is not of the form {FORM}")
            return ReceiptProof(
                header=_read_hex("header", header, HEADER_BYTES_MAX),
                certificate=_read_hex("certificate", certificate, CERTIFICATE_BYTES_MAX),
                receipt=Included(_read_document(document), read_path("receipt", receipt_path)),
                claim=Included(
                    _read_hex("claim", claim, CLAIM_BYTES_MAX), read_path("claim", claim_path)
                ),
                outcome=Included(
                    _read_hex("outcome", outcome, OUTCOME_BYTES_MAX),
                    read_path("outcome", outcome_path),
                ),
            )
    raise MalformedMessage(detail="the proof lacks a field, or has one that no proof has")


def _read_hex(name: str, text: object, size_max: int) -> bytes:
    if not isinstance(text, str) or len(text) > 2 * size_max or not _HEX.fullmatch(text):
        detail = f"the proof's {name} is not up to {size_max} bytes in lower hexadecimal digits"
        raise MalformedMessage(detail=detail)
    return bytes.fromhex(text)


def _read_document(text: object) -> bytes:
    if not isinstance(text, str) or not text.isascii() or len(text) > RECEIPT_BYTES_MAX:
        raise MalformedMessage(detail="the proof's document is not a receipt's text")
    return text.encode("ascii")


@dataclass(frozen=True, slots=True)
class ProofParts:
    """What a proof's bytes say, read strictly; no signature, hash or path is checked.

    Attributes:
        receipt: the document.
        header: of the claim's block.
        certificate: of that block, by its own word.
        claim: the claim.
        outcome: what became of it.
    """

    receipt: Receipt
    header: Header
    certificate: Certificate
    claim: ClaimTransaction
    outcome: Outcome


def open_proof(proof: ReceiptProof) -> ProofParts:
    """Read the parts of a proof.

    Raises:
        MalformedMessage: a part does not decode; the sentence names it.
        LimitExceeded: the claim is above every limit.
    """
    name = "receipt"
    try:
        receipt = decode_receipt(proof.receipt.leaf)
        name = "header"
        header = Header.decode(proof.header)
        name = "certificate"
        certificate = Certificate.decode(proof.certificate)
        name = "claim"
        claim = decode_transaction(proof.claim.leaf)
        name = "outcome"
        outcome = decode_whole(proof.outcome.leaf, Outcome.read)
    except MalformedMessage as error:
        raise MalformedMessage(detail=f"the proof's {name}: {error.detail}") from None
    if not isinstance(claim, ClaimTransaction):
        raise MalformedMessage(detail="the proof's claim is a transaction of another kind")
    return ProofParts(receipt, header, certificate, claim, outcome)


@dataclass(frozen=True, slots=True)
class BlockParts:
    """A final block as a store holds it, in encoded parts.

    Attributes:
        header: the header.
        certificate: the block's own commit certificate.
        transactions: leaves of ``transactions_root``.
        outcomes: leaves of ``outcomes_root``: of the transactions, then of the due work.
        receipts: leaves of ``receipts_root``.
    """

    header: bytes
    certificate: bytes
    transactions: Sequence[bytes]
    outcomes: Sequence[bytes]
    receipts: Sequence[bytes]


def build_proof(block: BlockParts, *, receipt_index: int, claim_index: int) -> ReceiptProof:
    """Return the proof of one receipt of a block.

    Args:
        block: the final block.
        receipt_index: place of the document in the sidecar.
        claim_index: place of its claim among the transactions, and so of its outcome.
    """
    return ReceiptProof(
        header=block.header,
        certificate=block.certificate,
        receipt=include(block.receipts, receipt_index),
        claim=include(block.transactions, claim_index),
        outcome=include(block.outcomes, claim_index),
    )
