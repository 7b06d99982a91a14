"""The messages validators exchange to agree on one block, and their one byte form.

A vote and a proposal are signed; the two kinds of certificate are collections of votes that
anybody may carry. The first byte of an encoding says which message follows.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from chain import codec
from chain.certificate import (
    CERTIFICATE_BYTES_MAX,
    Certificate,
    SignatureCheck,
    VoteKind,
    read_position,
    read_vote_kind,
    vote_body,
)
from chain.crypto import SigningKind, check_signature, signing_bytes
from chain.errors import MalformedMessage
from chain.primitives import (
    SIGNATURE_BYTES,
    VALIDATORS_MAX,
    ZERO_HASH,
    Hash,
    PublicKey,
    Signature,
)

CONTENT_BYTES_MAX = 8 * 1024 * 1024
"""Bytes of a proposal's content: the transactions and the sidecar of the largest block."""

ROUND_VOTES_MAX = 2 * VALIDATORS_MAX
"""Votes in a round certificate: a prevote and a precommit of each validator."""

NO_ROUND = -1
"""The ``pol_round`` of a proposal for a new block."""

UNSIGNED = Signature(b"")
"""Stands in a message that its signer has not signed yet."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One validator's prevote or precommit."""

    wire_kind: ClassVar[int] = 1

    kind: VoteKind
    """PREVOTE or PRECOMMIT."""

    height: int
    """Height voted on, 1 to ``HEIGHT_MAX``."""

    round: int
    """Round voted in, 0 to ``ROUND_MAX``."""

    block_hash: Hash
    """32 bytes; zero is a vote for nil."""

    index: int
    """Index of the validator, 0 to ``VALIDATORS_MAX`` - 1."""

    signature: Signature
    """64 bytes, by the validator's key over the kind and :meth:`body`."""

    @property
    def signing_kind(self) -> SigningKind:
        """Return the kind under which it is signed."""
        return SigningKind(self.kind)

    @property
    def is_nil(self) -> bool:
        """Tell whether it is for no block."""
        return self.block_hash == ZERO_HASH

    def body(self) -> bytes:
        """Return the signed body."""
        return vote_body(self.height, self.round, self.block_hash)

    def encode(self) -> bytes:
        """Return ``kind (1) | body (44) | index (2) | signature (64)``."""
        return codec.u8(self.kind) + self.body() + codec.u16(self.index) + self.signature

    @classmethod
    def read(cls, reader: codec.Reader) -> "Vote":
        """Read one vote off the front of a message.

        Raises:
            MalformedMessage: the bytes do not decode, or a field is out of its range.
        """
        kind = read_vote_kind(reader)
        height, round_ = read_position(reader)
        block_hash, index = reader.hash(), _read_index(reader)
        return cls(kind, height, round_, block_hash, index, _read_signature(reader))


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposer's block for one round."""

    wire_kind: ClassVar[int] = 2

    height: int
    """Height of the block, 1 to ``HEIGHT_MAX``."""

    round: int
    """Round proposed in, 0 to ``ROUND_MAX``."""

    pol_round: int
    """Round of the polka that the block got before, or ``NO_ROUND``; below ``round``."""

    block_hash: Hash
    """32 bytes, never zero."""

    index: int
    """Index of the proposer, 0 to ``VALIDATORS_MAX`` - 1."""

    signature: Signature
    """64 bytes, by the proposer's key over :meth:`body`."""

    content: bytes = b""
    """The block in the engine's compact form, at most ``CONTENT_BYTES_MAX``. It is not signed:
    the block hash binds it, and the engine checks that."""

    @property
    def signing_kind(self) -> SigningKind:
        """Return the kind under which it is signed."""
        return SigningKind.PROPOSAL

    def body(self) -> bytes:
        """Return the signed body: ``height (8) | round (4) | pol_round + 1 (4) | block_hash``."""
        position = codec.u64(self.height) + codec.u32(self.round)
        return position + codec.u32(self.pol_round + 1) + self.block_hash

    def without_content(self) -> "Proposal":
        """Return what was signed, for records and evidence."""
        return replace(self, content=b"") if self.content else self

    def encode(self) -> bytes:
        """Return ``body (48) | index (2) | signature (64) | content (after its length in 4)``."""
        head = self.body() + codec.u16(self.index) + self.signature
        return head + codec.bytes32(self.content)

    @classmethod
    def read(cls, reader: codec.Reader) -> "Proposal":
        """Read one proposal off the front of a message.

        Raises:
            MalformedMessage: the bytes do not decode, or a field is out of its range.
        """
        height, round_ = read_position(reader)
        pol_round = reader.u32() - 1
        if pol_round >= round_:
            raise MalformedMessage(
                detail="a proposal names a polka that is not of an earlier round"
            )
        block_hash, index = reader.hash(), _read_index(reader)
        if block_hash == ZERO_HASH:
            raise MalformedMessage(detail="a proposal is for no block")
        signature = _read_signature(reader)
        content = reader.bytes32(limit=CONTENT_BYTES_MAX)
        return cls(height, round_, pol_round, block_hash, index, signature, content)


