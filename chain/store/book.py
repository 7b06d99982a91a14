"""What the writer knows by heart, so that it writes a block without reading anything."""

from dataclasses import dataclass, field

from chain.primitives import INDEX_BITS, Address, Hash
from chain.store.totals import Totals

Row = tuple[int | str | bytes | None, ...]
"""The values of one row, or of one statement."""

OPEN, CLOSING, ENDED = "open", "closing", "ended"
"""Where a reservation stands."""

PENDING, DISPUTED, PAID, SPLIT, REFUNDED = "pending", "disputed", "paid", "split", "refunded"
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
        id: 32 bytes.
        row: its row id.
        client: whose money it is.
        dispute_window: heights a claim waits.
    """

    id: Hash
    row: int
    client: Address
    dispute_window: int


@dataclass(frozen=True, slots=True)
class LiveClaim:
    """Where a claim that has not ended is kept.

    Attributes:
        row: row id of its receipt.
        provider: who made it.
        amount: base units, fee included.
        model: the model that ran.
        unit_type: what a unit is.
        units_micro: micro-units of computation.
        bond: base units that a dispute of it locks; 0 where there is none.
    """

    row: int
    provider: Address
    amount: int
    model: str
    unit_type: str
    units_micro: int
    bond: int = 0


@dataclass
class Book:
    """Numbers of accounts, and rows of what may still change.

    Attributes:
        accounts: the number of each account.
        balances: base units of each, in the order of the numbers; 0 until the first credit.
        reservations: every one that has not ended, by its id.
        claims: every one that has not ended, by its receipt hash.
        reserved: base units that reservations and bonds hold of each client's; none is 0.
        earned: base units of all payments to each provider.
        period: number of the payout period under way.
        payouts: rows it has so far.
        named: the accounts that got their number since the last block was written, in order.
        totals: of the whole chain.
    """

    accounts: dict[Address, int] = field(default_factory=dict)
    balances: list[int] = field(default_factory=list)
    reservations: dict[Hash, LiveReservation] = field(default_factory=dict)
    claims: dict[Hash, LiveClaim] = field(default_factory=dict)
    reserved: dict[Address, int] = field(default_factory=dict)
    earned: dict[Address, int] = field(default_factory=dict)
    period: int = 0
    payouts: int = 0
    named: list[Address] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)

    def number(self, address: Address) -> int:
        """Return an account's number; one that no block named before gets the next."""
        number = self.accounts.get(address)
        if number is None:
            number = self.accounts[address] = len(self.accounts) + 1
            self.named.append(address)
            self.balances.append(0)
            self.totals.accounts += 1
        return number

    def put_balance(self, number: int, balance: int) -> None:
        """Note the balance of an account, in base units, and what it adds to all of them."""
        self.totals.balances += balance - self.balances[number - 1]
        self.balances[number - 1] = balance

    def hold(self, client: Address, amount: int) -> int:
        """Add base units to what is held of a client's, fewer if negative; return the sum."""
        held = self.reserved.get(client, 0) + amount
        assert held >= 0
        if held:
            self.reserved[client] = held
        else:
            self.reserved.pop(client, None)
        return held

    def take_named(self) -> list[Address]:
        """Return the accounts that are new, which from now on are not."""
        named, self.named = self.named, []
        return named
