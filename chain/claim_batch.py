"""A batch: up to 256 claims of one provider under one signature, settled all or none.

    version u8 | kind u8 | count u16 | claims | signature 64

What is signed is the RFC 6962 root of the claims, so that one of them can be shown to have been
signed without the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from chain.claim import Claim
from chain.codec import Reader, u8, u16
from chain.crypto import SecretKey, SigningKind, signing_bytes, tagged_hash
from chain.errors import MalformedMessage
from chain.kind import Kind
from chain.merkle import merkle_root
from chain.primitives import (
    BATCH_CLAIMS_MAX,
    SIGNATURE_BYTES,
    TRANSACTION_VERSION,
    Hash,
    Signature,
)


@dataclass(frozen=True, slots=True)
class ClaimBatch:
    """Claims that stand or fall together; none carries an acceptance.

    Attributes:
        claims: 1 to 256, all with one provider and one key.
        signature: 64 bytes, kind ``claim``, over the root of the claims.
    """

    kind: ClassVar[Kind] = Kind.CLAIM_BATCH
    claims: tuple[Claim, ...]
    signature: Signature

    def encode(self) -> bytes:
        """Return the stored form."""
        claims = b"".join(claim.encode() for claim in self.claims)
        head = u8(TRANSACTION_VERSION) + u8(self.kind) + u16(len(self.claims))
        return head + claims + self.signature

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read what follows version and kind.

        Raises:
            MalformedMessage: there are no claims or too many, or not all are of one key.
        """
        count = reader.u16()
        if not 1 <= count <= BATCH_CLAIMS_MAX:
            raise MalformedMessage(detail=f"a batch holds 1 to {BATCH_CLAIMS_MAX} claims")
        claims = tuple(Claim.read(reader) for _ in range(count))
        if len({(claim.provider, claim.public_key) for claim in claims}) != 1:
            raise MalformedMessage(detail="a batch's claims are not all of one provider's key")
        return cls(claims=claims, signature=Signature(reader.take(SIGNATURE_BYTES)))

    def signing_bytes(self, genesis_hash: Hash) -> bytes:
        """Return the message that the provider signed."""
        root = merkle_root([claim.encode() for claim in self.claims])
        body = u8(TRANSACTION_VERSION) + u8(self.kind) + root
        return signing_bytes(SigningKind.CLAIM, genesis_hash, body)

    def id(self, genesis_hash: Hash) -> Hash:
        """Return the transaction id: a hash of the signed bytes."""
        return tagged_hash(b"transaction", self.signing_bytes(genesis_hash))


def sign_batch(claims: Sequence[Claim], *, key: SecretKey, genesis_hash: Hash) -> ClaimBatch:
    """Return claims signed together with the provider's key."""
    unsigned = ClaimBatch(claims=tuple(claims), signature=Signature(bytes(SIGNATURE_BYTES)))
    return replace(unsigned, signature=key.sign(unsigned.signing_bytes(genesis_hash)))
