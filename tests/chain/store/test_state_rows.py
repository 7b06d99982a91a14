"""Rows of the state: who is new, what is taken, what is forgotten."""

from chain.primitives import IDEMPOTENCY_HEIGHTS
from chain.records import TakenRecord
from chain.store.book import Book
from chain.store.state_rows import state_rows
from tests.support.builders import a_reserve, a_transfer, key_of
from tests.support.chain import Chain
from tests.support.stored_chain import StoredChain, Story, column


def test_new_account_comes_with_its_balance_and_known_ones_change() -> None:
    chain, book = Chain(), Book()
    book.number(key_of("client").address)
    book.take_named()
    rows = state_rows(chain.block(a_transfer(30, to="newcomer")), book)
    assert rows.accounts == [(2, key_of("newcomer").address, 30)]
    assert rows.balances == [(1_000_000 - 30, 1)]
    assert rows.nonces == [(1, key_of("client").public_key, 1)]


def test_idempotency_key_is_taken_beside_the_job(stored: StoredChain) -> None:
    stored.block(a_reserve(idempotency_key_hash=b"\x07" * 32))
    (until, *_) = column(stored.writer._connection, "SELECT until FROM taken")
    assert until == 50 + IDEMPOTENCY_HEIGHTS
    names = column(stored.writer._connection, "SELECT name FROM taken ORDER BY name")
    assert names == [b"\0job-1", b"\1" + b"\x07" * 32]
    taken = [one for one in stored.reopen().records.values() if isinstance(one, TakenRecord)]
    assert len(taken) == 2


def test_what_the_state_forgets_leaves_the_table(stored: StoredChain, story: Story) -> None:
    executed = stored.chain.propose()
    for key, record in stored.chain.ledger.records.items():
        if isinstance(record, TakenRecord):
            executed.state.changes[key] = None
    rows = state_rows(executed, stored.writer._book)
    assert [name for _, name in rows.forgotten] == [b"\0job-1", b"\0session-1"]
