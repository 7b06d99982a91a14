"""A signature over a file, for people who know each other by their addresses.

    {"form": "aitbc file signature", "version": 1, "address": "ait1…", "public_key": "…",
     "sha256": "…", "signature": "…"}

What is signed is the file's digest under a kind of its own, so no such signature can pass for that
of a transaction, a claim or a vote, whatever the file holds.
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chain.address import format_address
from chain.crypto import SecretKey, SigningKind, address_of, check_signature, signing_bytes
from chain.errors import AitbcError, ConfigError
from chain.primitives import ZERO_HASH, Address, PublicKey, Signature
from genesis.closed_json import ClosedForm, fill_form, parse_object

SIGNATURE_FILE_BYTES_MAX = 4 * 1024
"""A signature's file has some 450 bytes."""

_HEX_32, _HEX_64 = r"\A[0-9a-f]{64}\z", r"\A[0-9a-f]{128}\z"
_WORDS = {
    _HEX_32: "must be 64 lower hexadecimal digits",
    _HEX_64: "must be 128 lower hexadecimal digits",
}
_WHAT = "the signature"


class FileNotSigned(AitbcError):
    """The signature says something else than is claimed of it."""

    detail: str
    code = "file_not_signed"
    sentence = "{detail}"


class FileSignatureForm(ClosedForm):
    """The document."""

    form: Literal["aitbc file signature"]
    version: Annotated[int, Field(ge=1, le=1)]
    address: Annotated[str, StringConstraints(max_length=90)]
    public_key: Annotated[str, StringConstraints(pattern=_HEX_32)]
    sha256: Annotated[str, StringConstraints(pattern=_HEX_32)]
    signature: Annotated[str, StringConstraints(pattern=_HEX_64)]


def digest_of(path: Path) -> bytes:
    """Return the SHA-256 of a file of any size.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise ConfigError(detail=f"cannot read {path}: {error.strerror}") from None


def sign_digest(digest: bytes, key: SecretKey) -> bytes:
    """Return the document of a signature over a file's digest."""
    document = {
        "form": "aitbc file signature",
        "version": 1,
        "address": format_address(key.address),
        "public_key": key.public_key.hex(),
        "sha256": digest.hex(),
        "signature": key.sign(_signed(digest)).hex(),
    }
    return json.dumps(document, indent=2).encode() + b"\n"


def check_file_signature(digest: bytes, document: bytes) -> Address:
    """Return who signed a file.

    Args:
        digest: of the file.
        document: what :func:`sign_digest` made.

    Raises:
        ConfigError: the document is none.
        FileNotSigned: it is of another file, or its address is not its key's.
        InvalidSignature: the signature does not verify.
    """
    parsed = parse_object(document, what=_WHAT, bytes_max=SIGNATURE_FILE_BYTES_MAX)
    form = fill_form(FileSignatureForm, parsed, what=_WHAT, words=_WORDS)
    public_key = PublicKey(bytes.fromhex(form.public_key))
    if form.sha256 != digest.hex():
        raise FileNotSigned(detail="the signature is of another file, or the file was altered")
    if form.address != format_address(address_of(public_key)):
        raise FileNotSigned(detail="the signature's address is not that of its public key")
    check_signature(
        public_key=public_key,
        message=_signed(digest),
        signature=Signature(bytes.fromhex(form.signature)),
        what="file",
    )
    return address_of(public_key)


def _signed(digest: bytes) -> bytes:
    return signing_bytes(SigningKind.FILE, ZERO_HASH, digest)
