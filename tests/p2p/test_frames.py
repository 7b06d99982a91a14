import random

import pytest

from chain.errors import MalformedMessage
from p2p.frames import (
    FRAME_BYTES_MAX,
    KIND_API_MIN,
    Frame,
    FrameDecoder,
    FrameKind,
    encode_frame,
    pack,
    unpack,
)
from p2p.orders import ORDERS, Broadcast
from p2p.reports import REPORTS
from tests.support.network_frames import OTHER_REGISTRY, Note


def test_frame_is_length_kind_body() -> None:
    assert encode_frame(7, b"abc") == b"\0\0\0\x04\x07abc"


@pytest.mark.parametrize("seed", range(5))
def test_pieces_of_any_size_make_the_same_frames(seed: int) -> None:
    dice = random.Random(seed)
    frames = [Frame(dice.randrange(256), dice.randbytes(dice.randrange(300))) for _ in range(200)]
    stream = b"".join(encode_frame(frame.kind, frame.body) for frame in frames)
    decoder, read = FrameDecoder(), []
    while stream:
        size = dice.choice((1, 3, 5, 100, 4000))
        read += decoder.feed(stream[:size])
        stream = stream[size:]
    assert read == frames, f"seed {seed}"


@pytest.mark.parametrize("length", [0, FRAME_BYTES_MAX + 1, 2**32 - 1])
def test_impossible_length_is_refused_before_anything_is_kept(length: int) -> None:
    with pytest.raises(MalformedMessage):
        FrameDecoder().feed(length.to_bytes(4, "big"))


def test_frame_above_the_limit_is_not_made() -> None:
    with pytest.raises(MalformedMessage):
        encode_frame(1, bytes(FRAME_BYTES_MAX))


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(MalformedMessage):
        unpack(Frame(KIND_API_MIN, b""), ORDERS)


def test_order_is_no_report() -> None:
    with pytest.raises(MalformedMessage):
        unpack(Frame(Broadcast.KIND, Broadcast(b"vote").encode()), REPORTS)


@pytest.mark.parametrize("kind", [FrameKind.PUBLISH, FrameKind.ANSWER])
def test_random_bodies_are_read_or_refused(kind: FrameKind) -> None:
    dice = random.Random(kind)
    for _ in range(500):
        frame = Frame(kind, dice.randbytes(dice.randrange(40)))
        try:
            message = unpack(frame, ORDERS)
        except MalformedMessage:
            continue
        assert message.encode() == frame.body


def test_another_edge_brings_its_own_kinds() -> None:
    (frame,) = FrameDecoder().feed(pack(Note("hello")))
    assert unpack(frame, OTHER_REGISTRY) == Note("hello")
