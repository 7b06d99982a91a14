"""Proof that one key signed two different things where a validator may sign one.

It holds all that proves it, so that anybody can check it who has never heard of a validator: an
honest one, whose sign-state outlives every crash, never makes one.

    public_key 32 | kind u8 | height u64 | round u32 | (tail | signature 64) * 2
"""

from dataclasses import dataclass
from typing import Final, Self

from chain.certificate import SignatureCheck, read_position
from chain.codec import Reader, decode_whole, u8, u32, u64
from chain.crypto import SigningKind, check_signature, signing_bytes
from chain.errors import MalformedMessage
from chain.primitives import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, Hash, PublicKey, Signature

POSITION_BYTES = 8 + 4
"""Height and round, with which the body of every vote and proposal begins."""

TAIL_BYTES: Final = {SigningKind.PROPOSAL: 36, SigningKind.PREVOTE: 32, SigningKind.PRECOMMIT: 32}
"""Bytes that follow in the body: the block's hash, of a proposal after the round of its polka."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One of the two signed things.

    Attributes:
        tail: the signed body after height and round.
        signature: 64 bytes.
    """

    tail: bytes
    signature: Signature


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two statements of one key that contradict each other.

    Attributes:
        public_key: who signed both, 32 bytes.
        kind: proposal, prevote or precommit.
        height: of both.
        round: of both.
        first: the one whose tail sorts first, so that a pair has one encoding.
        second: the other one.
    """

    public_key: PublicKey
    kind: SigningKind
    height: int
    round: int
    first: Statement
    second: Statement

    def body(self, statement: Statement) -> bytes:
        """Return the signed body of a statement."""
        return u64(self.height) + u32(self.round) + statement.tail

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        place = u8(self.kind) + u64(self.height) + u32(self.round)
        statements = (one.tail + one.signature for one in (self.first, self.second))
        return self.public_key + place + b"".join(statements)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Decode a whole piece of evidence; no signature is checked.

        Raises:
            MalformedMessage: the bytes do not decode, or the statements do not contradict each
                other in their one order.
        """
        return decode_whole(data, cls.read)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read what :meth:`encode` wrote.

        Raises:
            MalformedMessage: as :meth:`decode`.
        """
        public_key = PublicKey(reader.take(PUBLIC_KEY_BYTES))
        kind = reader.u8()
        if kind not in TAIL_BYTES:
            raise MalformedMessage(detail=f"{kind} is no kind of vote or proposal")
        height, round_ = read_position(reader)
        first, second = (
            Statement(
                tail=reader.take(TAIL_BYTES[SigningKind(kind)]),
                signature=Signature(reader.take(SIGNATURE_BYTES)),
            )
            for _ in range(2)
        )
        if first.tail >= second.tail:
            raise MalformedMessage(detail="the two statements of evidence do not rise")
        return cls(public_key, SigningKind(kind), height, round_, first, second)


def check_evidence(
    evidence: Evidence, *, genesis_hash: Hash, check: SignatureCheck = check_signature
) -> None:
    """Check that the key signed both statements; that they contradict each other is their form.

    Args:
        evidence: as decoded.
        genesis_hash: 32 bytes, in every signed message.
        check: the signature check.

    Raises:
        InvalidSignature: it did not sign one of them.
    """
    for statement in (evidence.first, evidence.second):
        check(
            public_key=evidence.public_key,
            message=signing_bytes(evidence.kind, genesis_hash, evidence.body(statement)),
            signature=statement.signature,
            what=f"{evidence.kind.name.lower()} in evidence",
        )
