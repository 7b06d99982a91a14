"""What the writer knows by heart, so that it writes a block without reading anything."""

from dataclasses import dataclass, field

from chain.primitives import INDEX_BITS, Address, Hash

Row = tuple[int | str | bytes | None, ...]
"""The values of one row, or of one statement."""

OPEN, CLOSING, ENDED = "open", "closing", "ended"
"""Where a reservation stands."""

PENDING, PAID = "pending", "paid"
"""Where a receipt stands."""


def row_id(height: int, index: int) -> int:
    """Return the row id of the transaction at a place of a block."""
    return height << INDEX_BITS | index


def rows_of_block(height: int) -> tuple[int, int]:
    """Return the row ids from which and below which a block's transactions and receipts lie."""
    return row_id(height, 0), row_id(height + 1, 0)


@dataclass(frozen=True, slots=True)
class LiveReservation:
    """Where a reservation that has not ended is kept.

    Attributes:
        row: its row id.
        client: number of the client's account.
    """

    row: int
    client: int


@dataclass
class Book:
    """Numbers of accounts, and rows of what may still change.

    Attributes:
        accounts: the number of each account.
        reservations: every one that has not ended, by its id.
        pending: row of each receipt that waits for its window, by receipt hash.
        named: the accounts that got their number since the last block was written, in order.
    """

    accounts: dict[Address, int] = field(default_factory=dict)
    reservations: dict[Hash, LiveReservation] = field(default_factory=dict)
    pending: dict[Hash, int] = field(default_factory=dict)
    named: list[Address] = field(default_factory=list)

    def number(self, address: Address) -> int:
        """Return an account's number; one that no block named before gets the next."""
        number = self.accounts.get(address)
        if number is None:
            number = self.accounts[address] = len(self.accounts) + 1
            self.named.append(address)
        return number

    def take_named(self) -> list[Address]:
        """Return the accounts that are new, which from now on are not."""
        named, self.named = self.named, []
        return named
