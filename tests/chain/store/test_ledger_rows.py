"""Ledgers of clients: every movement in order, with what was there after it."""

from collections import defaultdict
from itertools import pairwise

import pytest

from chain.claim import accept_claim
from chain.policy_records import DisputeRecord
from chain.primitives import Address, Hash
from chain.records import ReservationRecord, reservation_key
from chain.store.ledger_rows import EntryKind
from chain.store.market_queries import MarketReader
from chain.store.queries import ChainReader
from tests.support.builders import (
    a_claim,
    a_release,
    a_reserve,
    a_transfer,
    key_of,
    payee_of,
    validator_keys,
)
from tests.support.claim_stories import CLIENT, MINER, ClaimStory
from tests.support.market_run import MarketRun
from tests.support.stored_chain import StoredChain

Market = tuple[MarketRun, ChainReader]
Told = list[tuple[str, int, int, int]]

HELD = {
    EntryKind.FEE: 0,
    EntryKind.RESERVED: 1,
    EntryKind.PAID: -1,
    EntryKind.RETURNED: -1,
    EntryKind.BOND_LOCKED: 1,
    EntryKind.BOND_RETURNED: -1,
    EntryKind.BOND_LOST: -1,
}


def told(asking: MarketReader, account: Address = CLIENT, *, height: int | None = None) -> Told:
    entries = reversed(asking.ledger_page(account))
    return [
        (one.kind, one.amount, one.balance_after, one.reserved_after)
        for one in entries
        if height in (None, one.height)
    ]


def test_reservation_with_its_fee_among_transfers(
    stored: StoredChain, asking: MarketReader
) -> None:
    stored.block(
        a_transfer(50, to="client", by="stranger"),
        a_reserve(cap=1_000, fee=7),
        a_transfer(10, nonce=1, fee=1),
    )
    assert told(asking) == [("fee", 7, 1_000_043, 0), ("reserved", 1_000, 999_043, 1_000)]
    assert stored.chain.balance("client") == 999_043 - 11


def test_claim_that_is_disputed_split_and_another_that_ends_it(
    stored: StoredChain, asking: MarketReader
) -> None:
    story = ClaimStory(stored)
    receipt = story.claimed()
    stored.block(story.dispute(receipt, fee=3))
    assert told(asking, height=3) == [
        ("fee", 3, 998_997, 1_000),
        ("bond_locked", 20, 998_977, 1_020),
    ]
    stored.block(story.resolve(receipt, 50, opened_at=3))
    assert told(asking, height=4) == [
        ("bond_returned", 20, 998_997, 1_000),
        ("paid", 50, 998_997, 950),
    ]
    other = story.receipt(100, job_id="job-2", receipt_id="receipt-2")
    claim = a_claim(other, final=True)
    stored.block(accept_claim(claim, key=key_of("client"), genesis_hash=stored.chain.genesis.hash))
    assert told(asking, height=5) == [("paid", 100, 998_997, 850), ("returned", 850, 999_847, 0)]
    assert [one.transaction_id is None for one in asking.ledger_page(CLIENT)] == [False] * 7
    assert {one.reservation_id for one in asking.ledger_page(CLIENT)} == {story.reservation_id}
    assert stored.writer._book.reserved == {}


def test_lost_bond_is_the_providers(stored: StoredChain, asking: MarketReader) -> None:
    story = ClaimStory(stored)
    receipt = story.claimed()
    stored.block(story.dispute(receipt))
    stored.block(story.resolve(receipt, 200, opened_at=3))
    assert told(asking, height=4) == [
        ("bond_lost", 20, 998_980, 1_000),
        ("paid", 200, 998_980, 800),
    ]
    assert stored.chain.balance("miner") == 220
    assert told(asking, MINER) == []


def test_refund_of_a_closing_reservation_returns(stored: StoredChain, asking: MarketReader) -> None:
    story = ClaimStory(stored)
    receipt = story.claimed(final=True)
    assert told(asking, height=2) == [("returned", 800, 999_800, 200)]
    stored.block(story.dispute(receipt))
    stored.block(story.resolve(receipt, 0, opened_at=3))
    assert told(asking, height=4) == [
        ("bond_returned", 20, 999_800, 200),
        ("returned", 200, 1_000_000, 0),
    ]


