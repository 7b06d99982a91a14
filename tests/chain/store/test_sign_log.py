"""What the sign log keeps through crashes, and what it refuses to open."""

import os
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from chain import codec
from chain.certificate import VoteKind
from chain.consensus.messages import NO_ROUND, Proposal, Vote
from chain.consensus.sign_state import KeySigner, Lock, SignRecord, SignState
from chain.crypto import sha256
from chain.errors import StoreError
from chain.primitives import ZERO_HASH, Hash, Signature
from chain.store import sign_log as sign_log_module
from chain.store.sign_entries import HEADER_BYTES, encode_entries, encode_seal
from chain.store.sign_log import SignLog
from tests.support.consensus import (
    BLOCK_HASH,
    GENESIS_HASH,
    OTHER_GENESIS_HASH,
    a_certificate,
    a_key,
)

SEAL_BYTES = len(encode_seal(0))
KEY = a_key(0)
BLOCK = b"the bytes of a block" * 10


def open_log(path: Path, *, create: bool = False) -> SignLog:
    return SignLog.open(path, genesis_hash=GENESIS_HASH, public_key=KEY.public_key, create=create)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "sign_state.log"
    open_log(path, create=True).close()
    return path


@pytest.fixture
def log(path: Path) -> Iterator[SignLog]:
    with open_log(path) as log:
        yield log


def a_record(height: int = 1, round_: int = 0, *, block_hash: Hash = BLOCK_HASH) -> bytes:
    state = SignState(KeySigner(KEY, GENESIS_HASH))
    state.sign(Proposal(height, round_, NO_ROUND, block_hash, 0, Signature(b"")))
    state.sign(Vote(VoteKind.PREVOTE, height, round_, block_hash, 0, Signature(b"")))
    return state.take_record(locked=None, valid=None, polkas=()).encode()


def test_new_log_is_empty_and_private(path: Path, log: SignLog) -> None:
    assert log.record is None
    assert log.blocks == {}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_last_record_and_its_blocks_come_back(path: Path, log: SignLog) -> None:
    log.append(height=1, record=a_record(1), blocks={BLOCK_HASH: b"old"})
    log.append(height=2, record=a_record(2), blocks={BLOCK_HASH: BLOCK})
    log.append(height=2, record=a_record(2, 1), blocks={})
    log.close()
    with open_log(path) as again:
        assert again.record == a_record(2, 1)
        assert again.blocks == {BLOCK_HASH: BLOCK}


def test_blocks_that_the_record_does_not_name_are_forgotten(path: Path, log: SignLog) -> None:
    log.append(height=1, record=a_record(1), blocks={BLOCK_HASH: BLOCK})
    log.append(height=2, record=a_record(2, block_hash=sha256(b"other")), blocks={})
    assert log.blocks == {}
    log.close()
    with open_log(path) as again:
        assert again.blocks == {}


def test_record_keeps_locks_across_the_disk(path: Path, log: SignLog) -> None:
    polka = a_certificate(kind=VoteKind.PREVOTE, height=7, round_=0)
    state = SignState(KeySigner(KEY, GENESIS_HASH))
    state.sign(Vote(VoteKind.PRECOMMIT, 7, 0, BLOCK_HASH, 0, Signature(b"")))
    lock = Lock(0, BLOCK_HASH)
    record = state.take_record(locked=lock, valid=lock, polkas=(polka,))
    log.append(height=7, record=record.encode(), blocks={BLOCK_HASH: BLOCK})
    log.close()
    with open_log(path) as again:
        assert again.record is not None
        assert SignRecord.decode(again.record) == record


def test_last_entry_that_was_cut_short_gives_the_record_before(path: Path, log: SignLog) -> None:
    log.append(height=1, record=a_record(1), blocks={BLOCK_HASH: BLOCK})
    before = path.stat().st_size
    log.append(height=1, record=a_record(1, 1), blocks={})
    log.close()
    whole = path.read_bytes()
    for end in range(before, len(whole) - SEAL_BYTES, 3):
        path.write_bytes(whole[:end])
        with open_log(path) as again:
            assert again.record == a_record(1)
            assert again.blocks == {BLOCK_HASH: BLOCK}


def test_log_that_was_cut_anywhere_is_refused_or_an_earlier_one(path: Path, log: SignLog) -> None:
    records = [a_record(1), a_record(1, 1), a_record(2)]
    for height, record in zip((1, 1, 2), records, strict=True):
        log.append(height=height, record=record, blocks={})
    log.close()
    whole = path.read_bytes()
    for end in range(0, len(whole), 11):
        path.write_bytes(whole[:end])
        if end < HEADER_BYTES:
            with pytest.raises(StoreError, match="damaged at its start"):
                open_log(path)
        else:
            with open_log(path) as again:
                assert again.record in (None, *records)


