"""The receipt: a signed JSON document that says a miner completed a client's job.

The schema is closed: an unknown field is refused, and every field is an integer, a hash, an
address or a short label, so that nothing private fits in (no prompt, output, key, route or path).
Signed bytes are RFC 8785 of the document without its two signatures; the receipt hash is their
SHA-256. The sidecar id is a hash of the whole canonical document, so variants never mix.
"""

import base64
import json
import re
from functools import cached_property
from typing import Annotated, Any, Literal, NoReturn

import rfc8785
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from chain.address import parse_address
from chain.crypto import SecretKey, check_signature, sha256, tagged_hash
from chain.errors import InvalidSignature, MalformedMessage, WrongChain
from chain.number import Lexeme, canonical_number, read_micro, read_whole
from chain.primitives import (
    CHAIN_ID_MAX,
    LABEL_MAX,
    RECEIPT_BYTES_MAX,
    TIME_S_MAX,
    UNITS_MICRO_MAX,
    Address,
    Hash,
    PublicKey,
    Signature,
)

LABEL = re.compile(rf"[A-Za-z0-9._:-]{{1,{LABEL_MAX}}}", re.ASCII)
"""The only form of an id, a label or a model."""

# What is wrong with a field, in words that hold nothing of its value.
_NOT_AN_ADDRESS = "not an address of the form ait1…"
_ENDS_TOO_EARLY = "completed_at is before started_at"

_OBJECTS_MAX = 3  # the document and its two signatures


def _check_address(text: str) -> str:
    try:
        parse_address(text)
    except MalformedMessage:
        raise ValueError(_NOT_AN_ADDRESS) from None
    # In one case, bech32m spells an address in one way only.
    if not text.islower() or text.startswith("0x"):
        raise ValueError(_NOT_AN_ADDRESS)
    return text


Label = Annotated[str, Field(pattern=LABEL.pattern.join(("^", "$")), max_length=LABEL_MAX)]
HexHash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
AddressText = Annotated[str, AfterValidator(_check_address)]
Micro = Annotated[int, BeforeValidator(read_micro), Field(ge=0, le=UNITS_MICRO_MAX)]
Seconds = Annotated[int, BeforeValidator(read_whole), Field(ge=0, le=TIME_S_MAX)]
Milliseconds = Annotated[int, BeforeValidator(read_whole), Field(ge=0, le=2**53 - 1)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ReceiptBody(_Closed):
    """What the miner signs; units and price are held as integers.

    Attributes:
        chain_id: name of the chain, at most 32 characters.
        genesis_hash: 32 bytes in lower hex; binds the receipt to one chain.
        receipt_id: the miner's own id for it.
        job_id: the reserved job.
        reservation_id: 32 bytes in lower hex: the id of the reserving transaction.
        provider: the miner's address.
        client: the buyer's address.
        units: micro-units of computation.
        unit_type: what a unit is, such as ``gpu_seconds``.
        price: base units of AITBC.
        model: the model that ran.
        started_at: unix seconds.
        completed_at: unix seconds, not before ``started_at``.
        prompt_hash: salted hash made by the miner.
        artifact_hash: salted hash made by the miner.
        duration_ms: milliseconds of work.
        tee_attestation_hash: 32-byte commitment to an attestation, never the quote.
        coordinator_id: label of the broker, if there was one.
        nonce: a label that makes the document unique.
        fields_root: root over private fields kept outside the document.
    """

    version: Literal["2"]
    chain_id: Annotated[Label, Field(max_length=CHAIN_ID_MAX)]
    genesis_hash: HexHash
    receipt_id: Label
    job_id: Label
    reservation_id: HexHash
    provider: AddressText
    client: AddressText
    units: Micro
    unit_type: Label
    price: Micro
    model: Label
    started_at: Seconds
    completed_at: Seconds
    prompt_hash: HexHash | None = None
    artifact_hash: HexHash | None = None
    duration_ms: Milliseconds | None = None
    tee_attestation_hash: HexHash | None = None
    coordinator_id: Label | None = None
    nonce: Label | None = None
    fields_root: HexHash | None = None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "ReceiptBody":
        if self.completed_at < self.started_at:
            raise ValueError(_ENDS_TOO_EARLY)
        return self

    @cached_property
    def signed_bytes(self) -> bytes:
        """RFC 8785 bytes of the document without its signatures."""
        return rfc8785.dumps(_plain(self))

    @cached_property
    def hash(self) -> Hash:
        """The receipt hash: SHA-256 of the signed bytes; the id people use."""
        return sha256(self.signed_bytes)


class ReceiptSignature(_Closed):
    """A signature inside a receipt document.

    Attributes:
        key_id: label of a key that the signer's account holds.
        public_key: 32 bytes in lower hex.
        sig: 64 bytes in base64url without padding.
    """

    alg: Literal["Ed25519"]
    key_id: Label
    public_key: HexHash
    sig: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{86}$")]

    @property
    def key(self) -> PublicKey:
        """The public key's 32 bytes."""
        return PublicKey(bytes.fromhex(self.public_key))

    @property
    def signature(self) -> Signature:
        """The signature's 64 bytes."""
        return Signature(base64.urlsafe_b64decode(self.sig + "=="))


class Receipt(ReceiptBody):
    """A receipt document with its signature, and the client's if there is one."""

    signature: ReceiptSignature
    client_signature: ReceiptSignature | None = None

    @cached_property
    def document(self) -> bytes:
        """The canonical bytes of the whole document: what is stored and gossiped."""
        return rfc8785.dumps(_plain(self, with_signatures=True))

    @cached_property
    def sidecar_id(self) -> Hash:
        """Hash of the whole document; the id blocks use."""
        return tagged_hash(b"sidecar", self.document)

    @cached_property
    def provider_address(self) -> Address:
        """The miner's 20 bytes."""
        return parse_address(self.provider)

    @cached_property
    def client_address(self) -> Address:
        """The client's 20 bytes."""
        return parse_address(self.client)


def _plain(receipt: ReceiptBody, *, with_signatures: bool = False) -> dict[str, Any]:
    document = receipt.model_dump(exclude_none=True)
    if not with_signatures:
        document.pop("signature", None)
        document.pop("client_signature", None)
    return document | {
        "units": canonical_number(receipt.units),
        "price": canonical_number(receipt.price),
    }


def decode_receipt(data: bytes) -> Receipt:
    """Parse one receipt document strictly; checks no signature.

    Args:
        data: UTF-8 JSON of at most ``RECEIPT_BYTES_MAX`` bytes.

    Raises:
        MalformedMessage: not JSON, a repeated or unknown key, or a field outside its form. The
            sentence names the field and never repeats its value.
    """
    if len(data) > RECEIPT_BYTES_MAX:
        raise MalformedMessage(detail=f"a receipt has at most {RECEIPT_BYTES_MAX} bytes")
    if b"[" in data or data.count(b"{") > _OBJECTS_MAX:
        raise MalformedMessage(detail="a receipt nests nothing but its two signatures")
    try:
        fields = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_without_repeats,
            parse_int=Lexeme,
            parse_float=Lexeme,
            parse_constant=_refuse_constant,
        )
        return Receipt.model_validate(fields)
    except ValidationError as error:
        raise MalformedMessage(detail=_first_fault(error)) from None
    except (ValueError, RecursionError):
        raise MalformedMessage(detail="the receipt is not valid JSON") from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise MalformedMessage(detail="the receipt repeats a key")
    return fields


