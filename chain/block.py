"""The header, the block and its sidecar of receipt documents.

A block's hash is the hash of its header, and the header commits to all the rest: transactions,
outcomes, receipts, the parent's commit certificate, the validators and the state afterwards.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

from chain.certificate import CERTIFICATE_BYTES_MAX, Certificate
from chain.codec import Reader, bytes32, decode_whole, sequence, text8, u16, u64
from chain.crypto import tagged_hash
from chain.errors import MalformedMessage
from chain.primitives import (
    BLOCK_CLAIMS_MAX,
    BLOCK_EVIDENCE_MAX,
    BLOCK_TRANSACTIONS_MAX,
    CHAIN_ID_MAX,
    HEIGHT_MAX,
    PUBLIC_KEY_BYTES,
    RECEIPT_BYTES_MAX,
    TIME_MS_MAX,
    TRANSACTION_BYTES_MAX,
    ZERO_HASH,
    Hash,
    PublicKey,
)

BLOCK_VERSION = 1
"""First field of every header."""

EVIDENCE_BYTES_MAX = 4_096
"""One piece of evidence; the widest has 245 bytes."""


@dataclass(frozen=True)
class Header:
    """What validators sign for.

    Attributes:
        chain_id: name of the chain, at most 32 characters.
        genesis_hash: SHA-256 of the genesis document.
        height: 1 for the first block.
        time_ms: unix milliseconds by the proposer's clock, above the parent's.
        parent_hash: hash of the block before; the genesis hash for the first.
        last_commit_hash: hash of the parent's commit certificate; zeros for the first block.
        transactions_root: RFC 6962 root over the transactions' stored bytes.
        outcomes_root: RFC 6962 root over the outcomes.
        receipts_root: RFC 6962 root over the canonical receipt documents.
        state_root: root of the whole state after this block.
        validators_hash: the validators of this height.
        next_validators_hash: the validators of the next height.
        params_hash: the parameters this block was executed with.
        evidence_hash: hash over the block's evidence; zeros when there is none.
        payouts_root: root of a payout period that ends here, else zeros.
        proposer: public key of the validator whose turn it was.
    """

    chain_id: str
    genesis_hash: Hash
    height: int
    time_ms: int
    parent_hash: Hash
    last_commit_hash: Hash
    transactions_root: Hash
    outcomes_root: Hash
    receipts_root: Hash
    state_root: Hash
    validators_hash: Hash
    next_validators_hash: Hash
    params_hash: Hash
    evidence_hash: Hash
    payouts_root: Hash
    proposer: PublicKey

    def encode(self) -> bytes:
        """Return the fields in a fixed order after the version."""
        start = u16(BLOCK_VERSION) + text8(self.chain_id) + self.genesis_hash
        place = u64(self.height) + u64(self.time_ms) + self.parent_hash + self.last_commit_hash
        roots = self.transactions_root + self.outcomes_root + self.receipts_root + self.state_root
        sets = self.validators_hash + self.next_validators_hash + self.params_hash
        return start + place + roots + sets + self.evidence_hash + self.payouts_root + self.proposer

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read what :meth:`encode` wrote.

        Raises:
            MalformedMessage: the version is unknown, a field does not decode, or height or time
                is outside what other programs can hold.
        """
        if reader.u16() != BLOCK_VERSION:
            raise MalformedMessage(detail="the block's version is unknown")
        return cls(
            chain_id=reader.text8(CHAIN_ID_MAX),
            genesis_hash=reader.hash(),
            height=reader.bounded(1, HEIGHT_MAX),
            time_ms=reader.bounded(0, TIME_MS_MAX),
            parent_hash=reader.hash(),
            last_commit_hash=reader.hash(),
            transactions_root=reader.hash(),
            outcomes_root=reader.hash(),
            receipts_root=reader.hash(),
            state_root=reader.hash(),
            validators_hash=reader.hash(),
            next_validators_hash=reader.hash(),
            params_hash=reader.hash(),
            evidence_hash=reader.hash(),
            payouts_root=reader.hash(),
            proposer=PublicKey(reader.take(PUBLIC_KEY_BYTES)),
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Decode a whole header.

        Raises:
            MalformedMessage: it does not decode, or bytes are left over.
        """
        return decode_whole(data, cls.read)

    @cached_property
    def hash(self) -> Hash:
        """The block hash."""
        return tagged_hash(b"block", self.encode())


@dataclass(frozen=True)
class Block:
    """A header and everything it commits to, as bytes that nobody has checked yet.

    Attributes:
        header: see :class:`Header`.
        last_commit: the parent's commit certificate; None for the first block.
        evidence: encoded pairs of conflicting messages.
        transactions: stored forms, in order of execution.
        receipts: the sidecar: canonical documents in the order of the claims.
    """

    header: Header
    last_commit: Certificate | None
    evidence: tuple[bytes, ...]
    transactions: tuple[bytes, ...]
    receipts: tuple[bytes, ...]

    @property
    def hash(self) -> Hash:
        """The header's hash."""
        return self.header.hash

    def encode(self) -> bytes:
        """Return header, last commit, evidence, transactions and sidecar."""
        start = bytes32(self.header.encode()) + encode_last_commit(self.last_commit)
        body = sequence(self.evidence) + sequence(self.transactions)
        return start + body + sequence(self.receipts)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read what :meth:`encode` wrote.

        Raises:
            MalformedMessage: a part does not decode or is above its limit.
        """
        return cls(
            header=Header.decode(reader.bytes32(limit=1_024)),
            last_commit=read_last_commit(reader),
            evidence=tuple(
                reader.sequence(count_max=BLOCK_EVIDENCE_MAX, item_max=EVIDENCE_BYTES_MAX)
            ),
            transactions=tuple(
                reader.sequence(count_max=BLOCK_TRANSACTIONS_MAX, item_max=TRANSACTION_BYTES_MAX)
            ),
            receipts=tuple(reader.sequence(count_max=BLOCK_CLAIMS_MAX, item_max=RECEIPT_BYTES_MAX)),
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Decode a whole block.

        Raises:
            MalformedMessage: it does not decode, or bytes are left over.
        """
        return decode_whole(data, cls.read)


def encode_last_commit(certificate: Certificate | None) -> bytes:
    """Return the certificate after its length; a length of 0 stands for none."""
    return bytes32(b"" if certificate is None else certificate.encode())


def read_last_commit(reader: Reader) -> Certificate | None:
    """Read what :func:`encode_last_commit` wrote.

    Raises:
        MalformedMessage: it does not decode.
    """
    data = reader.bytes32(limit=CERTIFICATE_BYTES_MAX)
    return Certificate.decode(data) if data else None


def last_commit_hash(certificate: Certificate | None) -> Hash:
    """Return the certificate's hash, or zeros for none."""
    return ZERO_HASH if certificate is None else certificate.hash


def evidence_hash(evidence: tuple[bytes, ...]) -> Hash:
    """Return the hash over a block's evidence, or zeros for none."""
    return tagged_hash(b"evidence", sequence(evidence)) if evidence else ZERO_HASH
