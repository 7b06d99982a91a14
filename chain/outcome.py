"""What became of a transaction, or of work that fell due: one fixed row each, in a Merkle tree."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from chain.codec import Reader, u8, u64
from chain.errors import MalformedMessage
from chain.primitives import Hash


class OutcomeKind(IntEnum):
    """What the outcome is about; below 128 it equals the transaction's kind."""

    TRANSFERRED = 1
    RESERVED = 2
    CLAIMED = 3
    RELEASED = 4
    ACCEPTED = 5
    DISPUTED = 6
    RESOLVED = 7
    GRANTED = 8
    REVOKED = 9
    OFFERED = 10
    PARAMETERS_CHANGED = 11
    BATCH_CLAIMED = 12
    VALIDATORS_CHANGED = 13
    EXPIRED = 128
    MATURED = 129
    UNDECIDED = 130


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row.

    Attributes:
        kind: what happened.
        subject: transaction id; for due work the reservation id.
        receipt_hash: of a claim or a matured claim, else zeros.
        fee: base units to proposer and treasury.
        paid: base units that reached the receiver.
        returned: base units that went back to the client.
        pending: base units that wait for the dispute window, or that a dispute locks as its bond.
    """

    kind: OutcomeKind
    subject: Hash
    receipt_hash: Hash
    fee: int = 0
    paid: int = 0
    returned: int = 0
    pending: int = 0

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        money = u64(self.fee) + u64(self.paid) + u64(self.returned) + u64(self.pending)
        return u8(self.kind) + self.subject + self.receipt_hash + money

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read what :meth:`encode` wrote.

        Raises:
            MalformedMessage: the kind is unknown or a byte is missing.
        """
        kind = reader.u8()
        if kind not in set(OutcomeKind):
            raise MalformedMessage(detail=f"the outcome's kind {kind} is unknown")
        return cls(
            kind=OutcomeKind(kind),
            subject=reader.hash(),
            receipt_hash=reader.hash(),
            fee=reader.u64(),
            paid=reader.u64(),
            returned=reader.u64(),
            pending=reader.u64(),
        )
