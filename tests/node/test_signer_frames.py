import pytest

from chain.crypto import SigningKind, sha256
from chain.errors import MalformedMessage
from chain.primitives import Hash, PublicKey, Signature
from node.signer_frames import (
    ANSWERS,
    WISHES,
    Answer,
    Hello,
    Keep,
    Kept,
    Refused,
    Sign,
    Signed,
    Welcome,
    Wish,
)
from p2p.frames import FrameDecoder, pack, unpack

HASH = sha256(b"block")
BLOCKS = {HASH: b"bytes of a block", Hash(bytes(32)): b""}

WISHED: list[Wish] = [
    Hello(HASH),
    Sign(SigningKind.PREVOTE, b"body"),
    Keep(b"record", BLOCKS),
    Keep(b"", {}),
]
ANSWERED: list[Answer] = [
    Welcome(PublicKey(bytes(32)), b"record", BLOCKS),
    Signed(Signature(bytes(64))),
    Kept(),
    Refused("no"),
]


@pytest.mark.parametrize("message", WISHED, ids=lambda one: type(one).__name__)
def test_wish_comes_back(message: Wish) -> None:
    (frame,) = FrameDecoder().feed(pack(message))
    assert unpack(frame, WISHES) == message


@pytest.mark.parametrize("message", ANSWERED, ids=lambda one: type(one).__name__)
def test_answer_comes_back(message: Answer) -> None:
    (frame,) = FrameDecoder().feed(pack(message))
    assert unpack(frame, ANSWERS) == message


@pytest.mark.parametrize("message", [*WISHED, *ANSWERED], ids=lambda one: type(one).__name__)
def test_byte_more_or_less_is_refused(message: Wish | Answer) -> None:
    body = message.encode()
    for wrong in (body + b"\0", body[:-1]):
        if wrong != body and not (isinstance(message, Kept) and not wrong):
            with pytest.raises(MalformedMessage):
                type(message).decode(wrong)


def test_neither_side_takes_what_it_says_itself() -> None:
    assert not WISHES.keys() & ANSWERS.keys()


def test_bounds_are_kept() -> None:
    with pytest.raises(MalformedMessage):
        Sign.decode(Sign(SigningKind.PREVOTE, bytes(65)).encode())
    with pytest.raises(MalformedMessage):
        Keep.decode(Keep(b"", {sha256(bytes((i,))): b"" for i in range(4)}).encode())
    with pytest.raises(MalformedMessage, match="lacks its hash"):
        Keep.decode(bytes(4) + (1).to_bytes(4, "big") + (1).to_bytes(4, "big") + b"x")
    with pytest.raises(MalformedMessage):
        Sign.decode(b"\xff" + bytes(4))
