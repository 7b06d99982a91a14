from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chain.primitives import INDEX_BITS, Address
from chain.store.follow_queries import RUN_MAX, FollowReader, Run, place_of
from chain.store.queries import ChainReader
from chain.store.views import ReceiptFilter
from tests.support.builders import a_transfer, address_of_name
from tests.support.market_chain import ACCEPTED, DISPUTED, a_market
from tests.support.small_chain import stored_chain

CLIENT, MINER = address_of_name("client"), address_of_name("miner")
TRANSFERS = 2 * RUN_MAX + 7

Read = Callable[[int], Run[Any]]


@pytest.fixture
def follow(tmp_path: Path) -> Iterator[FollowReader]:
    """A chain of one block of many transfers and one of a single transfer."""
    with stored_chain(tmp_path) as stored:
        stored.block(*(a_transfer(1, nonce=nonce) for nonce in range(TRANSFERS)))
        stored.block(a_transfer(1, nonce=TRANSFERS))
        reader = ChainReader.open(tmp_path / "chain.db")
        yield FollowReader(reader)
        reader.close()


def all_from(read: Read, place: int = 0) -> tuple[list[Any], int]:
    """Return everything from a place on, and where whoever has read it goes on."""
    items: list[Any] = []
    while True:
        run = read(place)
        assert len(run.items) <= RUN_MAX
        assert run.place > place or run.is_last
        items += run.items
        place = run.place
        if run.is_last:
            return items, place


@pytest.mark.parametrize("account", [None, CLIENT])
def test_transactions_are_met_once_and_in_order(
    follow: FollowReader, account: Address | None
) -> None:
    found, place = all_from(lambda at: follow.transactions(at, account))
    places = [(one.height, one.index) for one in found]
    assert places == [*((1, index) for index in range(TRANSFERS)), (2, 0)]
    assert follow.transactions(place, account).items == ()


def test_reader_goes_on_in_the_middle_of_a_block(follow: FollowReader) -> None:
    found, _ = all_from(lambda at: follow.transactions(at, CLIENT), place_of(1) + TRANSFERS - 2)
    assert [(one.height, one.index) for one in found] == [
        (1, TRANSFERS - 2),
        (1, TRANSFERS - 1),
        (2, 0),
    ]


def test_account_that_nobody_named_has_none(follow: FollowReader) -> None:
    run = follow.transactions(0, address_of_name("nobody"))
    assert (run.items, run.place, run.is_last) == ((), 0, True)


def test_blocks_come_with_their_certificates(follow: FollowReader) -> None:
    found, place = all_from(follow.blocks)
    assert [one.block.height for one in found] == [0, 1, 2]
    assert [one.certificate is None for one in found] == [True, False, False]
    assert place <= follow.end() == place_of(3)
    assert follow.blocks(place).items == ()
    assert [one.block.height for one in follow.blocks(place_of(2)).items] == [2]


def test_what_comes_later_is_met_where_the_reader_stopped(tmp_path: Path) -> None:
    with stored_chain(tmp_path) as stored:
        stored.block(a_transfer(1))
        reader = ChainReader.open(tmp_path / "chain.db")
        follow = FollowReader(reader)
        places = [all_from(read)[1] for read in (follow.blocks, lambda at: every(follow, at))]
        stored.block(a_transfer(1, nonce=1))
        assert [one.block.height for one in follow.blocks(places[0]).items] == [2]
        assert [one.height for one in every(follow, places[1]).items] == [2]
        reader.close()


def every(follow: FollowReader, place: int) -> Run[Any]:
    return follow.transactions(place, None)


@pytest.mark.parametrize(
    ("wanted", "hashes"),
    [
        (ReceiptFilter(), [ACCEPTED.hash, DISPUTED.hash]),
        (ReceiptFilter(client=CLIENT), [ACCEPTED.hash, DISPUTED.hash]),
        (ReceiptFilter(provider=MINER, model="llama3.2"), [ACCEPTED.hash, DISPUTED.hash]),
        (ReceiptFilter(client=MINER), []),
        (ReceiptFilter(account=MINER), [ACCEPTED.hash, DISPUTED.hash]),
        (ReceiptFilter(provider=MINER, model="other"), []),
        (ReceiptFilter(client=address_of_name("nobody")), []),
    ],
)
def test_receipts_fit_the_filter(
    tmp_path: Path, wanted: ReceiptFilter, hashes: list[bytes]
) -> None:
    with a_market(tmp_path):
        reader = ChainReader.open(tmp_path / "chain.db")
        follow = FollowReader(reader)
        found, place = all_from(lambda at: follow.receipts(at, wanted))
        assert [one.receipt_hash for one in found] == hashes
        assert not follow.receipts(place, wanted).items
        reader.close()


def test_sets_of_validators_are_told_by_their_first_height(tmp_path: Path) -> None:
    with stored_chain(tmp_path) as stored:
        stored.block()
        reader = ChainReader.open(tmp_path / "chain.db")
        (first,), place = all_from(FollowReader(reader).validator_sets)
        assert (first.from_height, len(first.validators)) == (1, 1)
        assert place >> INDEX_BITS == 1
        assert FollowReader(reader).validator_sets(place).items == ()
        reader.close()
