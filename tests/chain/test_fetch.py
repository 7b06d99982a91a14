"""The questions of one peer to another in bytes, and their answers."""

import pytest

from chain.codec import sequence, u8, u32
from chain.errors import MalformedMessage
from chain.fetch import (
    SYNC_BLOCKS_MAX,
    BlockWanted,
    Parts,
    PartsWanted,
    SyncWanted,
    decode_fetch,
    decode_fetch_answer,
    decode_sync_answer,
    encode_block_answer,
)
from chain.primitives import BLOCK_TRANSACTIONS_MAX, RECEIPT_BYTES_MAX, Hash

A, B = Hash(b"a" * 32), Hash(b"b" * 32)


@pytest.mark.parametrize(
    "wanted",
    [PartsWanted((), ()), PartsWanted((A, B), (B,)), BlockWanted(A)],
)
def test_question_survives_its_byte_form(wanted: PartsWanted | BlockWanted) -> None:
    assert decode_fetch(wanted.encode()) == wanted


@pytest.mark.parametrize(
    "data",
    [
        b"",
        u8(3) + A,
        u8(2) + A[:31],
        BlockWanted(A).encode() + b"\0",
        PartsWanted((A,), ()).encode()[:-1],
        u8(1) + u32(BLOCK_TRANSACTIONS_MAX + 1),
    ],
)
def test_malformed_question_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        decode_fetch(data)


def test_answer_survives_its_byte_form() -> None:
    parts = Parts(transactions=(b"one", b"two"), receipts=(b"{}",))
    assert decode_fetch_answer(parts.encode()) == parts
    assert decode_fetch_answer(encode_block_answer(b"block")) == b"block"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        u8(7),
        u8(1) + sequence([]) + sequence([bytes(RECEIPT_BYTES_MAX + 1)]),
        u8(1) + sequence([]),
    ],
)
def test_malformed_answer_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        decode_fetch_answer(data)


def test_sync_question_survives_its_byte_form() -> None:
    wanted = SyncWanted(from_height=7, count=SYNC_BLOCKS_MAX)
    assert SyncWanted.decode(wanted.encode()) == wanted


@pytest.mark.parametrize(("from_height", "count"), [(0, 1), (1, 0), (1, SYNC_BLOCKS_MAX + 1)])
def test_sync_question_for_nothing_or_too_much_is_refused(from_height: int, count: int) -> None:
    with pytest.raises(MalformedMessage):
        SyncWanted.decode(SyncWanted(from_height=from_height, count=count).encode())


def test_sync_answer_holds_a_bounded_number_of_blocks() -> None:
    assert decode_sync_answer(sequence([b"x"] * SYNC_BLOCKS_MAX)) == [b"x"] * SYNC_BLOCKS_MAX
    with pytest.raises(MalformedMessage):
        decode_sync_answer(sequence([b"x"] * (SYNC_BLOCKS_MAX + 1)))
