"""The ledgers of clients: one row for each movement of a client's reserved money.

Execution tells no balances between two transactions, so they are followed here: from the balances
before the block, through everything that moves money in it, to the balances after it, which must
come out the same. Only clients whose reserved money moves are followed; plain transfers and all
else that moves their money change the balances and leave no row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection

from chain.execution import ExecutedBlock
from chain.outcome import OutcomeKind
from chain.payloads import Transfer
from chain.primitives import Address
from chain.records import balance_key
from chain.store.book import Book, Row, row_id
from chain.store.reservation_events import Event
from chain.transaction import SignedTransaction

_BALANCES = (
    "SELECT address, balance FROM account WHERE number IN (SELECT value FROM json_each(?)) "
    "AND balance IS NOT NULL"
)

_PAYEE = (
    "SELECT account.address FROM validator JOIN account ON account.number = validator.payee "
    "WHERE from_height = (SELECT max(from_height) FROM validator WHERE from_height <= ?) "
    "AND public_key = ?"
)


class EntryKind(StrEnum):
    """What moved."""

    FEE = "fee"
    """The fee of a transaction that is about one of the account's own reservations."""
    RESERVED = "reserved"
    """From the balance into a reservation."""
    PAID = "paid"
    """Out of a reservation for a claim, fee included."""
    RETURNED = "returned"
    """From a reservation back to the balance."""
    BOND_LOCKED = "bond_locked"
    """From the balance into the bond of a dispute."""
    BOND_RETURNED = "bond_returned"
    """From the bond back to the balance."""
    BOND_LOST = "bond_lost"
    """From the bond to the provider."""


SIGNS = {
    EntryKind.FEE: (-1, 0),
    EntryKind.RESERVED: (-1, 1),
    EntryKind.PAID: (0, -1),
    EntryKind.RETURNED: (1, -1),
    EntryKind.BOND_LOCKED: (-1, 1),
    EntryKind.BOND_RETURNED: (1, -1),
    EntryKind.BOND_LOST: (0, -1),
}
"""What each does to the balance and to what is reserved."""


def ledger_rows(
    connection: Connection, executed: ExecutedBlock, events: Sequence[Event], book: Book
) -> list[Row]:
    """Return the rows of a block's events, and add up in the book what is reserved.

    Args:
        connection: inside the block's transaction, before any balance is written.
        executed: the block.
        events: of the block.
        book: numbers every account that they name.
    """
    if not events:
        return []
    clients = {event.reservation.client for event in events}
    before = _balances(connection, clients, book)
    walk = _Walk(executed.block.header.height, dict(before), book)
    walk.transactions(executed, events)
    for event in events:
        if event.row is None:
            walk.event(event)
    header = executed.block.header
    payee = connection.exec_driver_sql(_PAYEE, (header.height, header.proposer)).scalar_one()
    outcomes = (*executed.outcomes, *executed.due_outcomes)
    walk.move(Address(payee), sum(outcome.fee // 2 for outcome in outcomes))
    for client, balance in walk.balances.items():
        assert balance == executed.state.changes.get(balance_key(client), before[client])
    return walk.rows


def _balances(connection: Connection, clients: set[Address], book: Book) -> dict[Address, int]:
    numbers = sorted(book.accounts[client] for client in clients)
    found = connection.exec_driver_sql(_BALANCES, (str(numbers),))
    return dict.fromkeys(clients, 0) | {Address(address): balance for address, balance in found}


@dataclass
class _Walk:
    """Follows money through a block.

    Attributes:
        height: of the block.
        balances: of the clients that are followed.
        book: knows what is reserved.
        rows: so far.
    """

    height: int
    balances: dict[Address, int]
    book: Book
    rows: list[Row] = field(default_factory=list)

    def transactions(self, executed: ExecutedBlock, events: Sequence[Event]) -> None:
        """Follow the transactions; those that are about reservations by their events."""
        by_row: dict[int, list[Event]] = {}
        for event in events:
            if event.row is not None:
                by_row.setdefault(event.row, []).append(event)
        pairs = zip(executed.verified.transactions, executed.outcomes, strict=True)
        for index, (verified, outcome) in enumerate(pairs):
            mine = by_row.get(row_id(self.height, index), ())
            for event in mine:
                self.event(event)
            transaction = verified.transaction
            if mine or not isinstance(transaction, SignedTransaction):
                continue
            self.move(transaction.sender, -outcome.fee)
            if isinstance(transfer := transaction.payload, Transfer):
                self.move(transaction.sender, -transfer.amount)
                self.move(transfer.to, transfer.amount)

    def move(self, account: Address, amount: int) -> None:
        """Change an account's balance without a row, if it is followed."""
        if account in self.balances:
            self.balances[account] += amount

    def event(self, event: Event) -> None:
        """Follow an event and add its rows."""
        client = event.reservation.client
        if event.payer == client:
            self._add(event, EntryKind.FEE, event.payer_fee)
        elif event.payer is not None:
            self.move(event.payer, -event.payer_fee)
        for kind, amount in _movements(event):
            if event.claim is not None and kind is EntryKind.PAID:
                self.move(event.claim.provider, event.outcome.paid)
            elif event.claim is not None and kind is EntryKind.BOND_LOST:
                self.move(event.claim.provider, amount)
            self._add(event, kind, amount)

    def _add(self, event: Event, kind: EntryKind, amount: int) -> None:
        if amount == 0:
            return
        client, (balance, reserved) = event.reservation.client, SIGNS[kind]
        self.balances[client] += balance * amount
        held = self.book.hold(client, reserved * amount)
        self.rows.append(
            (
                *(self.book.accounts[client], row_id(self.height, len(self.rows)), kind.value),
                *(amount, self.balances[client], held, event.row, event.reservation.row),
                None if event.claim is None else event.claim.row,
            )
        )


def _movements(event: Event) -> Iterator[tuple[EntryKind, int]]:
    """Yield what an event moved of its client's money, in order of execution."""
    returned = (EntryKind.RETURNED, event.outcome.returned)
    match event.kind:
        case OutcomeKind.RESERVED:
            yield EntryKind.RESERVED, event.amount
        case OutcomeKind.DISPUTED:
            yield EntryKind.BOND_LOCKED, event.bond
        case OutcomeKind.RESOLVED | OutcomeKind.UNDECIDED:
            is_lost = event.bond_winner != event.reservation.client
            yield EntryKind.BOND_LOST if is_lost else EntryKind.BOND_RETURNED, event.bond
            yield returned
            yield EntryKind.PAID, event.spent
        case _:
            if event.ended is not None:
                yield EntryKind.PAID, event.spent
            yield returned