def _refuse_constant(_: str) -> NoReturn:
    raise MalformedMessage(detail="NaN and Infinity are not numbers of a receipt")


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_input=False, include_url=False)[0]
    known = [str(part) for part in fault["loc"] if part in Receipt.model_fields]
    ours = fault["type"] == "value_error"
    what = str(fault["ctx"]["error"]) if ours else fault["type"].replace("_", " ")
    return f"{'.'.join(known) or 'document'}: {what}"


def sign_receipt(body: ReceiptBody, *, key: SecretKey, key_id: str) -> Receipt:
    """Return the document with the provider's signature over its RFC 8785 bytes."""
    signature = {
        "alg": "Ed25519",
        "key_id": key_id,
        "public_key": key.public_key.hex(),
        "sig": _base64(key.sign(body.signed_bytes)),
    }
    return Receipt.model_validate(body.model_dump() | {"signature": signature})


def _base64(signature: Signature) -> str:
    return base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


def check_receipt(receipt: Receipt, *, chain_id: str, genesis_hash: Hash) -> None:
    """Check chain and signatures of a document; whose keys they are is the state's to say.

    Raises:
        WrongChain: it names another chain id or genesis.
        InvalidSignature: a signature does not verify over the document, or is not canonical text.
    """
    if receipt.chain_id != chain_id or receipt.genesis_hash != genesis_hash.hex():
        raise WrongChain(what="receipt")
    for name in ("signature", "client_signature"):
        envelope: ReceiptSignature | None = getattr(receipt, name)
        if envelope is None:
            continue
        what = f"receipt ({name})"
        if _base64(envelope.signature) != envelope.sig:
            raise InvalidSignature(what=what)
        check_signature(
            public_key=envelope.key,
            message=receipt.signed_bytes,
            signature=envelope.signature,
            what=what,
        )
