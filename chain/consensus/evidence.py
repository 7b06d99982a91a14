"""Proof that one validator signed two different messages where it may sign one.

Made from the two messages alone, so that anybody can check it: an honest validator, whose
sign-state outlives every crash, never makes one.
"""

from dataclasses import dataclass

from chain import codec
from chain.certificate import SignatureCheck
from chain.consensus.messages import (
    Proposal,
    SignedMessage,
    Vote,
    check_message_signature,
    decode_message,
    encode_message,
)
from chain.crypto import SigningKind, check_signature
from chain.errors import MalformedMessage
from chain.primitives import Hash
from chain.validators import ValidatorSet

_MESSAGE_BYTES_MAX = 256


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two signed messages of one validator that contradict each other; made by :meth:`pair`."""

    first: SignedMessage
    """The one whose body sorts first, so that a pair has one encoding; without content."""

    second: SignedMessage
    """The other one, without content."""

    @classmethod
    def pair(cls, one: SignedMessage, other: SignedMessage) -> "Evidence":
        """Put two messages in order and drop the contents of proposals."""
        bare = [
            each.without_content() if isinstance(each, Proposal) else each for each in (one, other)
        ]
        first, second = sorted(bare, key=lambda message: message.body())
        return cls(first, second)

    @property
    def offence(self) -> tuple[int, int, int, SigningKind]:
        """Return (height, round, index, kind): what is punished once, whatever the pair."""
        first = self.first
        return first.height, first.round, first.index, first.signing_kind

    def encode(self) -> bytes:
        """Return both messages, each after its length in four bytes."""
        return b"".join(codec.bytes32(encode_message(each)) for each in (self.first, self.second))

    @classmethod
    def decode(cls, data: bytes) -> "Evidence":
        """Read what :meth:`encode` wrote.

        Raises:
            MalformedMessage: the bytes do not decode, or are not the form :meth:`pair` makes.
        """
        return codec.decode_whole(data, cls._read)

    @classmethod
    def _read(cls, reader: codec.Reader) -> "Evidence":
        first = decode_message(reader.bytes32(limit=_MESSAGE_BYTES_MAX))
        second = decode_message(reader.bytes32(limit=_MESSAGE_BYTES_MAX))
        if not isinstance(first, Vote | Proposal) or not isinstance(second, Vote | Proposal):
            raise MalformedMessage(detail="evidence holds a message that nobody signed")
        evidence = cls(first, second)
        if evidence != cls.pair(first, second):
            raise MalformedMessage(detail="evidence is not in its one form")
        return evidence


def check_evidence(
    evidence: Evidence,
    *,
    validators: ValidatorSet,
    genesis_hash: Hash,
    check: SignatureCheck = check_signature,
) -> None:
    """Check that one validator signed both messages and that they contradict each other.

    Args:
        evidence: what is claimed.
        validators: the set of the evidence's height.
        genesis_hash: 32 bytes, in every signed message.
        check: the signature check.

    Raises:
        MalformedMessage: the messages agree, or are not of one validator, height, round and kind.
        InvalidSignature: one was not signed by the validator.
    """
    first, second = evidence.first, evidence.second
    if evidence.offence != Evidence(second, first).offence or first.body() == second.body():
        raise MalformedMessage(detail="the two messages do not contradict each other")
    if first.index >= len(validators):
        raise MalformedMessage(detail="evidence names a validator outside the set")
    public_key = validators[first.index].public_key
    for message in (first, second):
        check_message_signature(
            message, public_key=public_key, genesis_hash=genesis_hash, check=check
        )
