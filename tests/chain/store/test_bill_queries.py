"""Bills are right to the last unit over random lives, and what is not is found."""

from pathlib import Path

import pytest

from chain.primitives import Address
from chain.store.bill_queries import BillReader
from chain.store.bill_views import BillEntry, BillPage
from chain.store.market_queries import MarketReader
from chain.store.queries import ChainReader
from chain.store.statistics_rows import CLIENT, PROVIDER
from tests.support.builders import key_of
from tests.support.market_run import CLIENTS, MINERS, MarketRun, stored_run
from tests.support.stored_chain import StoredChain, Story

Market = tuple[MarketRun, ChainReader]


def page_of(reader: ChainReader, account: Address, side: str, **place: int) -> BillPage:
    asking = BillReader(reader)
    return (asking.of_client if side == CLIENT else asking.of_provider)(account, **place)


def whole_bill(reader: ChainReader, account: Address, side: str, limit: int = 7) -> list[BillEntry]:
    entries: list[BillEntry] = []
    page = page_of(reader, account, side, limit=limit)
    while True:
        assert page.is_right, [one for one in page.entries if not one.is_right]
        entries += page.entries
        if page.after is None:
            return entries
        page = page_of(reader, account, side, after=page.after, limit=limit)


@pytest.mark.parametrize("seed", range(3))
def test_every_bill_of_a_random_life_is_right_on_every_page(tmp_path: Path, seed: int) -> None:
    stored, run = stored_run(tmp_path, seed)
    for number in range(90):
        stored.store(run.make_block())
        if number % 25 == 0:
            stored.reopen()
    reader = stored.reader()
    kinds = set()
    for side, names in ((CLIENT, CLIENTS), (PROVIDER, MINERS)):
        for name in names:
            bill = whole_bill(reader, key_of(name).address, side)
            assert [one.row for one in bill] == sorted({one.row for one in bill}), f"seed {seed}"
            kinds |= {one.kind for one in bill}
    assert kinds >= {"fee", "reserved", "paid", "returned", "bond_locked", "earned"}
    reader.close()
    stored.close()


def test_bill_of_a_client_is_its_ledger_with_receipts(market: Market) -> None:
    _, reader = market
    bob = key_of("bob").address
    bill = whole_bill(reader, bob, CLIENT, limit=100)
    ledger = MarketReader(reader).ledger_page(bob, limit=500)[::-1]
    assert [(one.row, one.amount, one.transaction_id) for one in bill] == [
        (one.row, one.amount, one.transaction_id) for one in ledger
    ]
    assert [one.receipt_hash for one in bill] == [one.receipt_hash for one in ledger]
    for one in bill:
        if one.kind == "paid":
            assert one.receipt_hash is not None
            receipt = reader.find_receipt(one.receipt_hash)
            assert receipt is not None
            assert (receipt.client, receipt.spent) == (bob, one.amount)


def test_bill_of_a_provider_names_claims_and_adds_up(market: Market) -> None:
    _, reader = market
    for name in MINERS:
        bill = whole_bill(reader, key_of(name).address, PROVIDER)
        assert bill[-1].after == sum(one.amount for one in bill)
        for one in bill:
            assert one.receipt_hash is not None
            receipt = reader.find_receipt(one.receipt_hash)
            assert receipt is not None
            assert (receipt.claim_id, receipt.paid) == (one.transaction_id, one.amount)


@pytest.mark.parametrize(
    ("side", "change"),
    [
        (CLIENT, "UPDATE ledger_entry SET amount = amount + 1 WHERE kind = 'paid'"),
        (CLIENT, "UPDATE ledger_entry SET amount = amount + 1 WHERE kind = 'returned'"),
        (CLIENT, "UPDATE ledger_entry SET amount = amount + 1 WHERE kind = 'reserved'"),
        (CLIENT, "UPDATE ledger_entry SET reserved_after = reserved_after + 1"),
        (CLIENT, "DELETE FROM ledger_entry WHERE kind = 'paid'"),
        (CLIENT, "UPDATE receipt SET spent = spent - 1 WHERE height = 3"),
        (PROVIDER, "UPDATE payout SET amount = amount + 1"),
        (PROVIDER, "UPDATE payout SET earned_after = earned_after + 1"),
        (PROVIDER, "UPDATE receipt SET spent = spent - 1 WHERE height = 3"),
        (PROVIDER, "UPDATE trader SET spent = spent + 1"),
    ],
)
def test_bill_that_was_changed_is_wrong(
    stored: StoredChain, story: Story, side: str, change: str
) -> None:
    who = key_of("client" if side == CLIENT else "miner").address
    reader = stored.reader()
    assert page_of(reader, who, side).is_right
    reader.close()
    stored.tamper(change)
    reader = stored.reader()
    assert not page_of(reader, who, side).is_right
    reader.close()


def test_nobody_has_an_empty_bill(market: Market) -> None:
    nobody = key_of("nobody").address
    for side in (CLIENT, PROVIDER):
        page = page_of(market[1], nobody, side)
        assert (page.entries, page.after, page.is_right) == ((), None, True)
