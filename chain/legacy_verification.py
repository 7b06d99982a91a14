"""The checks of an AITBC 1.0 receipt: its signature over its own bytes, and nothing else.

Such a receipt is history. It names no chain, no proof of it exists, and it can never settle. Its
``key_id`` is often the key itself in base64url; but whoever forges a document names its own key
there, so a signature by that key alone is reported and does not count.
"""

import binascii
from base64 import urlsafe_b64decode

from chain.errors import ChainError, InvalidSignature
from chain.legacy_receipt import verify_legacy_receipt
from chain.primitives import PUBLIC_KEY_BYTES, PublicKey
from chain.verdict import Check, CheckState, Verification, complete, unreadable

HISTORY = "a receipt of version 1.0 is history and never settles"
SELF_DECLARED = "the key is self-declared; the signature does verify under it"
NO_KEY = "no key was given, and the document names none"


def verify_legacy(
    data: bytes, *, public_key: PublicKey | None, key_id: object = None
) -> Verification:
    """Check a version 1.0 document byte for byte.

    Args:
        data: the document's UTF-8 JSON.
        public_key: the signer's, known from elsewhere; None where the caller knows none.
        key_id: what the document says of its key, for a caller that knows none.
    """
    key = public_key or find_declared_key(key_id)
    schema, receipt_hash = Check("schema", CheckState.PASSED), ""
    if key is None:
        signature = Check("signature", CheckState.NOT_CHECKED, NO_KEY)
        return complete([schema, signature], HISTORY)
    try:
        receipt_hash = verify_legacy_receipt(data, public_key=key).hex()
    except InvalidSignature as error:
        signature = Check("signature", CheckState.FAILED, str(error))
    except ChainError as error:
        return unreadable(error)
    else:
        signature = Check("signature", CheckState.PASSED)
        if public_key is None:
            signature = Check("signature", CheckState.NOT_CHECKED, SELF_DECLARED)
    return complete([schema, signature], HISTORY, receipt_hash=receipt_hash)


def find_declared_key(key_id: object) -> PublicKey | None:
    """Return the key that a ``key_id`` spells in base64url, or None."""
    if not isinstance(key_id, str) or not key_id.isascii():
        return None
    try:
        key = urlsafe_b64decode(key_id + "=" * (-len(key_id) % 4))
    except binascii.Error:
        return None
    return PublicKey(key) if len(key) == PUBLIC_KEY_BYTES else None
