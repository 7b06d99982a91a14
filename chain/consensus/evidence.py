"""Evidence as the machine finds it, and as it travels from one node to the others."""

from chain import codec
from chain.consensus.messages import SignedMessage
from chain.errors import MalformedMessage
from chain.evidence import POSITION_BYTES, Evidence, Statement
from chain.primitives import PublicKey

WIRE_KIND = 5
"""First byte of evidence on the consensus lane, after the kinds of ``chain.consensus.messages``.
It is of no height that the machine works on, so the machine never sees it."""


def evidence_of(one: SignedMessage, other: SignedMessage, *, public_key: PublicKey) -> Evidence:
    """Return what two messages prove whose signatures were checked.

    Args:
        one: a vote or a proposal.
        other: another one of the same height, round and kind.
        public_key: of the validator that signed both.
    """
    places = {(each.height, each.round, each.signing_kind) for each in (one, other)}
    assert len(places) == 1
    first, second = sorted(
        (Statement(each.body()[POSITION_BYTES:], each.signature) for each in (one, other)),
        key=lambda statement: statement.tail,
    )
    assert first.tail != second.tail
    return Evidence(public_key, one.signing_kind, one.height, one.round, first, second)


def is_evidence_message(data: bytes) -> bool:
    """Tell whether bytes of the consensus lane are evidence and no message of the machine's."""
    return data[:1] == codec.u8(WIRE_KIND)


def encode_evidence_message(evidence: Evidence) -> bytes:
    """Return the kind in one byte, then the evidence."""
    return codec.u8(WIRE_KIND) + evidence.encode()


def decode_evidence_message(data: bytes) -> Evidence:
    """Read what :func:`encode_evidence_message` wrote.

    Raises:
        MalformedMessage: the bytes do not decode, or some are left over.
    """
    if not is_evidence_message(data):
        raise MalformedMessage(detail="the message is no evidence")
    return Evidence.decode(data[1:])
