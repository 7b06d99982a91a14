"""A change of the validators: who joins and who leaves, as more than two thirds approve it.

Whoever joins has signed an acceptance with the new key, so that nobody is made a validator who
does not run a node, or does not want to. An acceptance names the last height that may use it:
one of last year proves nothing about today.

    version u64 | count u16 | (validator | until u64 | signature 64) * count
                | count u16 | public_key 32 * count
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from chain.codec import Reader, u16, u64
from chain.crypto import SecretKey, SigningKind, check_signature, signing_bytes
from chain.errors import MalformedMessage
from chain.kind import Kind
from chain.primitives import (
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    VALIDATORS_MAX,
    Hash,
    PublicKey,
    Signature,
)
from chain.validators import Validator


@dataclass(frozen=True, slots=True)
class AcceptedValidator:
    """Somebody who is to join, with the word of the new key.

    Attributes:
        validator: key, name and payee.
        until: the last height whose block may add it.
        signature: 64 bytes by the validator's key, kind ``validator acceptance``.
    """

    validator: Validator
    until: int
    signature: Signature

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        return self.validator.encode() + u64(self.until) + self.signature

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the fields that :meth:`encode` wrote."""
        return cls(
            validator=Validator.read(reader),
            until=reader.u64(),
            signature=Signature(reader.take(SIGNATURE_BYTES)),
        )


def validator_acceptance_bytes(validator: Validator, *, until: int, genesis_hash: Hash) -> bytes:
    """Return the message that a new validator's key signs."""
    body = validator.encode() + u64(until)
    return signing_bytes(SigningKind.VALIDATOR_ACCEPTANCE, genesis_hash, body)


def accept_validator(
    validator: Validator, *, until: int, key: SecretKey, genesis_hash: Hash
) -> AcceptedValidator:
    """Return a validator with the acceptance of its own key.

    Args:
        validator: its public key is that of ``key``.
        until: the last height that may use the acceptance, at most ``ACCEPTANCE_HEIGHTS_MAX``
            above the block that does.
        key: the new validator's.
        genesis_hash: of the chain it is for.
    """
    assert validator.public_key == key.public_key
    message = validator_acceptance_bytes(validator, until=until, genesis_hash=genesis_hash)
    return AcceptedValidator(validator=validator, until=until, signature=key.sign(message))


def check_validator_acceptance(accepted: AcceptedValidator, *, genesis_hash: Hash) -> None:
    """Check that the new validator's key has accepted; the height is the state's to judge.

    Raises:
        InvalidSignature: it has not, or for another chain, name, payee or height.
    """
    check_signature(
        public_key=accepted.validator.public_key,
        message=validator_acceptance_bytes(
            accepted.validator, until=accepted.until, genesis_hash=genesis_hash
        ),
        signature=accepted.signature,
        what="new validator's acceptance",
    )


@dataclass(frozen=True, slots=True)
class NewValidators:
    """Who joins and who leaves two heights after the block that holds it.

    Attributes:
        version: one above the number of changes that were approved before.
        added: in rising order of their keys.
        removed: public keys, in rising order.
    """

    kind: ClassVar[Kind] = Kind.VALIDATORS
    version: int
    added: tuple[AcceptedValidator, ...] = ()
    removed: tuple[PublicKey, ...] = ()

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        added = u16(len(self.added)) + b"".join(one.encode() for one in self.added)
        return u64(self.version) + added + u16(len(self.removed)) + b"".join(self.removed)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the fields that :meth:`encode` wrote.

        Raises:
            MalformedMessage: a count is above ``VALIDATORS_MAX``, or keys do not rise.
        """
        version = reader.u64()
        added = tuple(AcceptedValidator.read(reader) for _ in range(_read_count(reader)))
        removed = tuple(
            PublicKey(reader.take(PUBLIC_KEY_BYTES)) for _ in range(_read_count(reader))
        )
        _check_rising("added", [one.validator.public_key for one in added])
        _check_rising("removed", removed)
        return cls(version=version, added=added, removed=removed)


def _read_count(reader: Reader) -> int:
    count = reader.u16()
    if count > VALIDATORS_MAX:
        raise MalformedMessage(detail=f"{count} validators are above {VALIDATORS_MAX}")
    return count


def _check_rising(what: str, keys: Sequence[PublicKey]) -> None:
    if list(keys) != sorted(set(keys)):
        raise MalformedMessage(detail=f"the keys of the {what} validators do not rise")
