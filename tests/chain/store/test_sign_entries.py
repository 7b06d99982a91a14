"""The bytes of a sign log's entries."""

from chain.store.sign_entries import (
    HEADER_BYTES,
    EntryKind,
    encode_entries,
    encode_header,
    encode_seal,
    find_entry,
    has_seal,
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


def test_seal_counts_only_at_its_own_place() -> None:
    data = b"\xa5SGN" + encode_seal(4) + encode_seal(0)
    assert find_entry(data, 4) == (EntryKind.SEAL, bytes(7) + b"\x04", 4 + len(encode_seal(4)))
    assert find_entry(encode_seal(4), 0) is None
    assert has_seal(data, 0)
    assert has_seal(data, 4)
    assert not has_seal(data, 5)
    assert not has_seal(encode_entries(b"record", {BLOCK_HASH: encode_seal(0) * 9}), 0)
