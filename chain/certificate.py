"""What a vote says, and the certificate: the votes of more than two thirds for one block.

A certificate of precommits proves that a block is final; one of prevotes (a polka) proves that
validators may move their lock to it. Votes carry no time, so all votes for a block have the same
bytes and a certificate is a bitmap and the signatures.
"""

from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import Protocol

from chain import codec
from chain.crypto import SigningKind, check_signature, signing_bytes, tagged_hash
from chain.errors import InvalidCertificate, InvalidSignature, MalformedMessage
from chain.primitives import (
    HEIGHT_MAX,
    SIGNATURE_BYTES,
    VALIDATORS_MAX,
    ZERO_HASH,
    Hash,
    PublicKey,
    Signature,
)
from chain.validators import ValidatorSet

ROUND_MAX = 2**31 - 1
"""Largest round; at the shortest timeouts it is out of reach for thousands of years."""

BITMAP_BYTES = VALIDATORS_MAX // 8
"""Bytes of the bitmap that says whose signatures follow: one bit for each possible index."""

CERTIFICATE_BYTES_MAX = 1 + 8 + 4 + 32 + 32 + BITMAP_BYTES + VALIDATORS_MAX * SIGNATURE_BYTES
"""Bytes of the largest certificate."""


class VoteKind(IntEnum):
    """The two kinds of vote; the values are those of the signing kinds."""

    PREVOTE = SigningKind.PREVOTE.value
    PRECOMMIT = SigningKind.PRECOMMIT.value


class SignatureCheck(Protocol):
    """The form of :func:`chain.crypto.check_signature`, so that a caller may hand in a cache."""

    def __call__(
        self, *, public_key: PublicKey, message: bytes, signature: Signature, what: str
    ) -> None:
        """Raise :class:`InvalidSignature` if the signature does not verify."""


def vote_body(height: int, round_: int, block_hash: Hash) -> bytes:
    """Return ``height (8) | round (4) | block_hash (32, zero for nil)``; the kind is signed too."""
    return codec.u64(height) + codec.u32(round_) + block_hash


def vote_signing_bytes(
    kind: VoteKind, genesis_hash: Hash, *, height: int, round_: int, block_hash: Hash
) -> bytes:
    """Return the bytes a validator signs for one vote."""
    return signing_bytes(SigningKind(kind), genesis_hash, vote_body(height, round_, block_hash))


@dataclass(frozen=True, slots=True)
class Certificate:
    """Votes of one kind of more than two thirds of the validators for one block."""

    kind: VoteKind
    """PRECOMMIT proves finality; PREVOTE is a polka."""

    height: int
    """Height of the block, 1 to ``HEIGHT_MAX``."""

    round: int
    """Round of the votes, 0 to ``ROUND_MAX``."""

    block_hash: Hash
    """32 bytes, never zero in a valid certificate."""

    validators_hash: Hash
    """32 bytes, the hash of the set that voted."""

    signatures: tuple[tuple[int, Signature], ...]
    """(index of the validator, 64-byte signature) in rising order of the index."""

    def encode(self) -> bytes:
        """Return the one byte form.

        ``kind (1) | height (8) | round (4) | block_hash (32) | validators_hash (32) | bitmap (8,
        bit i of the integer is validator i) | signatures (64 each, rising index)``.
        """
        bitmap = sum(1 << index for index, _ in self.signatures)
        return b"".join(
            (
                codec.u8(self.kind),
                vote_body(self.height, self.round, self.block_hash),
                self.validators_hash,
                bitmap.to_bytes(BITMAP_BYTES, "big"),
                *(signature for _, signature in self.signatures),
            )
        )

    @classmethod
    def decode(cls, data: bytes) -> "Certificate":
        """Read what :meth:`encode` wrote.

        Raises:
            MalformedMessage: the bytes do not decode, some are left over, a field is out of its
                range, or nobody signed.
        """
        return codec.decode_whole(data, cls._read)

    @classmethod
    def _read(cls, reader: codec.Reader) -> "Certificate":
        kind = read_vote_kind(reader)
        height, round_ = read_position(reader)
        block_hash, validators_hash = reader.hash(), reader.hash()
        bitmap = int.from_bytes(reader.take(BITMAP_BYTES), "big")
        if bitmap == 0:
            raise MalformedMessage(detail="a certificate holds no signature")
        indices = [index for index in range(VALIDATORS_MAX) if bitmap >> index & 1]
        signatures = [(index, Signature(reader.take(SIGNATURE_BYTES))) for index in indices]
        return cls(kind, height, round_, block_hash, validators_hash, tuple(signatures))

    @property
    def hash(self) -> Hash:
        """Return the 32-byte tagged hash of the encoding, as the next block's header names it."""
        return tagged_hash(b"certificate", self.encode())


