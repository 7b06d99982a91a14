"""What the audit of an account answers: its bill, recomputed entry by entry from the chain."""

from dataclasses import dataclass

from chain.primitives import Address, Hash


@dataclass(frozen=True, slots=True)
class BillEntry:
    """A movement of an account's money, beside what the chain's own data say of it.

    Attributes:
        row: its place among the account's entries, by which pages go on.
        height: of its block.
        time_ms: of its block, unix milliseconds.
        kind: as in a client's ledger; ``earned`` for a provider.
        amount: base units, as the account's books have it.
        recomputed: base units, from the transaction, the receipt or the block's outcomes.
        after: base units that the client's reservations and bonds hold after it, or that the
            provider has earned up to it.
        carried: what was so before it, as the entry before has it.
        sign: what the amount does to that: 1, -1, or 0 for a fee that is paid from the balance.
        transaction_id: of what moved it, or of the claim that a provider was paid for; None for
            work that fell due.
        receipt_hash: of the receipt it is about; None where it is about none.
        reservation_id: of the reservation.
        job_id: the receipt's job, else the reserved one.
        counterparty: the other side of the receipt; None where it is about none.
    """

    row: int
    height: int
    time_ms: int
    kind: str
    amount: int
    recomputed: int
    after: int
    carried: int
    sign: int
    transaction_id: Hash | None
    receipt_hash: Hash | None
    reservation_id: Hash
    job_id: str
    counterparty: Address | None

    @property
    def is_right(self) -> bool:
        """Whether the books say what the chain says, and follow from the entry before."""
        follows = self.after == self.carried + self.sign * self.amount
        return follows and self.amount == self.recomputed


@dataclass(frozen=True, slots=True)
class BillPage:
    """A part of a bill, oldest first.

    Attributes:
        entries: some of them.
        after: the row after which the next page begins; None where none follows.
        total: base units that the last entry must leave: what the account's open reservations and
            disputes hold at the tip, or what all receipts of a provider have paid it.
    """

    entries: tuple[BillEntry, ...]
    after: int | None
    total: int

    @property
    def is_right(self) -> bool:
        """Whether all its entries are right, and the last of the bill leaves the total."""
        if self.after is None and self.entries and self.entries[-1].after != self.total:
            return False
        return all(one.is_right for one in self.entries)