def test_due_work_has_no_transaction(stored: StoredChain, asking: MarketReader) -> None:
    story = ClaimStory(stored, expires_at=9)
    story.claimed()
    stored.blocks_until(9)
    matured, expired = told(asking)[1:]
    assert matured == ("paid", 200, 999_000, 800)
    assert expired == ("returned", 800, 999_800, 0)
    newest = asking.ledger_page(CLIENT)[0]
    assert (newest.transaction_id, newest.height, newest.job_id) == (None, 9, "job-1")


def test_release_by_the_provider_costs_the_client_nothing(
    stored: StoredChain, asking: MarketReader
) -> None:
    reserve = a_reserve()
    stored.block(a_transfer(9, to="miner", by="stranger"), reserve)
    stored.block(a_release(reserve.id(stored.chain.genesis.hash), by="miner", fee=5))
    assert told(asking, height=2) == [("returned", 300, 1_000_000, 0)]


def test_client_that_sells_to_itself(stored: StoredChain, asking: MarketReader) -> None:
    story = ClaimStory(stored, provider=CLIENT, dispute_window=0)
    receipt = story.receipt(200, provider="client")
    stored.block(story.reserve, a_claim(receipt, signer="client", final=True))
    assert told(asking)[1:] == [("paid", 200, 999_200, 800), ("returned", 800, 1_000_000, 0)]


def test_client_that_gets_the_fees_of_the_block(stored: StoredChain, asking: MarketReader) -> None:
    (validator,) = validator_keys()
    name = f"payee of {validator.address.hex()}"
    assert key_of(name).address == payee_of(validator)
    stored.block(a_transfer(500, to=name, fee=40))
    stored.block(a_reserve(by=name, cap=300, fee=20), a_transfer(1, nonce=1, fee=60))
    assert told(asking, payee_of(validator)) == [("fee", 20, 500, 0), ("reserved", 300, 200, 300)]
    assert stored.chain.balance(payee_of(validator)) == 200 + 10 + 30


def test_block_that_tells_another_balance_is_our_own_defect(stored: StoredChain) -> None:
    executed = stored.chain.block(a_reserve())
    executed.state.changes[b"\x01" + CLIENT] = 5
    with pytest.raises(AssertionError):
        stored.store(executed)


def test_ledgers_of_a_random_life_add_up(market: Market) -> None:
    run, reader = market
    asking = MarketReader(reader)
    held: dict[Address, int] = defaultdict(int)
    for key, record in run.chain.ledger.records.items():
        if isinstance(record, ReservationRecord):
            held[record.client] += record.left + record.pending
        if isinstance(record, DisputeRecord):
            reservation = run.chain.ledger.records[reservation_key(Hash(key[1:33]))]
            assert isinstance(reservation, ReservationRecord)
            held[reservation.client] += record.bond
    kinds = set()
    for name in ("ann", "bob", "cid"):
        address = key_of(name).address
        entries = asking.ledger_page(address, limit=500)
        kinds |= {one.kind for one in entries}
        for later, one in pairwise(entries):
            moved = HELD[EntryKind(later.kind)] * later.amount
            assert later.reserved_after == one.reserved_after + moved
        assert entries[0].reserved_after == held[address]
        account = reader.find_account(address)
        assert account is not None
        assert account.reserved + account.pending + account.bonds == held[address]
    assert kinds == {kind.value for kind in EntryKind}


def test_pages_of_a_ledger_meet(market: Market) -> None:
    _, reader = market
    asking, address = MarketReader(reader), key_of("bob").address
    whole = asking.ledger_page(address, limit=500)
    pages = []
    page = asking.ledger_page(address, limit=7)
    while page:
        pages += page
        page = asking.ledger_page(address, before=page[-1].row, limit=7)
    assert tuple(pages) == whole
    assert len({(one.height, one.position) for one in whole}) == len(whole)