def read_vote_kind(reader: codec.Reader) -> VoteKind:
    """Read the kind of a vote.

    Raises:
        MalformedMessage: the byte is no kind of vote.
    """
    value = reader.u8()
    if value not in (VoteKind.PREVOTE, VoteKind.PRECOMMIT):
        raise MalformedMessage(detail=f"{value} is no kind of vote")
    return VoteKind(value)


def read_position(reader: codec.Reader) -> tuple[int, int]:
    """Read a height and a round.

    Raises:
        MalformedMessage: the height is not 1 to ``HEIGHT_MAX``, or the round above ``ROUND_MAX``.
    """
    height, round_ = reader.u64(), reader.u32()
    if not 1 <= height <= HEIGHT_MAX or round_ > ROUND_MAX:
        raise MalformedMessage(detail="a height or a round is out of its range")
    return height, round_


def check_certificate(
    certificate: Certificate,
    *,
    validators: ValidatorSet,
    genesis_hash: Hash,
    kind: VoteKind = VoteKind.PRECOMMIT,
    check: SignatureCheck = check_signature,
) -> None:
    """Check that more than two thirds of the validators signed for the block.

    Args:
        certificate: what is claimed.
        validators: the set of the certificate's height.
        genesis_hash: 32 bytes, in every signed message.
        kind: what the certificate must prove; finality unless the caller asks for a polka.
        check: the signature check, for a caller that remembers what it verified before.

    Raises:
        InvalidCertificate: it is of the other kind, names another set, is for nil, lists an index
            twice, out of order or outside the set, holds fewer signatures than the quorum, or one
            does not verify.
    """
    _check_form(certificate, validators, kind)
    message = vote_signing_bytes(
        kind,
        genesis_hash,
        height=certificate.height,
        round_=certificate.round,
        block_hash=certificate.block_hash,
    )
    for index, signature in certificate.signatures:
        public_key = validators[index].public_key
        try:
            check(public_key=public_key, message=message, signature=signature, what="certificate")
        except InvalidSignature:
            detail = f"the signature of validator {index} does not verify"
            raise InvalidCertificate(detail=detail) from None


def _check_form(certificate: Certificate, validators: ValidatorSet, kind: VoteKind) -> None:
    """Check all but the signatures, which cost more.

    Raises:
        InvalidCertificate: as :func:`check_certificate` says.
    """
    if certificate.kind != kind:
        raise InvalidCertificate(detail=f"it is of {certificate.kind.name.lower()}s")
    if certificate.validators_hash != validators.hash:
        raise InvalidCertificate(detail="it names another set of validators")
    if certificate.block_hash == ZERO_HASH:
        raise InvalidCertificate(detail="it is for no block")
    indices = [index for index, _ in certificate.signatures]
    if any(first >= second for first, second in pairwise(indices)):
        raise InvalidCertificate(detail="its signers are not in rising order")
    if not all(0 <= index < len(validators) for index in indices):
        raise InvalidCertificate(detail="a signer is outside the set of validators")
    if len(indices) < validators.quorum:
        detail = f"{len(indices)} signed and {validators.quorum} are needed"
        raise InvalidCertificate(detail=detail)
