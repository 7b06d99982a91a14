from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.kind import Kind
from chain.store import list_queries
from chain.store.list_queries import ListReader
from chain.store.queries import ChainReader
from tests.support.builders import GENESIS_HASH, a_claim, a_receipt, a_reserve, a_transfer
from tests.support.builders import address_of_name as named
from tests.support.small_chain import stored_chain

RESERVE = a_reserve(nonce=3)
RECEIPT = a_receipt(reservation_id=RESERVE.id(GENESIS_HASH))


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[ListReader]:
    """Three transfers, a reservation and its claim, each in a block of its own."""
    with stored_chain(tmp_path) as stored:
        for nonce in range(3):
            stored.block(a_transfer(100, nonce=nonce))
        stored.block(RESERVE)
        stored.chain.keep(RECEIPT)
        stored.block(a_claim(RECEIPT, final=True))
        reader = ChainReader.open(tmp_path / "chain.db")
        yield ListReader(reader)
        reader.close()


def test_blocks_come_with_their_own_certificates(lists: ListReader) -> None:
    page = lists.blocks_page(limit=3)
    assert [block.height for block, _ in page] == [5, 4, 3]
    assert all(one is not None and one.block_hash == block.hash for block, one in page)
    ((genesis, none),) = lists.blocks_page(before=1)
    assert (genesis.height, none) == (0, None)


def test_pages_of_all_transactions_meet_each_once(lists: ListReader) -> None:
    first = lists.transactions_page(limit=2)
    second = lists.transactions_page(before=first.before or 0, limit=2)
    third = lists.transactions_page(before=second.before or 0, limit=2)
    kinds = [one.kind for page in (first, second, third) for one in page.transactions]
    assert kinds == [Kind.CLAIM, Kind.RESERVE, *[Kind.TRANSFER] * 3]
    assert third.before is None


def test_kind_is_found_by_looks_of_bounded_length(
    lists: ListReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_queries, "SCAN_MAX", 2)
    first = lists.transactions_page(kind=Kind.TRANSFER)
    assert first.transactions == ()
    assert first.before is not None
    second = lists.transactions_page(kind=Kind.TRANSFER, before=first.before)
    assert [one.height for one in second.transactions] == [3, 2]


def test_account_has_what_it_sent_got_and_pays(lists: ListReader) -> None:
    client = lists.transactions_page(named("client"))
    miner = lists.transactions_page(named("miner"), kind=Kind.CLAIM)
    assert [one.height for one in client.transactions] == [5, 4, 3, 2, 1]
    assert [one.height for one in miner.transactions] == [5]
    assert lists.transactions_page(named("nobody")).transactions == ()


def test_page_that_is_full_of_a_kind_goes_on_where_it_ended(lists: ListReader) -> None:
    first = lists.transactions_page(kind=Kind.TRANSFER, limit=2)
    second = lists.transactions_page(kind=Kind.TRANSFER, before=first.before or 0, limit=2)
    heights = [one.height for page in (first, second) for one in page.transactions]
    assert heights == [3, 2, 1]
