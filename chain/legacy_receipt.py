"""Receipts of AITBC version "1.0": verified byte-exactly, imported as history, never settled.

Their signed bytes are Python's ``json.dumps`` with sorted keys and compact separators after every
null is dropped, inside lists too; numbers keep Python's spelling, so ``1.0`` differs from ``1``.
That form is theirs and frozen; ours is in ``chain.receipt``.
"""

import base64
import binascii
import json
from typing import Any

from chain.crypto import check_signature, sha256
from chain.errors import InvalidSignature, MalformedMessage
from chain.primitives import RECEIPT_BYTES_MAX, Hash, PublicKey, Signature

_UNSIGNED = ("signature", "attestations")


def legacy_canonical_bytes(payload: dict[str, Any]) -> bytes:
    """Return the bytes that version 1.0 signs and hashes.

    Args:
        payload: the parsed document; ``signature`` and ``attestations`` are left out.
    """
    signed = {key: value for key, value in payload.items() if key not in _UNSIGNED}
    text = json.dumps(_without_nulls(signed), sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_without_nulls(part) for part in value if part is not None]
    return value


def verify_legacy_receipt(data: bytes, *, public_key: PublicKey) -> Hash:
    """Check a version 1.0 document against a key that the caller trusts.

    Args:
        data: UTF-8 JSON of at most ``RECEIPT_BYTES_MAX`` bytes.
        public_key: 32 bytes; the document's own ``key_id`` proves nothing.

    Returns:
        Its hash: SHA-256 of the canonical bytes.

    Raises:
        MalformedMessage: not such a document.
        InvalidSignature: the signature is missing or does not verify.
    """
    document = _parse(data)
    if document.get("version") != "1.0":
        raise MalformedMessage(detail="the receipt is not of version 1.0")
    try:
        signed = legacy_canonical_bytes(document)
    except RecursionError:
        raise MalformedMessage(detail="the receipt is nested too deeply") from None
    check_signature(
        public_key=public_key,
        message=signed,
        signature=_signature_of(document),
        what="version 1.0 receipt",
    )
    return sha256(signed)


def _parse(data: bytes) -> dict[str, Any]:
    if len(data) > RECEIPT_BYTES_MAX:
        raise MalformedMessage(detail=f"a receipt has at most {RECEIPT_BYTES_MAX} bytes")
    try:
        document = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise MalformedMessage(detail="the receipt is not valid JSON") from None
    if not isinstance(document, dict):
        raise MalformedMessage(detail="the receipt is not a JSON object")
    return document


def _signature_of(document: dict[str, Any]) -> Signature:
    envelope = document.get("signature")
    if not isinstance(envelope, dict) or envelope.get("alg") != "Ed25519":
        raise InvalidSignature(what="version 1.0 receipt")
    text = envelope.get("sig")
    if not isinstance(text, str) or not text.isascii():
        raise InvalidSignature(what="version 1.0 receipt")
    try:
        return Signature(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
    except binascii.Error:
        raise InvalidSignature(what="version 1.0 receipt") from None
