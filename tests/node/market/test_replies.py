import pytest

from chain.claim import Acceptance
from chain.errors import MalformedMessage
from chain.primitives import Signature
from node.market.messages import Reason
from node.market.replies import (
    OUTPUT_BYTES_MAX,
    Done,
    Objection,
    Offered,
    Refused,
    Reply,
    Verdict,
    decode_reply,
    decode_verdict,
    encode_verdict,
)
from tests.support.builders import key_of

DONE = Done(
    output=b"an answer",
    prompt_salt=b"\1" * 32,
    artifact_salt=b"\2" * 32,
    document=b"{}",
    claim=b"claim",
)
ACCEPTED = Acceptance(key_of("client").public_key, Signature(b"\3" * 64))


@pytest.mark.parametrize("reply", [Offered(5, 1_000), *map(Refused, Reason), DONE])
def test_reply_reads_back(reply: Reply) -> None:
    assert decode_reply(reply.encode()) == reply
    for broken in (reply.encode()[:-1], reply.encode() + b"\0"):
        with pytest.raises(MalformedMessage):
            decode_reply(broken)


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x09", b"\x02\x05hello", b"\x01" + bytes(16)])
def test_what_is_no_reply_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        decode_reply(data)


def test_output_above_the_limit_is_malformed() -> None:
    head = DONE.encode()[: -len(DONE.output) - 4]
    with pytest.raises(MalformedMessage, match="above"):
        decode_reply(head + (OUTPUT_BYTES_MAX + 1).to_bytes(4, "big"))


def test_representation_tells_nothing_private() -> None:
    assert "answer" not in repr(DONE)


@pytest.mark.parametrize("verdict", [ACCEPTED, *Objection])
def test_verdict_reads_back(verdict: Verdict) -> None:
    assert decode_verdict(encode_verdict(verdict)) == verdict
    with pytest.raises(MalformedMessage):
        decode_verdict(encode_verdict(verdict) + b"\0")


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x02\x04ugly", b"\x03\x05price"])
def test_what_is_no_verdict_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        decode_verdict(data)
