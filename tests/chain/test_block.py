"""The header binds everything; its hash is the block's."""

from dataclasses import fields, replace

import pytest

from chain.block import Block, Header, evidence_hash, last_commit_hash
from chain.codec import u16
from chain.errors import MalformedMessage
from chain.primitives import HEIGHT_MAX, TIME_MS_MAX, ZERO_HASH
from tests.support.builders import a_transfer
from tests.support.chain import Chain


def a_block() -> Block:
    chain = Chain()
    chain.block()
    return chain.propose(a_transfer()).block


@pytest.mark.parametrize("name", [field.name for field in fields(Header)])
def test_every_field_of_the_header_is_in_the_hash(name: str) -> None:
    header = a_block().header
    value = getattr(header, name)
    match value:
        case int():
            other: object = value + 1
        case str():
            other = value + "x"
        case _:
            other = b"\x07" * 32
    assert replace(header, **{name: other}).hash != header.hash


def test_block_reads_back() -> None:
    block = a_block()
    assert Block.decode(block.encode()) == block
    assert Block.decode(block.encode()).hash == block.hash == block.header.hash


def test_version_is_known() -> None:
    data = a_block().header.encode()
    assert data[:2] == u16(1)
    with pytest.raises(MalformedMessage, match="version"):
        Header.decode(u16(2) + data[2:])


@pytest.mark.parametrize(
    ("name", "value"),
    [("height", 0), ("height", HEIGHT_MAX + 1), ("time_ms", TIME_MS_MAX + 1), ("time_ms", 2**63)],
)
def test_height_and_time_are_numbers_that_every_program_holds(name: str, value: int) -> None:
    header = replace(a_block().header, **{name: value})
    with pytest.raises(MalformedMessage):
        Header.decode(header.encode())


def test_none_is_zero() -> None:
    assert last_commit_hash(None) == evidence_hash(()) == ZERO_HASH
    assert evidence_hash((b"a",)) != evidence_hash((b"a", b"")) != ZERO_HASH
