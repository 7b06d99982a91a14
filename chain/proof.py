"""The receipt proof: what a node hands out so that anybody can check a receipt without it.

    form         "aitbc-receipt-proof-1"
    header       the block's header, in hexadecimal
    certificate  its commit certificate, in hexadecimal
    receipt      document (the canonical text) and path to the header's receipts_root
    claim        leaf (the stored bytes, in hexadecimal) and path to its transactions_root
    outcome      leaf and path to its outcomes_root: what the claim was paid
    settlement   where the claim waited for its dispute window: header, certificate and outcome of
                 the block that paid it; left out where there is none
    changes      of the validators from genesis up to these blocks, oldest first: the header that
                 announces each, its certificate and the new set, in hexadecimal; left out where
                 there are none, or too many

It is one JSON object in the form of RFC 8785, which for ASCII texts alone is sorted keys without
spaces; a file that is spelt otherwise is refused. Paths are those of ``chain.inclusion``.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chain.certificate import CERTIFICATE_BYTES_MAX
from chain.errors import LimitExceeded, MalformedMessage
from chain.inclusion import HEADER_BYTES_MAX, Included, include, read_hex, read_path
from chain.kind import Kind
from chain.primitives import RECEIPT_BYTES_MAX, TRANSACTION_BYTES_MAX
from chain.set_change import SetChange, read_changes

FORM = "aitbc-receipt-proof-1"
"""Says what the file is, and which edition of this form."""

PROOF_BYTES_MAX = 2 * 1024 * 1024
"""The widest has some 1,890 KiB: a batch of 256 claims in hexadecimal, a receipt of 8 KiB with
every character escaped, two certificates of 64 signatures, four paths, and 64 changes of 64
validators. One of a chain whose four validators changed three times has 11."""

CLAIM_BYTES_MAX = TRANSACTION_BYTES_MAX
"""A claim is as wide as a transaction, where it is a batch."""

OUTCOME_BYTES_MAX = 128
"""An outcome has 97 bytes."""

_NOT_CLOSED = "the proof lacks a field, or has one that no proof has"


@dataclass(frozen=True, slots=True)
class Settlement:
    """The later block that paid a claim whose dispute window has ended.

    Attributes:
        header: its encoded header.
        certificate: its encoded commit certificate.
        outcome: the payment's encoded outcome, in the tree of ``outcomes_root``.
    """

    header: bytes
    certificate: bytes
    outcome: Included

    def content(self) -> dict[str, Any]:
        """Return it as the object that its JSON spells."""
        return {
            "header": self.header.hex(),
            "certificate": self.certificate.hex(),
            "outcome": {"leaf": self.outcome.leaf.hex(), "path": self.outcome.path_content()},
        }


@dataclass(frozen=True, slots=True)
class ReceiptProof:
    """A receipt with all that proves it final and paid; nothing in it is checked yet.

    Attributes:
        header: encoded header of the block that holds the claim.
        certificate: encoded commit certificate of that block.
        receipt: the canonical document, in the tree of ``receipts_root``.
        claim: the claim's stored bytes, in the tree of ``transactions_root``.
        outcome: the claim's encoded outcome, in the tree of ``outcomes_root``.
        settlement: the payment, where it came with a later block.
        changes: of the validators, from genesis on; none where they cannot be followed by it.
    """

    header: bytes
    certificate: bytes
    receipt: Included
    claim: Included
    outcome: Included
    settlement: Settlement | None = None
    changes: tuple[SetChange, ...] = ()

    def content(self) -> dict[str, Any]:
        """Return the proof as the object that its JSON spells."""
        more: dict[str, Any] = {}
        if self.settlement is not None:
            more["settlement"] = self.settlement.content()
        if self.changes:
            more["changes"] = [one.content() for one in self.changes]
        return more | {
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
            "outcome": outcome,
            **more,
        } if not (more.keys() - {"settlement", "changes"} or more_receipt or more_claim):
            if form != FORM:
                raise MalformedMessage(detail=f"the proof is not of the form {FORM}")
            return ReceiptProof(
                header=read_hex("header", header, HEADER_BYTES_MAX),
                certificate=read_hex("certificate", certificate, CERTIFICATE_BYTES_MAX),
                receipt=Included(_read_document(document), read_path("receipt", receipt_path)),
                claim=Included(
                    read_hex("claim", claim, CLAIM_BYTES_MAX), read_path("claim", claim_path)
                ),
                outcome=_read_outcome(outcome),
                settlement=_read_settlement(more["settlement"]) if "settlement" in more else None,
                changes=read_changes(more["changes"]) if "changes" in more else (),
            )
    raise MalformedMessage(detail=_NOT_CLOSED)


def _read_settlement(content: object) -> Settlement:
    match content:
        case {"header": header, "certificate": certificate, "outcome": outcome, **more} if not more:
            return Settlement(
                header=read_hex("settlement", header, HEADER_BYTES_MAX),
                certificate=read_hex("settlement", certificate, CERTIFICATE_BYTES_MAX),
                outcome=_read_outcome(outcome),
            )
    raise MalformedMessage(detail=_NOT_CLOSED)


def _read_outcome(content: object) -> Included:
    match content:
        case {"leaf": leaf, "path": path, **more} if not more:
            leaf = read_hex("outcome", leaf, OUTCOME_BYTES_MAX)
            return Included(leaf, read_path("outcome", path))
    raise MalformedMessage(detail=_NOT_CLOSED)


def _read_document(text: object) -> bytes:
    if not isinstance(text, str) or not text.isascii() or len(text) > RECEIPT_BYTES_MAX:
        raise MalformedMessage(detail="the proof's document is not a receipt's text")
    return text.encode("ascii")


@dataclass(frozen=True, slots=True)
class BlockParts:
    """A final block as a store holds it, in encoded parts.

    Attributes:
        header: the header.
        certificate: the block's own commit certificate.
        transactions: leaves of ``transactions_root``.
        outcomes: leaves of ``outcomes_root``: of the transactions, of the claim of each document,
            then of the due work.
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
        claim_index: place of its claim, or batch of claims, among the transactions.
    """
    is_batch = block.transactions[claim_index][1] == Kind.CLAIM_BATCH
    outcome_index = len(block.transactions) + receipt_index if is_batch else claim_index
    return ReceiptProof(
        header=block.header,
        certificate=block.certificate,
        receipt=include(block.receipts, receipt_index),
        claim=include(block.transactions, claim_index),
        outcome=include(block.outcomes, outcome_index),
    )


def build_settlement(block: BlockParts, *, outcome_index: int) -> Settlement:
    """Return the payment that the outcome at a place of a later block is."""
    outcome = include(block.outcomes, outcome_index)
    return Settlement(block.header, block.certificate, outcome)
