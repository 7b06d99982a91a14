"""What a signed transaction does: one frozen class a kind, each with its fixed byte form.

To add a kind, add its class here, one arm in ``chain.transition``, its JSON form and its vectors.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from chain.codec import Reader, bytes32, text8, u16, u32, u64
from chain.kind import Kind
from chain.policy_payloads import Grant, Offer, Revoke
from chain.primitives import (
    DISCLOSURE_BYTES_MAX,
    LABEL_MAX,
    MEMO_BYTES_MAX,
    ZERO_HASH,
    Address,
    Hash,
)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Moves money from the sender.

    Attributes:
        to: receiver, 20 bytes.
        amount: base units, above 0.
        memo: public text, at most 64 printable ASCII characters (what is printable beyond ASCII
            differs between Python versions, and validity must not).
    """

    kind: ClassVar[Kind] = Kind.TRANSFER
    to: Address
    amount: int
    memo: str = ""

    def encode(self) -> bytes:
        """Return ``to 20 | amount u64 | memo``."""
        return self.to + u64(self.amount) + text8(self.memo)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the fields that :meth:`encode` wrote."""
        return cls(
            to=Address(reader.take(20)), amount=reader.u64(), memo=reader.text8(MEMO_BYTES_MAX)
        )


@dataclass(frozen=True, slots=True)
class Reserve:
    """Takes ``cap`` from the client's balance for one job, or one session of jobs.

    Attributes:
        job_id: label of the job, or of the session.
        provider: the miner, or ``ZERO_ADDRESS`` for any.
        model: the model, or "" for any.
        unit_type: what a unit is.
        max_rate: base units per whole unit, at most.
        cap: base units held.
        jobs_max: claims it may pay, 1 to 1,024.
        expires_at: the first height at which it takes no more claims.
        dispute_window: heights a claim waits for a dispute; 0 pays at once.
        idempotency_key_hash: 32 bytes, or zeros for none.
    """

    kind: ClassVar[Kind] = Kind.RESERVE
    job_id: str
    provider: Address
    model: str
    unit_type: str
    max_rate: int
    cap: int
    expires_at: int
    jobs_max: int = 1
    dispute_window: int = 0
    idempotency_key_hash: Hash = ZERO_HASH

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        labels = text8(self.job_id) + text8(self.model) + text8(self.unit_type)
        numbers = u64(self.max_rate) + u64(self.cap) + u64(self.expires_at)
        limits = u16(self.jobs_max) + u32(self.dispute_window)
        return self.provider + labels + numbers + limits + self.idempotency_key_hash

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the fields that :meth:`encode` wrote."""
        return cls(
            provider=Address(reader.take(20)),
            job_id=reader.text8(LABEL_MAX),
            model=reader.text8(LABEL_MAX),
            unit_type=reader.text8(LABEL_MAX),
            max_rate=reader.u64(),
            cap=reader.u64(),
            expires_at=reader.u64(),
            jobs_max=reader.u16(),
            dispute_window=reader.u32(),
            idempotency_key_hash=reader.hash(),
        )


@dataclass(frozen=True, slots=True)
class Release:
    """Ends a reservation and returns what it still holds.

    Attributes:
        reservation_id: 32 bytes.
    """

    kind: ClassVar[Kind] = Kind.RELEASE
    reservation_id: Hash

    def encode(self) -> bytes:
        """Return the id."""
        return self.reservation_id

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the id."""
        return cls(reservation_id=reader.hash())


@dataclass(frozen=True, slots=True)
class Accept:
    """The client's acceptance of a pending claim, which is paid at once.

    Attributes:
        reservation_id: 32 bytes.
        receipt_hash: of the claimed receipt.
        amount: base units, as claimed.
    """

    kind: ClassVar[Kind] = Kind.ACCEPT
    reservation_id: Hash
    receipt_hash: Hash
    amount: int

    def encode(self) -> bytes:
        """Return ``reservation_id 32 | receipt_hash 32 | amount u64``."""
        return self.reservation_id + self.receipt_hash + u64(self.amount)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the fields that :meth:`encode` wrote."""
        return cls(reservation_id=reader.hash(), receipt_hash=reader.hash(), amount=reader.u64())


@dataclass(frozen=True, slots=True)
class Dispute:
    """The client's objection to a pending claim; freezes it and locks a bond.

    Attributes:
        reservation_id: 32 bytes.
        receipt_hash: of the claimed receipt.
        reason_hash: hash of the reason, which stays with the client.
        disclosure: one private field with its proof against the claim's ``fields_root``, as
            evidence that becomes public; empty for none.
    """

    kind: ClassVar[Kind] = Kind.DISPUTE
    reservation_id: Hash
    receipt_hash: Hash
    reason_hash: Hash
    disclosure: bytes = b""

    def encode(self) -> bytes:
        """Return the three hashes, and the disclosure after its length."""
        hashes = self.reservation_id + self.receipt_hash + self.reason_hash
        return hashes + bytes32(self.disclosure)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the fields that :meth:`encode` wrote."""
        return cls(
            reservation_id=reader.hash(),
            receipt_hash=reader.hash(),
            reason_hash=reader.hash(),
            disclosure=reader.bytes32(limit=DISCLOSURE_BYTES_MAX),
        )


Payload = Transfer | Reserve | Release | Accept | Dispute | Grant | Revoke | Offer
"""What the envelope of a signed transaction can hold."""

PAYLOADS: dict[int, type[Payload]] = {
    payload.kind: payload
    for payload in (Transfer, Reserve, Release, Accept, Dispute, Grant, Revoke, Offer)
}
"""The payload class of each kind byte; claims and approvals have forms of their own."""
