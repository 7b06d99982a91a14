"""What the check of a whole database finds, and that it finds nothing in a sound one."""

from pathlib import Path

import pytest

from chain.errors import StoreError
from chain.store.full_check import check_chain
from tests.support.market_run import stored_run
from tests.support.stored_chain import StoredChain, Story

CERTIFICATE_OF_ANOTHER = (
    "UPDATE certificate SET data = other.data FROM certificate AS other "
    "WHERE other.height = 3 AND certificate.height = 2"
)


def check(stored: StoredChain, folder: Path) -> int:
    scratch = folder / "scratch.db"
    for part in folder.glob("scratch.db*"):
        part.unlink()
    return check_chain(
        stored.path, stored.chain.genesis, scratch=scratch, segment_rows=stored._segment_rows
    )


@pytest.mark.parametrize("seed", range(3))
def test_random_life_with_restarts_is_sound(tmp_path: Path, seed: int) -> None:
    stored, run = stored_run(tmp_path, seed)
    for number in range(80):
        stored.store(run.make_block())
        if number % 9 == 0:
            stored.reopen()
    stored.close()
    assert check(stored, tmp_path) == 80


def test_empty_chain_is_sound(stored: StoredChain, tmp_path: Path) -> None:
    stored.close()
    assert check(stored, tmp_path) == 0


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE receipt SET price = price + 1 WHERE height = 3", "table receipt"),
        ("UPDATE receipt SET document = zeroblob(length(document)) WHERE height = 3", "block 3"),
        ('UPDATE "transaction" SET fee = fee + 1 WHERE height = 1', "table transaction"),
        ('UPDATE "transaction" SET data = zeroblob(length(data)) WHERE height = 1', "block 1"),
        ('DELETE FROM "transaction" WHERE height = 1', "block 1"),
        ("UPDATE certificate SET data = zeroblob(length(data)) WHERE height = 2", "block 2"),
        (CERTIFICATE_OF_ANOTHER, "block 2 is another block's"),
        ("DELETE FROM certificate WHERE height = 6", "block 6 is not whole"),
        ("UPDATE block SET transaction_count = 7 WHERE height = 2", "table block"),
        ("UPDATE reservation SET jobs_max = 9 WHERE status = 'ended'", "table reservation"),
        ("UPDATE ledger_entry SET amount = amount + 1", "table ledger_entry"),
        ("UPDATE payout SET earned_after = earned_after + 1", "table payout"),
        ("UPDATE chain_total SET fees = fees + 1", "table chain_total"),
        ("UPDATE chain_total SET bonds = 1, treasury = 0 WHERE height = 3", "table chain_total"),
        ("UPDATE chain_hour SET last_height = 5", "table chain_hour"),
        ("UPDATE kind_hour SET count = count + 1 WHERE kind = 3", "table kind_hour, hour"),
        ("UPDATE model_hour SET units_micro = 7", "table model_hour"),
        ("DELETE FROM account_day WHERE side = 'client'", "table account_day"),
        ("UPDATE trader SET receipts = receipts + 1", "table trader, side client"),
    ],
)
def test_change_that_a_start_does_not_see_is_found(
    stored: StoredChain, story: Story, tmp_path: Path, change: str, found: str
) -> None:
    stored.tamper(change)
    with pytest.raises(StoreError, match=found):
        check(stored, tmp_path)


def test_database_in_use_is_not_checked(stored: StoredChain, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="in use"):
        check(stored, tmp_path)
