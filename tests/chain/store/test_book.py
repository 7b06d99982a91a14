"""Numbers in the order of first naming, and row ids in the order of the chain."""

from chain.primitives import BLOCK_TRANSACTIONS_MAX, HEIGHT_MAX
from chain.store.book import Book, row_id, rows_of_block
from tests.support.builders import key_of


def test_account_keeps_its_number() -> None:
    book = Book()
    assert book.number(key_of("client").address) == 1
    assert book.number(key_of("miner").address) == 2
    assert book.number(key_of("client").address) == 1
    assert book.take_named() == [key_of("client").address, key_of("miner").address]
    assert book.take_named() == []


def test_row_ids_rise_with_the_chain_and_fit_an_integer_of_sqlite() -> None:
    assert row_id(1, BLOCK_TRANSACTIONS_MAX) < row_id(2, 0) < row_id(2, 1)
    assert rows_of_block(2) == (row_id(2, 0), row_id(3, 0))
    assert row_id(HEIGHT_MAX, 2**20 - 1) == 2**63 - 1
