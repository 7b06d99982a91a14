"""Segments: written when a tail is long enough, merged by eights, complete at every moment."""

import random
from pathlib import Path

import pytest

from chain.store import segments
from chain.store.lookup import BEFORE_ALL, LookupKind, entries_after
from tests.support.builders import a_genesis, a_transfer, key_of
from tests.support.random_run import RandomRun
from tests.support.stored_chain import StoredChain, column

PEOPLE = tuple(f"person {number}" for number in range(12))


def count(stored: StoredChain, sql: str) -> object:
    return column(stored.writer._connection, sql)[0]


def check_lookup(stored: StoredChain) -> None:
    """Check that segments and tail together hold each entry once."""
    connection = stored.writer._connection
    with connection.begin():
        for kind in LookupKind:
            rows = connection.exec_driver_sql(
                "SELECT key, row FROM lookup WHERE kind = ?", (int(kind),)
            )
            kept = sorted((key, row) for key, row in rows)
            covered = connection.exec_driver_sql(
                "SELECT coalesce(max(last_row), -1) FROM lookup_segment WHERE kind = ?",
                (int(kind),),
            ).scalar_one()
            every = sorted(entries_after(connection, kind, BEFORE_ALL))
            assert kept == [entry for entry in every if entry[1] <= covered]


def test_everything_is_found_through_all_merges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "MOVED_MIN", 1)
    monkeypatch.setattr(segments, "MOVED_PER_ROW", 2)
    stored = StoredChain(tmp_path, a_genesis(dict.fromkeys(PEOPLE, 1_000)), segment_rows=6)
    dice, nonces = random.Random(7), dict.fromkeys(PEOPLE, 0)
    reader = stored.reader()
    for number in range(450):
        by, to = dice.sample(PEOPLE, 2)
        to = f"newcomer {number}" if number % 5 == 0 else to
        stored.block(a_transfer(1, by=by, to=to, nonce=nonces[by], valid_until=500))
        nonces[by] += 1
        if number % 20 == 0:
            check_lookup(stored)
            late = stored.chain.blocks[dice.randrange(number + 1)]
            assert reader.find_transaction(late.verified.transactions[0].id) is not None
    assert count(stored, "SELECT max(level) FROM lookup_segment WHERE kind = 1") == 2
    for executed in stored.chain.blocks:
        assert reader.find_transaction(executed.verified.transactions[0].id) is not None
        assert reader.find_block_by_hash(executed.hash) is not None
    for who in PEOPLE:
        mine = [
            executed.block.header.height
            for executed in stored.chain.blocks
            if key_of(who).address in executed.block.transactions[0]
        ]
        page = reader.history_page(key_of(who).address, limit=500)
        assert [one.height for one in page] == mine[::-1]
        assert reader.find_account(key_of(who).address) is not None
    reader.close()
    stored.close()


def test_finished_merge_leaves_no_source(tmp_path: Path) -> None:
    stored = StoredChain(tmp_path, segment_rows=1)
    stored.blocks_until(60)
    query = "SELECT count(*) FROM lookup_segment WHERE kind = 2"
    assert count(stored, f"{query} AND target <> 0") == 0
    assert count(stored, query) < 16
    check_lookup(stored)
    stored.close()


def test_lookup_is_whole_over_a_random_life_with_reopening(tmp_path: Path) -> None:
    run = RandomRun(11)
    stored = StoredChain(tmp_path, run.chain.genesis, segment_rows=5)
    stored.chain = run.chain
    reader = stored.reader()
    for number in range(40):
        executed = stored.store(run.make_block())
        if number % 9 == 0:
            stored.reopen()
        check_lookup(stored)
        for receipt in executed.verified.receipts:
            found = reader.find_receipt(receipt.hash)
            assert found is not None
            assert found in reader.receipts_by_id(receipt.receipt_id)
    reader.close()
    stored.close()