def test_seal_that_is_cut_short_takes_nothing_with_it(path: Path, log: SignLog) -> None:
    log.append(height=1, record=a_record(1), blocks={BLOCK_HASH: BLOCK})
    log.close()
    whole = path.read_bytes()
    for end in range(len(whole) - SEAL_BYTES, len(whole) + 1):
        path.write_bytes(whole[:end])
        with open_log(path) as again:
            assert again.record == a_record(1)


def test_last_entry_whose_end_reached_the_disk_first_gives_the_record_before(
    path: Path, log: SignLog
) -> None:
    log.append(height=1, record=a_record(1), blocks={})
    log.close()
    whole = path.read_bytes()
    written = bytearray(encode_entries(a_record(2), {BLOCK_HASH: encode_seal(len(whole)) * 30}))
    written[:512] = bytes(512)
    path.write_bytes(whole + written)
    with open_log(path) as again:
        assert again.record == a_record(1)


def test_last_entry_of_zeros_or_noise_gives_the_record_before(path: Path, log: SignLog) -> None:
    log.append(height=1, record=a_record(1), blocks={BLOCK_HASH: BLOCK})
    log.close()
    whole = path.read_bytes()
    for noise in (bytes(300), b"\xa5SGN" * 60, b"\xff" * 7):
        path.write_bytes(whole + noise)
        with open_log(path) as again:
            assert again.record == a_record(1)


def test_log_goes_on_after_a_last_entry_was_cut_short(path: Path, log: SignLog) -> None:
    log.append(height=1, record=a_record(1), blocks={})
    log.close()
    path.write_bytes(path.read_bytes() + b"\xa5SGN torn")
    with open_log(path) as again:
        again.append(height=2, record=a_record(2), blocks={})
    with open_log(path) as again:
        assert again.record == a_record(2)


def test_any_flipped_bit_before_the_last_seal_is_refused(path: Path, log: SignLog) -> None:
    log.append(height=1, record=a_record(1), blocks={BLOCK_HASH: BLOCK})
    log.append(height=2, record=a_record(2), blocks={})
    log.close()
    whole = path.read_bytes()
    for offset in range(0, len(whole) - SEAL_BYTES, 5):
        damaged = bytearray(whole)
        damaged[offset] ^= 1 << offset % 8
        path.write_bytes(damaged)
        with pytest.raises(StoreError, match="sign log"):
            open_log(path)


def test_refuses_a_log_of_another_key(path: Path) -> None:
    with pytest.raises(StoreError, match="another key"):
        SignLog.open(path, genesis_hash=GENESIS_HASH, public_key=a_key(1).public_key)


def test_refuses_a_log_of_another_chain(path: Path) -> None:
    with pytest.raises(StoreError, match="another chain"):
        SignLog.open(path, genesis_hash=OTHER_GENESIS_HASH, public_key=KEY.public_key)