@dataclass(frozen=True, slots=True)
class RoundCertificate:
    """Votes of one round that show why a validator has moved on.

    Either precommits of a quorum (their round is over) or votes of the skip threshold (an honest
    validator is there already).
    """

    wire_kind: ClassVar[int] = 3

    height: int
    """Height of the votes, 1 to ``HEIGHT_MAX``."""

    round: int
    """Round of the votes, 0 to ``ROUND_MAX``."""

    votes: tuple[Vote, ...]
    """1 to ``ROUND_VOTES_MAX`` votes of this height and round."""

    def encode(self) -> bytes:
        """Return ``height (8) | round (4) | votes (a sequence of vote encodings)``."""
        position = codec.u64(self.height) + codec.u32(self.round)
        return position + codec.sequence(vote.encode() for vote in self.votes)

    @classmethod
    def read(cls, reader: codec.Reader) -> "RoundCertificate":
        """Read one round certificate off the front of a message.

        Raises:
            MalformedMessage: the bytes do not decode, or a vote is of another height or round.
        """
        height, round_ = read_position(reader)
        items = reader.sequence(count_max=ROUND_VOTES_MAX, item_max=_VOTE_BYTES)
        votes = tuple(codec.decode_whole(item, Vote.read) for item in items)
        if not votes or any((vote.height, vote.round) != (height, round_) for vote in votes):
            raise MalformedMessage(detail="a round certificate holds no vote, or one of elsewhere")
        return cls(height, round_, votes)


@dataclass(frozen=True, slots=True)
class CertificateMessage:
    """A polka or a commit certificate on its way to a validator that lacks the votes."""

    wire_kind: ClassVar[int] = 4

    certificate: Certificate
    """Unchecked as received."""

    @property
    def height(self) -> int:
        """Return the height of the certificate."""
        return self.certificate.height

    @property
    def round(self) -> int:
        """Return the round of the certificate."""
        return self.certificate.round

    def encode(self) -> bytes:
        """Return the certificate after its length in four bytes."""
        return codec.bytes32(self.certificate.encode())

    @classmethod
    def read(cls, reader: codec.Reader) -> "CertificateMessage":
        """Read one certificate off the front of a message.

        Raises:
            MalformedMessage: the bytes do not decode.
        """
        return cls(Certificate.decode(reader.bytes32(limit=CERTIFICATE_BYTES_MAX)))


SignedMessage = Vote | Proposal
Message = Vote | Proposal | RoundCertificate | CertificateMessage

_VOTE_BYTES = 1 + 8 + 4 + 32 + 2 + SIGNATURE_BYTES

MESSAGE_BYTES_MAX = 1 + 8 + 4 + 4 + 32 + 2 + SIGNATURE_BYTES + 4 + CONTENT_BYTES_MAX
"""Bytes of the largest message, a proposal with the largest content."""


_KINDS = {each.wire_kind: each for each in (Vote, Proposal, RoundCertificate, CertificateMessage)}


def encode_message(message: Message) -> bytes:
    """Return the kind in one byte, then the message."""
    return codec.u8(message.wire_kind) + message.encode()


def decode_message(data: bytes) -> Message:
    """Read what :func:`encode_message` wrote.

    Raises:
        MalformedMessage: the kind is unknown, the bytes do not decode, or some are left over.
    """
    return codec.decode_whole(data, _read_message)


def check_message_signature(
    message: SignedMessage,
    *,
    public_key: PublicKey,
    genesis_hash: Hash,
    check: SignatureCheck = check_signature,
) -> None:
    """Check the signature of a vote or a proposal.

    Raises:
        InvalidSignature: it does not verify under ``public_key``.
    """
    kind = message.signing_kind
    signed = signing_bytes(kind, genesis_hash, message.body())
    check(
        public_key=public_key, message=signed, signature=message.signature, what=kind.name.lower()
    )


def _read_message(reader: codec.Reader) -> Message:
    kind = reader.u8()
    if kind not in _KINDS:
        raise MalformedMessage(detail=f"{kind} is no kind of consensus message")
    message: Message = _KINDS[kind].read(reader)
    return message


def _read_index(reader: codec.Reader) -> int:
    index = reader.u16()
    if index >= VALIDATORS_MAX:
        raise MalformedMessage(detail="the index of a validator is out of its range")
    return index


def _read_signature(reader: codec.Reader) -> Signature:
    return Signature(reader.take(SIGNATURE_BYTES))
