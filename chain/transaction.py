"""A transaction: an envelope that somebody signed, or a claim that proves itself.

    signed    version u8 | kind u8 | sender 20 | public_key 32 | nonce u64 | fee u64
              | valid_until u64 | payload | signature 64
    claim     version u8 | kind u8 | claim | signature 64 | flag u8 [public_key 32 | signature 64]

What is signed is a prefix of what is stored, so nothing is encoded twice. Every field is fixed or
carries its length, so a transaction has exactly one encoding.
"""

from dataclasses import dataclass, replace

from chain.approval import DECISIONS, ApprovedTransaction
from chain.claim import Claim, ClaimTransaction
from chain.claim_batch import ClaimBatch
from chain.codec import Reader, decode_whole, u8, u64
from chain.crypto import SecretKey, SigningKind, signing_bytes, tagged_hash
from chain.errors import LimitExceeded, MalformedMessage
from chain.kind import Kind
from chain.payloads import PAYLOADS, Payload
from chain.primitives import (
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    TRANSACTION_BYTES_MAX,
    TRANSACTION_VERSION,
    Address,
    Hash,
    PublicKey,
    Signature,
)


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """An envelope around a payload.

    Attributes:
        sender: the account that acts and pays, 20 bytes.
        public_key: a key of that account, 32 bytes.
        nonce: the key's next number for this sender.
        fee: base units, from the minimum of its kind and size to a hundred times that.
        valid_until: the last height that may include it.
        payload: what it does.
        signature: 64 bytes over the transaction's signing bytes.
    """

    sender: Address
    public_key: PublicKey
    nonce: int
    fee: int
    valid_until: int
    payload: Payload
    signature: Signature

    @property
    def kind(self) -> Kind:
        """The payload's kind."""
        return self.payload.kind

    def encode_unsigned(self) -> bytes:
        """Return the bytes that are signed, without their domain."""
        head = u8(TRANSACTION_VERSION) + u8(self.kind) + self.sender + self.public_key
        return (
            head + u64(self.nonce) + u64(self.fee) + u64(self.valid_until) + self.payload.encode()
        )

    def encode(self) -> bytes:
        """Return the stored form."""
        return self.encode_unsigned() + self.signature

    def signing_bytes(self, genesis_hash: Hash) -> bytes:
        """Return the signed message."""
        return signing_bytes(SigningKind.TRANSACTION, genesis_hash, self.encode_unsigned())

    def id(self, genesis_hash: Hash) -> Hash:
        """Return the transaction id: a hash of the signed bytes, signature excluded."""
        return transaction_id_of(self.signing_bytes(genesis_hash))


def sign_transaction(
    payload: Payload,
    *,
    key: SecretKey,
    genesis_hash: Hash,
    nonce: int,
    fee: int,
    valid_until: int,
    sender: Address | None = None,
) -> SignedTransaction:
    """Return ``payload`` signed with a key for its own account, or for one that granted it.

    Args:
        payload: what the transaction does.
        key: signs.
        genesis_hash: of the chain it is for.
        nonce: the next of this key of this account.
        fee: base units.
        valid_until: the last height at which it may be in a block.
        sender: the account that granted the key; without it, the key's own.
    """
    unsigned = SignedTransaction(
        sender=key.address if sender is None else sender,
        public_key=key.public_key,
        nonce=nonce,
        fee=fee,
        valid_until=valid_until,
        payload=payload,
        signature=Signature(bytes(SIGNATURE_BYTES)),
    )
    return replace(unsigned, signature=key.sign(unsigned.signing_bytes(genesis_hash)))


Transaction = SignedTransaction | ClaimTransaction | ClaimBatch | ApprovedTransaction
"""Any of the four forms; all have ``kind``, ``encode()`` and ``id(genesis_hash)``."""


def decode_transaction(data: bytes) -> Transaction:
    """Decode one transaction strictly; checks no signature.

    Raises:
        LimitExceeded: it is above ``TRANSACTION_BYTES_MAX``.
        MalformedMessage: an unknown version or kind, a missing byte or one left over.
    """
    if len(data) > TRANSACTION_BYTES_MAX:
        raise LimitExceeded(what="a transaction's size", got=len(data), limit=TRANSACTION_BYTES_MAX)
    return decode_whole(data, _read_transaction)


def _read_transaction(reader: Reader) -> Transaction:
    if reader.u8() != TRANSACTION_VERSION:
        raise MalformedMessage(detail="the transaction's version is unknown")
    kind = reader.u8()
    if kind == Kind.CLAIM:
        return ClaimTransaction.read(reader)
    if kind == Kind.CLAIM_BATCH:
        return ClaimBatch.read(reader)
    if kind in DECISIONS:
        return ApprovedTransaction.read(reader, kind)
    if kind not in PAYLOADS:
        raise MalformedMessage(detail=f"the transaction's kind {kind} is unknown")
    return SignedTransaction(
        sender=Address(reader.take(20)),
        public_key=PublicKey(reader.take(PUBLIC_KEY_BYTES)),
        nonce=reader.u64(),
        fee=reader.u64(),
        valid_until=reader.u64(),
        payload=PAYLOADS[kind].read(reader),
        signature=Signature(reader.take(SIGNATURE_BYTES)),
    )


def claims_in(transaction: Transaction) -> tuple[Claim, ...]:
    """Return the claims that a transaction carries, each of which brings a receipt document."""
    match transaction:
        case ClaimTransaction():
            return (transaction.claim,)
        case ClaimBatch():
            return transaction.claims
        case _:
            return ()


def transaction_id_of(signed: bytes) -> Hash:
    """Return the transaction id that signing bytes give."""
    return tagged_hash(b"transaction", signed)


def full_id(data: bytes) -> Hash:
    """Return the hash of a transaction's whole stored form, by which proposals name it.

    Two carriers may hold one transaction id with different signatures or acceptances; blocks and
    the transactions root commit to the exact bytes.
    """
    return tagged_hash(b"transaction-bytes", data)
