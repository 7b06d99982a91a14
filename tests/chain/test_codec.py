"""The one byte form: what decodes is its own encoding, and nothing else decodes."""

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import codec
from chain.block import Block, Header
from chain.certificate import Certificate
from chain.codec import Reader, decode_whole, join_sequences, sequence
from chain.errors import ChainError, MalformedMessage
from chain.outcome import Outcome
from chain.proposal import CompactBlock
from chain.transaction import decode_transaction
from tests.support import shapes


class Encoded(Protocol):
    def encode(self) -> bytes: ...


Values = st.SearchStrategy[Encoded]
Decode = Callable[[bytes], Encoded]

FORMS: dict[str, tuple[Values, Decode]] = {
    "transfer or other signed transaction": (shapes.signed_transactions, decode_transaction),
    "claim": (shapes.claim_transactions, decode_transaction),
    "batch of claims": (shapes.claim_batches, decode_transaction),
    "decision": (shapes.approved_transactions, decode_transaction),
    "header": (shapes.headers, Header.decode),
    "block": (shapes.blocks, Block.decode),
    "certificate": (shapes.certificates, Certificate.decode),
    "compact block": (shapes.compact_blocks, CompactBlock.decode),
    "outcome": (shapes.outcomes, lambda data: decode_whole(data, Outcome.read)),
}
each_form = pytest.mark.parametrize(("values", "decode"), FORMS.values(), ids=FORMS)


@each_form
def test_what_was_encoded_decodes(values: Values, decode: Decode) -> None:
    @given(values)
    def check(value: Encoded) -> None:
        assert decode(value.encode()) == value

    check()


@each_form
def test_changed_bytes_fail_or_are_their_own_encoding(values: Values, decode: Decode) -> None:
    @settings(max_examples=150)
    @given(values, st.data())
    def check(value: Encoded, data: st.DataObject) -> None:
        encoded = value.encode()
        start = data.draw(st.integers(0, len(encoded)))
        end = data.draw(st.integers(start, min(start + 4, len(encoded))))
        changed = encoded[:start] + data.draw(st.binary(max_size=4)) + encoded[end:]
        try:
            decoded = decode(changed)
        except ChainError:
            return
        assert decoded.encode() == changed

    check()


@each_form
def test_cut_bytes_do_not_decode(values: Values, decode: Decode) -> None:
    @given(values, st.data())
    def check(value: Encoded, data: st.DataObject) -> None:
        encoded = value.encode()
        cut = data.draw(st.integers(0, len(encoded) - 1))
        with pytest.raises(MalformedMessage):
            decode(encoded[:cut])
        with pytest.raises(MalformedMessage):
            decode(encoded + b"\0")

    check()


@each_form
def test_random_bytes_raise_nothing_but_chain_errors(values: Values, decode: Decode) -> None:
    @given(st.binary(max_size=400), st.integers(0, 5), st.integers(0, 5))
    def check(data: bytes, first: int, second: int) -> None:
        for candidate in (data, bytes((first, second)) + data, bytes((0, first)) + data):
            with suppress(ChainError):
                assert decode(candidate).encode() == candidate

    check()


def test_numbers_are_big_endian_and_of_fixed_width() -> None:
    numbers = (codec.u8(1), codec.u16(1), codec.u32(1), codec.u64(1))
    assert [number.hex() for number in numbers] == ["01", "0001", "00000001", "00" * 7 + "01"]
    reader = Reader(b"".join(numbers))
    assert (reader.u8(), reader.u16(), reader.u32(), reader.u64()) == (1, 1, 1, 1)
    reader.end()


def test_flag_is_zero_or_one() -> None:
    assert decode_whole(b"\0", Reader.flag) is False
    assert decode_whole(b"\1", Reader.flag) is True
    with pytest.raises(MalformedMessage):
        decode_whole(b"\2", Reader.flag)


@pytest.mark.parametrize("character", [0x00, 0x0A, 0x1F, 0x7F, 0x80, 0xE9, 0xFF])
def test_text_is_printable_ascii(character: int) -> None:
    with pytest.raises(MalformedMessage):
        decode_whole(bytes((1, character)), Reader.text8)


def test_text_has_a_limit() -> None:
    assert Reader(codec.text8("ab")).text8(2) == "ab"
    with pytest.raises(MalformedMessage):
        Reader(codec.text8("abc")).text8(2)


def test_bytes_have_a_limit() -> None:
    assert Reader(codec.bytes32(b"abc")).bytes32(limit=3) == b"abc"
    with pytest.raises(MalformedMessage):
        Reader(codec.bytes32(b"abc")).bytes32(limit=2)


def test_sequence_has_two_limits() -> None:
    data = codec.sequence([b"a", b"", b"bcd"])
    assert Reader(data).sequence(count_max=3, item_max=3) == [b"a", b"", b"bcd"]
    with pytest.raises(MalformedMessage):
        Reader(data).sequence(count_max=2, item_max=3)
    with pytest.raises(MalformedMessage):
        Reader(data).sequence(count_max=3, item_max=2)


def test_long_lengths_allocate_nothing() -> None:
    for data in (b"\xff" * 8, codec.u32(3) + b"\xff" * 8):
        with pytest.raises(MalformedMessage):
            Reader(data).sequence(count_max=2**32, item_max=2**32)


@pytest.mark.parametrize(("value", "fits"), [(1, False), (2, True), (9, True), (10, False)])
def test_bounded_number(value: int, fits: bool) -> None:  # noqa: FBT001 -- a column of the table
    reader = Reader(codec.u64(value))
    if fits:
        assert reader.bounded(2, 9) == value
    else:
        with pytest.raises(MalformedMessage):
            reader.bounded(2, 9)


def test_joined_sequences_hold_the_items_of_all() -> None:
    parts = [[b"a", b"bb"], [], [b"ccc"]]
    joined = join_sequences([sequence(part) for part in parts])
    assert joined == sequence([b"a", b"bb", b"ccc"])
    assert join_sequences([]) == sequence([])