def test_refuses_a_log_of_another_version(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[8] = 2
    head = bytes(data[:73])
    path.write_bytes(head + codec.u32(zlib.crc32(head)))
    with pytest.raises(StoreError, match="version 2"):
        open_log(path)


@pytest.mark.parametrize("size", [0, 1, 40, 76])
def test_refuses_a_log_without_its_header(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(StoreError, match="damaged at its start"):
        open_log(path)


def test_refuses_a_record_that_it_cannot_read(path: Path, log: SignLog) -> None:
    entry = encode_entries(b"from the future", {})
    log.close()
    path.write_bytes(path.read_bytes() + entry)
    with pytest.raises(StoreError, match="cannot read"):
        open_log(path)


def test_missing_log_is_made_only_when_asked_for(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="never signed"):
        open_log(tmp_path / "sign_state.log")
    open_log(tmp_path / "sign_state.log", create=True).close()


def test_missing_log_of_a_key_that_has_signed_is_never_made_again(path: Path) -> None:
    path.unlink()
    for create in (False, True):
        with pytest.raises(StoreError, match="has signed"):
            open_log(path, create=create)


def test_marker_that_was_lost_is_put_back(path: Path) -> None:
    marker = path.with_name("sign_state.log.signed")
    marker.unlink()
    open_log(path).close()
    assert marker.exists()


def test_asking_for_a_new_log_keeps_the_one_that_is_there(path: Path, log: SignLog) -> None:
    log.append(height=1, record=a_record(1), blocks={})
    log.close()
    with open_log(path, create=True) as again:
        assert again.record == a_record(1)


def test_second_process_is_kept_out(path: Path, log: SignLog) -> None:
    assert log.record is None
    with pytest.raises(StoreError, match="in use"):
        open_log(path)


def test_lock_is_let_go_when_opening_fails(path: Path) -> None:
    with pytest.raises(StoreError):
        SignLog.open(path, genesis_hash=OTHER_GENESIS_HASH, public_key=KEY.public_key)
    open_log(path).close()


def test_folder_in_the_place_of_the_log_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "sign_state.log").mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        open_log(tmp_path / "sign_state.log")


def test_large_file_is_written_anew_at_the_next_height(
    path: Path, log: SignLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_log_module, "ROTATE_BYTES", 1_000)
    log.append(height=1, record=a_record(1), blocks={BLOCK_HASH: bytes(2_000)})
    log.append(height=1, record=a_record(1, 1), blocks={})
    assert path.stat().st_size > 2_000
    other = sha256(b"other")
    log.append(height=2, record=a_record(2, block_hash=other), blocks={})
    assert path.stat().st_size < 1_000
    log.append(height=2, record=a_record(2, 1, block_hash=other), blocks={})
    log.close()
    with open_log(path) as again:
        assert again.record == a_record(2, 1, block_hash=other)
        assert again.blocks == {}
    assert not path.with_name("sign_state.log.new").exists()


def test_very_large_file_is_written_anew_within_a_height_and_keeps_the_named_block(
    path: Path, log: SignLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_log_module, "FILE_BYTES_MAX", 3_000)
    for round_ in range(9):
        block = sha256(b"%d" % round_)
        record = a_record(1, round_, block_hash=block)
        log.append(height=1, record=record, blocks={block: bytes([round_]) * 1_000})
    assert path.stat().st_size < 6_000
    log.close()
    with open_log(path) as again:
        assert again.blocks == {sha256(b"8"): bytes([8]) * 1_000}


def test_rotated_log_stays_locked(
    path: Path, log: SignLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_log_module, "ROTATE_BYTES", 0)
    log.append(height=1, record=a_record(1), blocks={})
    with pytest.raises(StoreError, match="in use"):
        open_log(path)


def test_disk_that_fails_once_is_never_trusted_again(path: Path, log: SignLog) -> None:
    log.append(height=1, record=a_record(1), blocks={})
    read_only = os.open(path, os.O_RDONLY)
    os.dup2(read_only, log._file)
    os.close(read_only)
    with pytest.raises(StoreError, match="cannot be written"):
        log.append(height=1, record=a_record(1, 1), blocks={})
    with pytest.raises(StoreError, match="failed before"):
        log.append(height=1, record=a_record(1, 1), blocks={})
    log.close()
    with open_log(path) as again:
        assert again.record == a_record(1)


def test_closed_log_takes_nothing(log: SignLog) -> None:
    log.close()
    log.close()
    with pytest.raises(StoreError, match="closed"):
        log.append(height=1, record=a_record(1), blocks={})
    assert ZERO_HASH not in log.blocks


def test_merge_takes_what_was_signed_elsewhere_with_its_block(path: Path, log: SignLog) -> None:
    log.append(height=1, record=a_record(1), blocks={})
    log.merge(a_record(2), {BLOCK_HASH: BLOCK})
    log.close()
    with open_log(path) as again:
        assert again.record == a_record(2)
        assert again.blocks == {BLOCK_HASH: BLOCK}
        again.append(height=2, record=a_record(2, 1), blocks={})
        assert again.blocks == {BLOCK_HASH: BLOCK}


def test_merge_never_lowers_and_twice_is_once(path: Path, log: SignLog) -> None:
    log.append(height=3, record=a_record(3), blocks={BLOCK_HASH: BLOCK})
    for _ in range(2):
        log.merge(a_record(2), {})
        assert (log.record, log.blocks) == (a_record(3), {BLOCK_HASH: BLOCK})
    log.merge(SignRecord.floor(3).encode(), {})
    assert (log.record, log.blocks) == (SignRecord.floor(3).encode(), {})
    log.close()
    with open_log(path) as again:
        assert again.record == SignRecord.floor(3).encode()
        again.append(height=4, record=a_record(4), blocks={})


def test_log_made_with_its_first_entries_never_stands_there_empty(tmp_path: Path) -> None:
    path = tmp_path / "moved"
    first = encode_entries(a_record(5), {BLOCK_HASH: BLOCK})
    with SignLog.open(
        path, genesis_hash=GENESIS_HASH, public_key=KEY.public_key, create=True, first=first
    ) as log:
        assert (log.record, log.blocks) == (a_record(5), {BLOCK_HASH: BLOCK})
    assert path.with_name("moved.signed").exists()


def test_disk_that_fails_while_merging_leaves_the_log_as_it_was(
    path: Path, log: SignLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(height=1, record=a_record(1), blocks={})

    def fails(_path: Path, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sign_log_module, "write_file", fails)
    with pytest.raises(StoreError, match="No space left"):
        log.merge(a_record(2), {})
    with pytest.raises(StoreError, match="failed before"):
        log.append(height=1, record=a_record(1, 1), blocks={})
    log.close()
    monkeypatch.undo()
    with open_log(path) as again:
        assert again.record == a_record(1)
