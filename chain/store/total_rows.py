"""What a block adds to the totals of the chain, and how they come back at a start.

Where the money is follows from what the events moved, position by position, and not from one
another; that all of it is still the supply is checked after each block.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from chain.execution import ExecutedBlock
from chain.outcome import OutcomeKind
from chain.store.book import Book, Row
from chain.store.connection import damaged
from chain.store.reservation_events import Event
from chain.store.totals import Totals

_ROW = "SELECT * FROM chain_total WHERE height = ?"


def load_totals(connection: Connection, height: int, *, counted: Totals) -> Totals:
    """Return the totals of the tip.

    Args:
        connection: inside a transaction.
        height: of the tip.
        counted: accounts and money as they were counted in the state.

    Raises:
        StoreError: the totals say something else of them, or are missing.
    """
    row = connection.exec_driver_sql(_ROW, (height,)).first()
    totals = Totals() if row is None else Totals(*row[1:])
    if (totals.accounts, totals.positions) != (counted.accounts, counted.positions):
        raise damaged(what="its totals are not those of the state")
    return totals


def total_row(executed: ExecutedBlock, events: Sequence[Event], book: Book) -> Row:
    """Add a block to the book's totals and return their row.

    Args:
        executed: the block.
        events: of the block.
        book: has its accounts, balances and treasury already.
    """
    totals, header = book.totals, executed.block.header
    totals.transactions += len(executed.outcomes)
    totals.receipts += len(executed.claim_outcomes)
    totals.fees += sum(one.fee for one in executed.outcomes)
    totals.fees += sum(one.fee for one in executed.due_outcomes)
    for event in events:
        _add_event(totals, event)
    supply = executed.state.ledger.supply
    assert sum(totals.positions) == supply, f"{totals.positions} are not {supply} base units"
    return totals.row(header.height)


def _add_event(totals: Totals, event: Event) -> None:
    """Add what became of a reservation's money; ``spent`` is 0 where no claim has ended."""
    claim, ended, outcome = event.claim, event.ended, event.outcome
    if event.kind is OutcomeKind.DISPUTED:
        totals.disputed += 1
        totals.bonds += event.bond
        return
    totals.reserved += event.amount - outcome.returned
    if event.bond_winner is not None:
        totals.bonds -= event.bond
    if claim is not None and event.kind is OutcomeKind.CLAIMED:
        totals.reserved -= claim.amount
        totals.pending += claim.amount
    if ended is not None:
        totals.pending -= ended.amount
        totals.reserved += ended.amount - event.spent
        totals.spent += event.spent
        totals.settled += event.spent > 0
        totals.refunded += event.spent == 0
