"""What a miner answers on a job's stream, and what the client says about it.

A message begins with its kind and is refused when a byte is missing or left over. The receipt
inside is signed by the miner, and the acceptance by the client, as the chain demands of them.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Self

from chain.claim import Acceptance
from chain.codec import Reader, bytes32, decode_whole, text8, u8, u64
from chain.errors import MalformedMessage
from chain.primitives import (
    LABEL_MAX,
    PUBLIC_KEY_BYTES,
    RATE_MAX,
    RECEIPT_BYTES_MAX,
    SIGNATURE_BYTES,
    TRANSACTION_BYTES_MAX,
    PublicKey,
    Signature,
)
from node.market.messages import Reason

OUTPUT_BYTES_MAX = 8 * 1024 * 1024
SALT_BYTES = 32

_ACCEPTED, _OBJECTED = 1, 2


class Objection(StrEnum):
    """Why a client does not accept an answer."""

    RECEIPT = "receipt"
    PRICE = "price"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Offered:
    """The answer to an enquiry: the miner would take the job.

    Attributes:
        rate: base units per whole unit.
        work_ms: the longest that its worker may take, in milliseconds.
    """

    kind: ClassVar[int] = 1
    rate: int
    work_ms: int

    def encode(self) -> bytes:
        """Return the message."""
        return u8(self.kind) + u64(self.rate) + u64(self.work_ms)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read what follows the kind."""
        return cls(rate=reader.bounded(1, RATE_MAX), work_ms=reader.u64())


@dataclass(frozen=True, slots=True)
class Refused:
    """The miner does not do the work, or could not.

    Attributes:
        reason: why.
    """

    kind: ClassVar[int] = 2
    reason: Reason

    def encode(self) -> bytes:
        """Return the message."""
        return u8(self.kind) + text8(self.reason)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read what follows the kind.

        Raises:
            MalformedMessage: the reason is unknown.
        """
        text = reader.text8(LABEL_MAX)
        if text not in set(Reason):
            raise MalformedMessage(detail="the miner's reason is unknown")
        return cls(Reason(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The work is done.

    Attributes:
        output: what the worker wrote; private.
        prompt_salt: 32 bytes; with the input they give the receipt's ``prompt_hash``.
        artifact_salt: 32 bytes; with the output they give the receipt's ``artifact_hash``.
        document: the signed receipt, canonical.
        claim: the signed claim, in its stored form.
    """

    kind: ClassVar[int] = 3
    output: bytes = field(repr=False)
    prompt_salt: bytes = field(repr=False)
    artifact_salt: bytes = field(repr=False)
    document: bytes
    claim: bytes

    def encode(self) -> bytes:
        """Return the message."""
        salts = self.prompt_salt + self.artifact_salt
        signed = bytes32(self.document) + bytes32(self.claim)
        return u8(self.kind) + salts + signed + bytes32(self.output)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read what follows the kind."""
        return cls(
            prompt_salt=reader.take(SALT_BYTES),
            artifact_salt=reader.take(SALT_BYTES),
            document=reader.bytes32(limit=RECEIPT_BYTES_MAX),
            claim=reader.bytes32(limit=TRANSACTION_BYTES_MAX),
            output=reader.bytes32(limit=OUTPUT_BYTES_MAX),
        )


Reply = Offered | Refused | Done
"""What a miner answers."""


def decode_reply(data: bytes) -> Reply:
    """Decode a miner's answer strictly; checks no signature.

    Raises:
        MalformedMessage: it is none.
    """
    return decode_whole(data, _read_reply)


def _read_reply(reader: Reader) -> Reply:
    kind = reader.u8()
    for form in (Offered, Refused, Done):
        if form.kind == kind:
            return form.read(reader)
    raise MalformedMessage(detail="the answer's kind is unknown")


Verdict = Acceptance | Objection
"""What a client says about an answer."""


def encode_verdict(verdict: Verdict) -> bytes:
    """Return the message."""
    if isinstance(verdict, Acceptance):
        return u8(_ACCEPTED) + verdict.public_key + verdict.signature
    return u8(_OBJECTED) + text8(verdict)


def decode_verdict(data: bytes) -> Verdict:
    """Decode a client's verdict strictly; checks no signature.

    Raises:
        MalformedMessage: it is none.
    """
    return decode_whole(data, _read_verdict)


def _read_verdict(reader: Reader) -> Verdict:
    kind = reader.u8()
    if kind == _ACCEPTED:
        public_key = PublicKey(reader.take(PUBLIC_KEY_BYTES))
        return Acceptance(public_key, Signature(reader.take(SIGNATURE_BYTES)))
    text = reader.text8(LABEL_MAX)
    if kind != _OBJECTED or text not in set(Objection):
        raise MalformedMessage(detail="the verdict is unknown")
    return Objection(text)
