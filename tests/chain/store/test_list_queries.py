from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.kind import Kind
from chain.primitives import INDEX_BITS, PublicKey
from chain.store import list_queries
from chain.store.list_queries import ListReader, ReservationFilter
from chain.store.pages import ROW_MAX
from chain.store.queries import ChainReader
from tests.support.builders import GENESIS_HASH, a_claim, a_receipt, a_reserve, a_transfer
from tests.support.builders import address_of_name as named
from tests.support.small_chain import StoredChain, stored_chain

RESERVE = a_reserve(nonce=3)
RECEIPT = a_receipt(reservation_id=RESERVE.id(GENESIS_HASH))


def fill(stored: StoredChain) -> None:
    """Three transfers, a reservation and its claim, each in a block of its own."""
    for nonce in range(3):
        stored.block(a_transfer(100, nonce=nonce))
    stored.block(RESERVE)
    stored.chain.keep(RECEIPT)
    stored.block(a_claim(RECEIPT, final=True))


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[ListReader]:
    """A chain as :func:`fill` makes it."""
    with stored_chain(tmp_path) as stored:
        fill(stored)
        reader = ChainReader.open(tmp_path / "chain.db")
        yield ListReader(reader)
        reader.close()


@pytest.fixture
def reserved(tmp_path: Path) -> Iterator[ListReader]:
    """The same with three more reservations: two for the miner, then one for a stranger."""
    with stored_chain(tmp_path) as stored:
        fill(stored)
        stored.block(a_reserve(nonce=4, job_id="b"))
        stored.block(a_reserve(nonce=5, job_id="c"))
        stored.block(a_reserve(nonce=6, job_id="d", provider=named("stranger")))
        reader = ChainReader.open(tmp_path / "chain.db")
        yield ListReader(reader)
        reader.close()


def test_blocks_come_with_their_own_certificates(lists: ListReader) -> None:
    page = lists.blocks_page(limit=3)
    assert [block.height for block, _ in page.items] == [5, 4, 3]
    assert all(one is not None and one.block_hash == block.hash for block, one in page.items)
    ((genesis, none),) = lists.blocks_page(before=1).items
    assert (genesis.height, none) == (0, None)


def test_proposer_has_the_blocks_that_it_proposed(lists: ListReader) -> None:
    proposer = lists.blocks_page(limit=1).items[0][0].proposer
    first = lists.blocks_page(proposer, limit=3)
    rest = lists.blocks_page(proposer, before=first.before or 0, limit=3)
    assert [block.height for block, _ in (*first.items, *rest.items)] == [5, 4, 3, 2, 1]
    assert rest.before is None
    assert lists.blocks_page(PublicKey(bytes(32))).items == ()


def test_pages_of_all_transactions_meet_each_once(lists: ListReader) -> None:
    first = lists.transactions_page(limit=2)
    second = lists.transactions_page(before=first.before or 0, limit=2)
    third = lists.transactions_page(before=second.before or 0, limit=2)
    kinds = [one.kind for page in (first, second, third) for one in page.items]
    assert kinds == [Kind.CLAIM, Kind.RESERVE, *[Kind.TRANSFER] * 3]
    assert third.before is None


def test_page_that_is_full_of_a_kind_goes_on_where_it_ended(lists: ListReader) -> None:
    first = lists.transactions_page(kind=Kind.TRANSFER, limit=2)
    second = lists.transactions_page(kind=Kind.TRANSFER, before=first.before or 0, limit=2)
    heights = [one.height for page in (first, second) for one in page.items]
    assert heights == [3, 2, 1]


def test_kind_of_an_account_is_found_by_looks_of_bounded_length(
    lists: ListReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_queries, "SCANNED_MAX", 2)
    first = lists.transactions_page(named("client"), Kind.TRANSFER)
    assert first.items == ()
    assert first.before is not None
    second = lists.transactions_page(named("client"), Kind.TRANSFER, before=first.before)
    assert [one.height for one in second.items] == [3, 2]


def test_account_has_what_it_sent_got_and_pays(lists: ListReader) -> None:
    client = lists.transactions_page(named("client"))
    miner = lists.transactions_page(named("miner"), kind=Kind.CLAIM)
    assert [one.height for one in client.items] == [5, 4, 3, 2, 1]
    assert [one.height for one in miner.items] == [5]
    assert lists.transactions_page(named("nobody")).items == ()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [8, 7, 6, 4]),
        ({"client": "client"}, [8, 7, 6, 4]),
        ({"provider": "miner"}, [7, 6, 4]),
        ({"client": "client", "provider": "stranger"}, [8]),
        ({"status": "ended"}, [4]),
        ({"client": "client", "status": "open"}, [8, 7, 6]),
        ({"provider": "client"}, []),
        ({"client": "nobody"}, []),
        ({"provider": "nobody"}, []),
    ],
)
def test_reservations_by_client_provider_and_status(
    reserved: ListReader, wanted: dict[str, str], found: list[int]
) -> None:
    fields = {name: value if name == "status" else named(value) for name, value in wanted.items()}
    page = reserved.reservations_page(ReservationFilter(**fields))
    assert [one.row >> INDEX_BITS for one in page.items] == found
    assert page.before is None


def test_reservations_go_on_page_by_page(reserved: ListReader) -> None:
    wanted, heights, before = ReservationFilter(client=named("client")), [], ROW_MAX
    for _ in range(4):
        page = reserved.reservations_page(wanted, before=before, limit=1)
        heights += [one.row >> INDEX_BITS for one in page.items]
        before = page.before or 0
    assert heights == [8, 7, 6, 4]
    assert reserved.reservations_page(wanted, before=before).items == ()


def test_status_is_found_by_looks_of_bounded_length(
    reserved: ListReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_queries, "SCANNED_MAX", 2)
    wanted = ReservationFilter(status="ended")
    first = reserved.reservations_page(wanted)
    assert first.items == ()
    assert first.before is not None
    (one,) = reserved.reservations_page(wanted, before=first.before).items
    assert one.status == "ended"
