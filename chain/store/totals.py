"""What the chain has done in all, as numbers that the writer carries from block to block."""

from dataclasses import astuple, dataclass

POSITIONS = ("balances", "reserved", "pending", "bonds", "treasury")
"""The totals that say where the supply is; together they are all of it."""


@dataclass(slots=True)
class Totals:
    """The totals after a block, in the order of the columns of ``chain_total``, which has them.

    Attributes:
        accounts: how many accounts blocks have named.
        transactions: how many transactions are final.
        receipts: how many receipts were claimed.
        settled: how many claims were paid, in whole or in part.
        refunded: how many claims ended with nothing paid.
        disputed: how many claims were disputed.
        spent: base units paid for claims, fees included.
        fees: base units of all fees, those of claims and of due work included.
        balances: base units of all accounts.
        reserved: base units of reservations that no claim holds.
        pending: base units of claims that wait, disputed ones included.
        bonds: base units that open disputes lock.
        treasury: base units of the treasury.
    """

    accounts: int = 0
    transactions: int = 0
    receipts: int = 0
    settled: int = 0
    refunded: int = 0
    disputed: int = 0
    spent: int = 0
    fees: int = 0
    balances: int = 0
    reserved: int = 0
    pending: int = 0
    bonds: int = 0
    treasury: int = 0

    @property
    def positions(self) -> tuple[int, ...]:
        """Where the money is, in the order of :data:`POSITIONS`."""
        return (self.balances, self.reserved, self.pending, self.bonds, self.treasury)

    def row(self, height: int) -> tuple[int, ...]:
        """Return the row of a height."""
        return (height, *astuple(self))
