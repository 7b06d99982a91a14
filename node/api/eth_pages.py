"""An account's transactions by whole blocks, as Otterscan pages through them."""

from dataclasses import dataclass
from itertools import groupby

from chain.crypto import address_of
from chain.primitives import INDEX_BITS, Address, Hash
from chain.store.book import row_id
from chain.store.lookup import LookupKind
from chain.store.pages import ROW_MAX
from chain.store.queries import ChainReader
from chain.store.view_rows import transactions_of_rows
from chain.store.views import TransactionView
from chain.transaction import SignedTransaction

ROWS_MAX = 150
"""Transactions of a page; it has whole blocks, so that one block of more is cut."""

SEARCHED_MAX = 1_000
"""Transactions that a search for a nonce looks at."""


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Part of an account's history.

    Attributes:
        places: height and index of each transaction, newest first.
        is_newest: whether there is nothing newer.
        is_oldest: whether there is nothing older.
    """

    places: tuple[tuple[int, int], ...]
    is_newest: bool
    is_oldest: bool


def page_before(reader: ChainReader, account: Address, height: int, size: int) -> AccountPage:
    """Return the newest transactions below a height, in whole blocks.

    Args:
        reader: inside a snapshot.
        account: whose.
        height: above them; 0 for the newest of all.
        size: how many at least, if there are.
    """
    before = row_id(height, 0) if height else ROW_MAX
    rows = _before(reader, account, before, ROWS_MAX + 1)
    taken = _whole_blocks(rows, size)
    is_newest = not reader.history_from(account, start=before, limit=1) if height else True
    return AccountPage(_places(taken), is_newest, is_oldest=len(taken) == len(rows))


def page_after(reader: ChainReader, account: Address, height: int, size: int) -> AccountPage:
    """Return the oldest transactions above a height, in whole blocks, newest first.

    Args:
        reader: inside a snapshot.
        account: whose.
        height: below them; 0 for the oldest of all.
        size: how many at least, if there are.
    """
    start = row_id(height + 1, 0)
    rows = reader.history_from(account, start=start, limit=ROWS_MAX + 1)
    taken = _whole_blocks(rows, size)
    is_oldest = not _before(reader, account, start, 1)
    return AccountPage(_places(taken[::-1]), len(taken) == len(rows), is_oldest)


def find_sent(reader: ChainReader, account: Address, nonce: int) -> Hash | None:
    """Return the transaction that an account's own key has signed with a nonce, or None.

    Nonces rise along the history, so it is halved again and again. Where an account received
    thousands of payments between two of its own, the search may end without a result.

    Args:
        reader: inside a snapshot.
        account: whose.
        nonce: of the transaction.
    """
    low, high, left = 0, row_id(reader.tip().height + 1, 0), SEARCHED_MAX
    while low < high and left > 0:
        middle = (low + high) // 2
        found, looked_at = _first_sent(reader, account, middle, high, left)
        left -= looked_at
        if found is None or found[1] > nonce:
            high = middle
        elif found[1] < nonce:
            low = found[0] + 1
        else:
            return found[2]
    return None


def _first_sent(
    reader: ChainReader, account: Address, start: int, end: int, limit: int
) -> tuple[tuple[int, int, Hash] | None, int]:
    """Return row, nonce and id of the first transaction of the account's own key, if any.

    The second value is how many transactions were looked at.
    """
    looked_at, size = 0, 4
    while looked_at < limit:
        rows = reader.history_from(account, start=start, limit=size)
        for one in reversed(transactions_of_rows(reader.connection, rows)):
            looked_at += 1
            if one.row >= end:
                return None, looked_at
            if one.sender == account and one.nonce is not None and _is_own(one):
                return (one.row, one.nonce, one.id), looked_at
        if len(rows) < size:
            return None, looked_at + 1
        start, size = rows[-1] + 1, 2 * size
    return None, looked_at


def _is_own(one: TransactionView) -> bool:
    """Return whether the sender's own key has signed, and none that it granted."""
    decoded = one.decode()
    return isinstance(decoded, SignedTransaction) and address_of(decoded.public_key) == one.sender


def _before(reader: ChainReader, account: Address, before: int, limit: int) -> list[int]:
    number = reader.find_number(account)
    if number is None:
        return []
    return reader.rows_under(LookupKind.HISTORY, number, before=before, limit=limit)


def _whole_blocks(rows: list[int], size: int) -> list[int]:
    """Return the first rows: as many as are asked for, and what else is in their last block."""
    taken: list[int] = []
    for _, block in groupby(rows[:ROWS_MAX], key=lambda row: row >> INDEX_BITS):
        if len(taken) >= size:
            break
        taken += block
    return taken


def _places(rows: list[int]) -> tuple[tuple[int, int], ...]:
    return tuple((row >> INDEX_BITS, row & (1 << INDEX_BITS) - 1) for row in rows)
