"""The bytes of a sign log's entries."""

from chain.store.sign_entries import (
    HEADER_BYTES,
    EntryKind,
    encode_entries,
    encode_header,
    find_entry,
)
from tests.support.consensus import BLOCK_HASH, GENESIS_HASH, a_key

ENTRIES = encode_entries(b"record", {BLOCK_HASH: b"block"})


def test_blocks_come_before_the_record_that_names_them() -> None:
    first = find_entry(ENTRIES, 0)
    assert first is not None
    assert first[:2] == (EntryKind.BLOCK, BLOCK_HASH + b"block")
    assert find_entry(ENTRIES, first[2]) == (EntryKind.RECORD, b"record", len(ENTRIES))


def test_entry_that_is_cut_or_changed_anywhere_is_none() -> None:
    whole = encode_entries(b"record", {})
    for end in range(len(whole)):
        assert find_entry(whole[:end], 0) is None
    for offset in range(len(whole)):
        changed = bytearray(whole)
        changed[offset] ^= 1
        assert find_entry(bytes(changed), 0) is None


def test_header_has_its_size() -> None:
    assert len(encode_header(GENESIS_HASH, a_key(0).public_key)) == HEADER_BYTES
