"""What the writer keeps, and what it refuses to open."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from chain.crypto import sha256
from chain.errors import ConfigError, StoreError
from chain.payload_pairs import encode_final_block
from chain.store.writer import ChainWriter
from tests.support.builders import a_genesis, a_transfer, key_of
from tests.support.chain import Chain, check_invariants
from tests.support.memory_store import MemoryStore
from tests.support.random_run import RandomRun
from tests.support.stored_chain import StoredChain, Story, column

ROOT = Path(__file__).resolve().parents[3]


def test_fresh_database_holds_genesis(stored: StoredChain) -> None:
    ledger = stored.reopen()
    assert ledger.records == stored.chain.ledger.records
    assert ledger.commitment.root == stored.chain.ledger.commitment.root
    assert (ledger.height, ledger.tip_hash) == (0, stored.chain.genesis.hash)
    assert stored.writer.last_certificate() is None


def test_reopened_database_gives_the_same_state(stored: StoredChain, story: Story) -> None:
    for height in range(6, 12):
        stored.blocks_until(height)
        ledger = stored.reopen()
        check_invariants(ledger)
        assert ledger.records == stored.chain.ledger.records
        assert ledger.commitment.root == stored.chain.ledger.commitment.root
        assert ledger.due.keys == stored.chain.ledger.due.keys
        assert ledger.forget.keys == stored.chain.ledger.forget.keys
        assert ledger.tip_hash == stored.chain.ledger.tip_hash
        assert ledger.tip_time_ms == stored.chain.ledger.tip_time_ms
        assert ledger.last_validators == stored.chain.ledger.last_validators
        assert stored.writer.last_certificate() == stored.chain.last_commit


@pytest.mark.parametrize("seed", range(3))
def test_random_life_comes_back_after_every_few_blocks(tmp_path: Path, seed: int) -> None:
    run = RandomRun(seed)
    stored = StoredChain(tmp_path, run.chain.genesis, segment_rows=7)
    stored.chain = run.chain
    for number in range(60):
        stored.store(run.make_block())
        if number % 6 == 0:
            assert stored.reopen().records == run.chain.ledger.records
    ledger = stored.reopen()
    assert ledger.records == run.chain.ledger.records
    assert ledger.forget.keys == run.chain.ledger.forget.keys
    assert {"MATURED", "EXPIRED", "CLAIMED"} <= run.kinds
    stored.close()


def test_block_is_stored_when_the_ledger_is_further_on(stored: StoredChain) -> None:
    blocks = []
    for nonce in range(3):
        executed = stored.chain.block(a_transfer(to=f"newcomer {nonce}", nonce=nonce))
        blocks.append((executed, stored.chain.last_commit))
    for executed, certificate in blocks:
        assert certificate is not None
        stored.writer.commit(executed, certificate)
    assert stored.reopen().records == stored.chain.ledger.records


def test_proposers_own_draft_leaves_no_trace_of_what_it_left_out(stored: StoredChain) -> None:
    hopeless = a_transfer(5_000_000, to="nobody", by="stranger")
    proposed = stored.chain.propose(hopeless, a_transfer(1, to="newcomer"))
    assert len(proposed.outcomes) == 1
    stored.store(stored.chain.decide(proposed))
    assert stored.reopen().records == stored.chain.ledger.records


def test_every_node_gives_accounts_the_same_numbers(stored: StoredChain, tmp_path: Path) -> None:
    proposed = stored.chain.propose(
        a_transfer(5_000_000, to="nobody", by="stranger"),
        *(a_transfer(1, to=f"newcomer {nonce}", nonce=nonce) for nonce in range(4)),
    )
    followed = stored.chain.follow(proposed.block)
    certificate = stored.chain.certify(proposed.hash)
    (tmp_path / "other").mkdir()
    other = ChainWriter.open(tmp_path / "other" / "chain.db", stored.chain.genesis)
    stored.writer.commit(proposed, certificate)
    other.commit(followed, certificate)
    query = "SELECT address FROM account ORDER BY number"
    assert column(stored.writer._connection, query) == column(other._connection, query)
    other.close()


def test_block_that_does_not_follow_is_our_own_defect(stored: StoredChain, story: Story) -> None:
    stored.chain.block()
    late = stored.chain.block()
    with pytest.raises(AssertionError):
        stored.store(late)


def test_only_one_process_opens_a_database(stored: StoredChain) -> None:
    with pytest.raises(StoreError, match="in use by another process"):
        ChainWriter.open(stored.path, stored.chain.genesis)


def test_full_disk_stops_the_node_and_stores_nothing(stored: StoredChain) -> None:
    connection = stored.writer._connection
    (pages,) = column(connection, "PRAGMA page_count")
    column(connection, f"PRAGMA max_page_count = {pages}")
    senders = [a_transfer(1, nonce=nonce, memo="x" * 64) for nonce in range(100)]
    before = stored.chain.ledger.records.copy()
    with pytest.raises(StoreError, match=r"failed while storing block 1: .*full"):
        stored.block(*senders)
    ledger = stored.reopen()
    assert (ledger.height, ledger.records) == (0, before)


def test_store_in_memory_gives_the_same_answers(stored: StoredChain, story: Story) -> None:
    memory = MemoryStore(stored.chain.genesis)
    reader = stored.reader()
    for executed in stored.chain.blocks:
        certificate = reader.find_certificate(executed.block.header.height)
        assert certificate is not None
        memory.commit(executed, certificate)
    for from_height, count in ((1, 32), (2, 2), (7, 5)):
        items = [
            encode_final_block(block=block, certificate=certificate)
            for block, certificate in memory.sync_range(from_height, count)
        ]
        assert items == reader.sync_range(from_height, count, 10**7)
    assert memory.load_ledger().records == stored.reopen().records
    reader.close()


def test_another_genesis_is_refused(stored: StoredChain) -> None:
    stored.close()
    other = replace(a_genesis(), hash=sha256(b"another genesis"))
    with pytest.raises(ConfigError, match="belongs to the genesis"):
        ChainWriter.open(stored.path, other)


def refusal(stored: StoredChain) -> str:
    with pytest.raises(StoreError) as caught:
        ChainWriter.open(stored.path, stored.chain.genesis)
    return str(caught.value)


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE account SET balance = balance + 1 WHERE number = 1", "state root"),
        ("UPDATE account SET address = zeroblob(20) WHERE number = 2", "state root"),
        ("UPDATE nonce SET next = next + 1", "state root"),
        ("UPDATE taken SET until = until + 1", "state root"),
        ("DELETE FROM taken", "state root"),
        ("UPDATE reservation SET spent = spent + 1 WHERE status = 'open'", "state root"),
        ("UPDATE receipt SET due_height = due_height + 1 WHERE status = 'pending'", "state root"),
        ("UPDATE receipt SET job_id = 'job-\u00e9'", "no block could have written"),
        ("UPDATE receipt SET provider = 99", "no block could have written"),
        ("UPDATE chain SET value = value + 1 WHERE name = 'treasury'", "state root"),
        ("UPDATE chain SET value = value + 1 WHERE name = 'supply'", "add up to the supply"),
        ("DELETE FROM chain", "no block could have written"),
        ("UPDATE validator SET name = 'mallory'", "state root differs"),
        ("DELETE FROM validator", "its validators"),
        ("UPDATE block SET time_ms = time_ms + 1", "time differs"),
        ("UPDATE block SET hash = zeroblob(32) WHERE height = 4", "block 5 does not follow"),
        ("UPDATE block SET hash = zeroblob(32) WHERE height = 6", "block 6 does not have its hash"),
        ("UPDATE block SET header = zeroblob(400) WHERE height = 5", "the header of block 5"),
        ("DELETE FROM block WHERE height = 0", "its genesis is missing"),
    ],
)
def test_changed_row_is_found_at_the_next_start(
    stored: StoredChain, story: Story, sql: str, what: str
) -> None:
    stored.tamper(sql)
    said = refusal(stored)
    assert what in said
    assert "move it away and let the node sync again, or restore a snapshot" in said


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    path.write_bytes(b"something else altogether" * 1_000)
    with pytest.raises(StoreError, match=r"damaged.*not a database"):
        ChainWriter.open(path, a_genesis())


def test_overwritten_page_is_refused(stored: StoredChain, story: Story) -> None:
    stored.close()
    data = bytearray(stored.path.read_bytes())
    data[8_192 * 3 : 8_192 * 4] = os.urandom(8_192)
    stored.path.write_bytes(bytes(data))
    assert "damaged" in refusal(stored)


def test_file_cut_in_half_is_refused(stored: StoredChain, story: Story) -> None:
    stored.close()
    data = stored.path.read_bytes()
    stored.path.write_bytes(data[: len(data) // 2])
    assert "damaged" in refusal(stored)


def test_torn_log_loses_whole_blocks_only(stored: StoredChain, tmp_path: Path) -> None:
    records = [stored.chain.ledger.records.copy()]
    for nonce in range(3):
        stored.block(a_transfer(to=f"newcomer {nonce}", nonce=nonce))
        records.append(stored.chain.ledger.records.copy())
    data, log = stored.path.read_bytes(), Path(f"{stored.path}-wal").read_bytes()
    heights = set()
    for part in range(1, 9):
        folder = tmp_path / f"copy {part}"
        folder.mkdir()
        (folder / "chain.db").write_bytes(data)
        (folder / "chain.db-wal").write_bytes(log[: len(log) * part // 8 - 7])
        writer = ChainWriter.open(folder / "chain.db", stored.chain.genesis)
        ledger = writer.load_ledger()
        assert ledger.records == records[ledger.height]
        heights.add(ledger.height)
        writer.close()
    assert len(heights) > 1


CRASH = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from tests.support.builders import a_transfer
from tests.support.stored_chain import StoredChain

stored = StoredChain(Path(sys.argv[1]))
stored.block(a_transfer(1))
statements = 0

@event.listens_for(stored.writer._connection.engine, "before_cursor_execute")
def count(*_: object) -> None:
    global statements
    statements += 1
    if statements == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

stored.block(a_transfer(2, nonce=1, to="newcomer"))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("statement", "height"), [(1, 1), (2, 1), (4, 1), (7, 1), (1_000, 2)])
def test_killed_process_leaves_the_state_before_or_after(
    tmp_path: Path, statement: int, height: int
) -> None:
    command = [sys.executable, "-c", CRASH, str(tmp_path), str(statement)]
    ended = subprocess.run(command, cwd=ROOT, check=False, env={**os.environ, "PYTHONPATH": "."})
    assert ended.returncode == -signal.SIGKILL
    chain = Chain()
    chain.block(a_transfer(1))
    if height == 2:
        chain.block(a_transfer(2, nonce=1, to="newcomer"))
    writer = ChainWriter.open(tmp_path / "chain.db", chain.genesis)
    assert writer.load_ledger().records == chain.ledger.records
    assert writer.load_ledger().height == height
    assert chain.balance(key_of("client").address) == 1_000_000 - (1 if height == 1 else 3)
    writer.close()
