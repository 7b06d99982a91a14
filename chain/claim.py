"""The claim, or receipt-hash transaction, and the client's acceptance of one.

A claim has no sender and no nonce: it proves itself, so anyone may carry it and nobody can alter
it. It holds everything execution needs, so execution never looks at a receipt document. The
client's acceptance travels beside it and is not part of its id.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from chain.codec import Reader, text8, u8, u64
from chain.crypto import SecretKey, SigningKind, signing_bytes, tagged_hash
from chain.kind import Kind
from chain.primitives import (
    LABEL_MAX,
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    TRANSACTION_VERSION,
    ZERO_HASH,
    Address,
    Hash,
    PublicKey,
    Signature,
)
from chain.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The client's word that a claim is right, so that it is paid at once.

    Attributes:
        public_key: a key of the client's account, 32 bytes.
        signature: 64 bytes, kind ``acceptance``, over reservation, receipt hash and amount.
    """

    public_key: PublicKey
    signature: Signature


@dataclass(frozen=True, slots=True)
class Claim:
    """What the provider signs to be paid for one receipt.

    Attributes:
        reservation_id: where the money is held, 32 bytes.
        receipt_hash: SHA-256 of the receipt's signed bytes.
        sidecar_id: hash of the whole receipt document.
        job_id: label of the job.
        provider: who is paid, 20 bytes.
        client: whose reservation pays, 20 bytes; ties the document's client to the chain's.
        public_key: the provider's key that signed, 32 bytes.
        model: what ran.
        unit_type: what a unit is.
        units_micro: micro-units of computation.
        amount: base units asked for; the claim's fee comes out of it.
        final: whether the rest of the reservation goes back to the client.
        fields_root: commitment to private fields, or zeros.
    """

    reservation_id: Hash
    receipt_hash: Hash
    sidecar_id: Hash
    job_id: str
    provider: Address
    client: Address
    public_key: PublicKey
    model: str
    unit_type: str
    units_micro: int
    amount: int
    final: bool
    fields_root: Hash = ZERO_HASH

    def encode(self) -> bytes:
        """Return the fields in a fixed order; all of them are signed."""
        hashes = self.reservation_id + self.receipt_hash + self.sidecar_id
        labels = text8(self.job_id) + text8(self.model) + text8(self.unit_type)
        numbers = u64(self.units_micro) + u64(self.amount) + u8(self.final)
        parties = self.provider + self.client + self.public_key
        return hashes + parties + labels + numbers + self.fields_root

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the fields that :meth:`encode` wrote."""
        return cls(
            reservation_id=reader.hash(),
            receipt_hash=reader.hash(),
            sidecar_id=reader.hash(),
            provider=Address(reader.take(20)),
            client=Address(reader.take(20)),
            public_key=PublicKey(reader.take(PUBLIC_KEY_BYTES)),
            job_id=reader.text8(LABEL_MAX),
            model=reader.text8(LABEL_MAX),
            unit_type=reader.text8(LABEL_MAX),
            units_micro=reader.u64(),
            amount=reader.u64(),
            final=reader.flag(),
            fields_root=reader.hash(),
        )


@dataclass(frozen=True, slots=True)
class ClaimTransaction:
    """A claim with the provider's signature and, if the client gave one, its acceptance.

    Attributes:
        claim: what is claimed.
        signature: 64 bytes, kind ``claim``, over every field of the claim.
        acceptance: the client's word, or None.
    """

    kind: ClassVar[Kind] = Kind.CLAIM
    claim: Claim
    signature: Signature
    acceptance: Acceptance | None = None

    def encode_unsigned(self) -> bytes:
        """Return the bytes that the provider signs, without their domain."""
        return u8(TRANSACTION_VERSION) + u8(self.kind) + self.claim.encode()

    def encode(self) -> bytes:
        """Return the stored form."""
        body = self.encode_unsigned() + self.signature
        if self.acceptance is None:
            return body + u8(0)
        return body + u8(1) + self.acceptance.public_key + self.acceptance.signature

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read what follows version and kind."""
        claim = Claim.read(reader)
        signature = Signature(reader.take(SIGNATURE_BYTES))
        acceptance = None
        if reader.flag():
            acceptance = Acceptance(
                public_key=PublicKey(reader.take(PUBLIC_KEY_BYTES)),
                signature=Signature(reader.take(SIGNATURE_BYTES)),
            )
        return cls(claim=claim, signature=signature, acceptance=acceptance)

    def signing_bytes(self, genesis_hash: Hash) -> bytes:
        """Return the message that the provider signed."""
        return signing_bytes(SigningKind.CLAIM, genesis_hash, self.encode_unsigned())

    def id(self, genesis_hash: Hash) -> Hash:
        """Return the transaction id: a hash of the signed bytes, without any signature."""
        return tagged_hash(b"transaction", self.signing_bytes(genesis_hash))

    @property
    def priced_bytes(self) -> int:
        """Size that the fee counts: without the acceptance, which a carrier may add or drop."""
        return len(self.encode_unsigned()) + SIGNATURE_BYTES + 1


def claim_of(receipt: Receipt, *, final: bool) -> Claim:
    """Return the claim that asks for a receipt's whole price."""
    root = receipt.fields_root
    return Claim(
        reservation_id=Hash(bytes.fromhex(receipt.reservation_id)),
        receipt_hash=receipt.hash,
        sidecar_id=receipt.sidecar_id,
        job_id=receipt.job_id,
        provider=receipt.provider_address,
        client=receipt.client_address,
        public_key=receipt.signature.key,
        model=receipt.model,
        unit_type=receipt.unit_type,
        units_micro=receipt.units,
        amount=receipt.price,
        final=final,
        fields_root=ZERO_HASH if root is None else Hash(bytes.fromhex(root)),
    )


def sign_claim(claim: Claim, *, key: SecretKey, genesis_hash: Hash) -> ClaimTransaction:
    """Return the claim signed with the provider's key."""
    unsigned = ClaimTransaction(claim=claim, signature=Signature(bytes(SIGNATURE_BYTES)))
    return replace(unsigned, signature=key.sign(unsigned.signing_bytes(genesis_hash)))


def acceptance_bytes(claim: Claim, *, genesis_hash: Hash) -> bytes:
    """Return the message a client signs to accept a claim: it binds the amount."""
    body = claim.reservation_id + claim.receipt_hash + u64(claim.amount)
    return signing_bytes(SigningKind.ACCEPTANCE, genesis_hash, body)


def accept_claim(
    transaction: ClaimTransaction, *, key: SecretKey, genesis_hash: Hash
) -> ClaimTransaction:
    """Return the claim with the client's acceptance beside it."""
    message = acceptance_bytes(transaction.claim, genesis_hash=genesis_hash)
    acceptance = Acceptance(public_key=key.public_key, signature=key.sign(message))
    return replace(transaction, acceptance=acceptance)
