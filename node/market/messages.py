"""What a client asks a miner for, on a job's stream and nowhere else.

A message has fields of a fixed order and a bound each, and is refused when a byte is missing or
left over. A request is signed by the client that reserved, so that nobody else can use its
reservation.
"""

from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import Self

from chain.codec import Reader, bytes32, decode_whole, text8, u8
from chain.crypto import SecretKey, SigningKind, check_signature, sha256, signing_bytes
from chain.errors import MalformedMessage
from chain.primitives import (
    LABEL_MAX,
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    ZERO_HASH,
    Hash,
    PublicKey,
    Signature,
)

INPUT_BYTES_MAX = 1024 * 1024
PARAMETERS_BYTES_MAX = 4 * 1024


class Ask(IntEnum):
    """What a client wants."""

    ENQUIRE = 1
    WORK = 2
    CANCEL = 3


class Reason(StrEnum):
    """Why a miner refuses, in words that say nothing about anybody's job."""

    MALFORMED = "malformed"
    BAD_SIGNATURE = "bad_signature"
    NOT_OFFERED = "not_offered"
    UNKNOWN_RESERVATION = "unknown_reservation"
    NOT_YOURS = "not_yours"
    NOT_MINE = "not_mine"
    TERMS_DIFFER = "terms_differ"
    EXPIRES_TOO_SOON = "expires_too_soon"
    RESERVATION_ENDED = "reservation_ended"
    OTHER_REQUEST = "other_request"
    BUSY = "busy"
    AT_WORK = "at_work"
    NODE_AWAY = "node_away"
    WORK_FAILED = "work_failed"
    WORK_TIMED_OUT = "work_timed_out"
    OUTPUT_TOO_LARGE = "output_too_large"
    INTERRUPTED = "interrupted"
    RELEASED = "released"
    CLAIM_REFUSED = "claim_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """What a client sends.

    Attributes:
        ask: what it wants.
        reservation_id: the id of the reserving transaction; zeros in an enquiry.
        job_id: the reserved job; empty in an enquiry.
        model: label of the model.
        unit_type: what a unit is.
        parameters: for the worker, at most 4 KiB; private.
        input: the prompt, at most 1 MiB; private.
        public_key: the client's, 32 bytes.
        signature: 64 bytes, kind ``job request``, over every other field.
    """

    ask: Ask
    model: str
    unit_type: str
    public_key: PublicKey
    reservation_id: Hash = ZERO_HASH
    job_id: str = ""
    parameters: bytes = field(default=b"", repr=False)
    input: bytes = field(default=b"", repr=False)
    signature: Signature = field(default=Signature(bytes(SIGNATURE_BYTES)), repr=False)

    def encode_unsigned(self) -> bytes:
        """Return the bytes that are signed, without their domain."""
        labels = text8(self.job_id) + text8(self.model) + text8(self.unit_type)
        private = bytes32(self.parameters) + bytes32(self.input)
        return u8(self.ask) + self.reservation_id + labels + private + self.public_key

    def encode(self) -> bytes:
        """Return the message."""
        return self.encode_unsigned() + self.signature

    def signing_bytes(self, genesis_hash: Hash) -> bytes:
        """Return what the client signs."""
        return signing_bytes(SigningKind.JOB_REQUEST, genesis_hash, self.encode_unsigned())

    def check(self, genesis_hash: Hash) -> None:
        """Check the signature.

        Raises:
            InvalidSignature: it does not verify.
        """
        check_signature(
            public_key=self.public_key,
            message=self.signing_bytes(genesis_hash),
            signature=self.signature,
            what="job request",
        )

    @property
    def digest(self) -> Hash:
        """SHA-256 of all that is signed: the same work asked for again has the same."""
        return sha256(self.encode_unsigned())

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the fields that :meth:`encode` wrote."""
        return cls(
            ask=_read_ask(reader),
            reservation_id=reader.hash(),
            job_id=reader.text8(LABEL_MAX),
            model=reader.text8(LABEL_MAX),
            unit_type=reader.text8(LABEL_MAX),
            parameters=reader.bytes32(limit=PARAMETERS_BYTES_MAX),
            input=reader.bytes32(limit=INPUT_BYTES_MAX),
            public_key=PublicKey(reader.take(PUBLIC_KEY_BYTES)),
            signature=Signature(reader.take(SIGNATURE_BYTES)),
        )


def _read_ask(reader: Reader) -> Ask:
    value = reader.u8()
    if value not in set(Ask):
        raise MalformedMessage(detail="the request's kind is unknown")
    return Ask(value)


def sign_request(request: JobRequest, *, key: SecretKey, genesis_hash: Hash) -> JobRequest:
    """Return a request signed by the client."""
    return replace(request, signature=key.sign(request.signing_bytes(genesis_hash)))


def decode_request(data: bytes) -> JobRequest:
    """Decode a request strictly; checks no signature.

    Raises:
        MalformedMessage: it is none.
    """
    return decode_whole(data, JobRequest.read)
