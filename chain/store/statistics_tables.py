"""The tables of what the chain has done in all: its totals after each block.

Like ``chain.store.tables`` this module does without postponed annotations. A block adds to them in
its own transaction; nobody counts rows when somebody asks.
"""

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from chain.store.tables import STRICT
from chain.store.totals import POSITIONS


class ChainTotal(SQLModel, table=True):
    """The totals after a block: how much of everything there has been, and where the money is.

    Attributes:
        height: of the block; 0 for genesis. The others are those of ``chain.store.totals``.
        accounts: count.
        transactions: count.
        receipts: count.
        settled: count of claims.
        refunded: count of claims.
        disputed: count of claims.
        spent: base units.
        fees: base units.
        balances: base units.
        reserved: base units.
        pending: base units.
        bonds: base units.
        treasury: base units.
    """

    __tablename__ = "chain_total"
    __table_args__ = (
        CheckConstraint(" AND ".join(f"{column} >= 0" for column in POSITIONS)),
        STRICT,
    )

    height: int = Field(primary_key=True, foreign_key="block.height")
    accounts: int
    transactions: int
    receipts: int
    settled: int
    refunded: int
    disputed: int
    spent: int
    fees: int
    balances: int
    reserved: int
    pending: int
    bonds: int
    treasury: int
