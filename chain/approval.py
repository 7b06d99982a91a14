"""What more than two thirds of the validators may approve: resolutions, parameters, validators.

An approved transaction has no sender and no fee: the approvals prove it and anyone may carry it.
Each approval signs the whole body under its own tag, so none fits another decision; a dispute is
named with the height it was opened at, parameters and validators carry a version, so none fits a
later one.

    version u8 | kind u8 | body | count u16 | (public_key 32 | signature 64) * count
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from chain.codec import Reader, u8, u16, u64
from chain.crypto import SecretKey, SigningKind, signing_bytes, tagged_hash
from chain.errors import MalformedMessage
from chain.kind import Kind
from chain.new_validators import NewValidators
from chain.parameters import Parameters
from chain.primitives import (
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    TRANSACTION_VERSION,
    VALIDATORS_MAX,
    Hash,
    PublicKey,
    Signature,
)


@dataclass(frozen=True, slots=True)
class Approval:
    """One validator's word.

    Attributes:
        public_key: the validator's key, 32 bytes.
        signature: 64 bytes, kind ``approval``, over the whole decision.
    """

    public_key: PublicKey
    signature: Signature


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a disputed claim is split.

    Attributes:
        reservation_id: 32 bytes.
        receipt_hash: of the disputed receipt.
        opened_at: height of the dispute.
        provider_amount: base units for the provider, its fee included; the rest is the client's.
    """

    kind: ClassVar[Kind] = Kind.RESOLVE
    reservation_id: Hash
    receipt_hash: Hash
    opened_at: int
    provider_amount: int

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        numbers = u64(self.opened_at) + u64(self.provider_amount)
        return self.reservation_id + self.receipt_hash + numbers

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the fields that :meth:`encode` wrote."""
        return cls(
            reservation_id=reader.hash(),
            receipt_hash=reader.hash(),
            opened_at=reader.u64(),
            provider_amount=reader.u64(),
        )


@dataclass(frozen=True, slots=True)
class NewParameters:
    """The chain's parameters from the next block on.

    Attributes:
        parameters: all of them; their version is one above today's.
    """

    kind: ClassVar[Kind] = Kind.PARAMETERS
    parameters: Parameters

    def encode(self) -> bytes:
        """Return the parameters."""
        return self.parameters.encode()

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the parameters."""
        return cls(parameters=Parameters.read(reader))


Decision = Resolution | NewParameters | NewValidators

DECISIONS: dict[int, type[Decision]] = {
    one.kind: one for one in (Resolution, NewParameters, NewValidators)
}
"""The class of each kind of decision."""


@dataclass(frozen=True, slots=True)
class ApprovedTransaction:
    """A decision with the approvals that prove it.

    Attributes:
        decision: what is decided.
        approvals: in rising order of the keys.
    """

    decision: Decision
    approvals: tuple[Approval, ...]

    @property
    def kind(self) -> Kind:
        """The decision's kind."""
        return self.decision.kind

    def encode_unsigned(self) -> bytes:
        """Return what every approval signs, without its domain."""
        return u8(TRANSACTION_VERSION) + u8(self.kind) + self.decision.encode()

    def encode(self) -> bytes:
        """Return the stored form."""
        approvals = b"".join(one.public_key + one.signature for one in self.approvals)
        return self.encode_unsigned() + u16(len(self.approvals)) + approvals

    @classmethod
    def read(cls, reader: Reader, kind: int) -> Self:
        """Read what follows version and kind.

        Raises:
            MalformedMessage: there are too many approvals, or their keys do not rise.
        """
        decision = DECISIONS[kind].read(reader)
        count = reader.u16()
        if count > VALIDATORS_MAX:
            raise MalformedMessage(detail=f"{count} approvals are above {VALIDATORS_MAX}")
        approvals = tuple(
            Approval(
                public_key=PublicKey(reader.take(PUBLIC_KEY_BYTES)),
                signature=Signature(reader.take(SIGNATURE_BYTES)),
            )
            for _ in range(count)
        )
        keys = [one.public_key for one in approvals]
        if keys != sorted(set(keys)):
            raise MalformedMessage(detail="the approvals' keys do not rise")
        return cls(decision=decision, approvals=approvals)

    def signing_bytes(self, genesis_hash: Hash) -> bytes:
        """Return the message that every approval signs."""
        return signing_bytes(SigningKind.APPROVAL, genesis_hash, self.encode_unsigned())

    def id(self, genesis_hash: Hash) -> Hash:
        """Return the transaction id: a hash of the decision, without its approvals."""
        return tagged_hash(b"transaction", self.signing_bytes(genesis_hash))


def approve(
    decision: Decision, *, keys: Sequence[SecretKey], genesis_hash: Hash
) -> ApprovedTransaction:
    """Return a decision with the approvals of these keys."""
    bare = ApprovedTransaction(decision=decision, approvals=())
    message = bare.signing_bytes(genesis_hash)
    approvals = (
        Approval(public_key=key.public_key, signature=key.sign(message))
        for key in sorted(keys, key=lambda one: one.public_key)
    )
    return replace(bare, approvals=tuple(approvals))
