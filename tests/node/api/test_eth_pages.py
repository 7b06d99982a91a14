from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.store.queries import ChainReader
from node.api import eth_pages
from node.api.eth_pages import AccountPage, find_sent, page_after, page_before
from tests.support.builders import GENESIS_HASH, a_reserve, a_signed, a_transfer, address_of_name
from tests.support.policy import a_grant
from tests.support.small_chain import stored_chain

CLIENT, MINER = address_of_name("client"), address_of_name("miner")
SIZES = (3, 1, 4, 2)
"""Transfers of the client in the blocks from height 1 on."""

SENT = [a_transfer(1, nonce=nonce) for nonce in range(sum(SIZES))]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[ChainReader]:
    """A chain on which the stranger pays the client between the client's own payments."""
    with stored_chain(tmp_path) as stored:
        waiting, nonce = list(SENT), 0
        for size in SIZES:
            paid = [
                a_transfer(1, by="stranger", to="client", nonce=nonce + more) for more in range(9)
            ]
            nonce += 9
            stored.block(*(waiting.pop(0) for _ in range(size)))
            stored.block(*paid)
        stored.block(a_signed(a_grant("gate"), nonce=len(SENT)))
        stored.block(a_reserve(by="gate", account="client", cap=10))
        reader = ChainReader.open(tmp_path / "chain.db")
        with reader.snapshot():
            yield reader
        reader.close()


def test_pages_lead_from_the_newest_to_the_oldest(reader: ChainReader) -> None:
    found, height, pages = list[tuple[int, int]](), 0, list[AccountPage]()
    while not pages or not pages[-1].is_oldest:
        pages.append(page_before(reader, MINER, height, 2))
        found += pages[-1].places
        height = found[-1][0]
    assert [one.is_newest for one in pages] == [True] + [False] * (len(pages) - 1)
    assert found == sorted(set(found), reverse=True)
    assert len(found) == len(SENT) + 1
    assert [len(one.places) for one in pages] == [3, 4, 4]


def test_pages_lead_back_to_the_newest(reader: ChainReader) -> None:
    found, height, pages = list[tuple[int, int]](), 0, list[AccountPage]()
    while not pages or not pages[-1].is_newest:
        pages.append(page_after(reader, MINER, height, 2))
        found = [*pages[-1].places, *found]
        height = found[0][0]
    assert [one.is_oldest for one in pages] == [True] + [False] * (len(pages) - 1)
    assert found == sorted(set(found), reverse=True)
    assert len(found) == len(SENT) + 1


def test_nobody_has_one_empty_page(reader: ChainReader) -> None:
    nobody = address_of_name("nobody")
    empty = AccountPage((), is_newest=True, is_oldest=True)
    assert page_before(reader, nobody, 0, 25) == page_after(reader, nobody, 0, 25) == empty


def test_page_is_bounded_although_blocks_are_whole(
    reader: ChainReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eth_pages, "ROWS_MAX", 5)
    assert len(page_before(reader, CLIENT, 9, 2).places) == 5


def test_sent_transaction_is_found_by_its_nonce(reader: ChainReader) -> None:
    for nonce, one in enumerate(SENT):
        assert find_sent(reader, CLIENT, nonce) == one.id(GENESIS_HASH)
    assert find_sent(reader, CLIENT, len(SENT)) is not None  # the grant
    assert find_sent(reader, CLIENT, len(SENT) + 1) is None
    assert find_sent(reader, MINER, 0) is None


def test_search_ends_although_it_finds_nothing(
    reader: ChainReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eth_pages, "SEARCHED_MAX", 3)
    assert find_sent(reader, CLIENT, 5) is None
