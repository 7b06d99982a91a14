"""The tables of statistics: totals after each block, and what happened when and to whom.

Like ``chain.store.tables`` this module does without postponed annotations. A block adds to them in
its own transaction; nobody counts rows when somebody asks. Hours and days are those of the block's
header: unix milliseconds // 3,600,000 and // 86,400,000. A claim is counted among the receipts when
it is made and among what was settled or refunded when it ends.
"""

from sqlalchemy import CheckConstraint, Index, Text
from sqlmodel import Field, SQLModel

from chain.store.tables import STRICT, STRICT_BY_KEY
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


class ChainHour(SQLModel, table=True):
    """An hour in which there were blocks; their totals tell what happened in it.

    Attributes:
        hour: of the headers.
        last_height: of its last block.
    """

    __tablename__ = "chain_hour"
    __table_args__ = STRICT_BY_KEY

    hour: int = Field(primary_key=True)
    last_height: int = Field(foreign_key="block.height")


class KindHour(SQLModel, table=True):
    """The transactions of one kind in one hour, or the work of one kind that fell due.

    Attributes:
        hour: of the headers.
        kind: of ``chain.outcome.OutcomeKind``; below 128 it is the transaction's.
        count: how many.
        amount: base units moved, reserved, claimed, accepted, disputed or decided.
        fees: base units.
    """

    __tablename__ = "kind_hour"
    __table_args__ = STRICT_BY_KEY

    hour: int = Field(primary_key=True)
    kind: int = Field(primary_key=True)
    count: int
    amount: int
    fees: int


class ModelHour(SQLModel, table=True):
    """What was claimed and paid for one model in one hour.

    Attributes:
        hour: of the headers.
        model: the model that ran.
        unit_type: what a unit is.
        receipts: claims made.
        settled: claims paid, in whole or in part.
        refunded: claims that ended with nothing paid.
        disputed: disputes opened.
        units_micro: micro-units of computation of the claims paid.
        spent: base units paid for them, fees included.
        fees: base units of these fees.
    """

    __tablename__ = "model_hour"
    __table_args__ = STRICT_BY_KEY

    hour: int = Field(primary_key=True)
    model: str = Field(primary_key=True, sa_type=Text)
    unit_type: str = Field(primary_key=True, sa_type=Text)
    receipts: int
    settled: int
    refunded: int
    disputed: int
    units_micro: int
    spent: int
    fees: int


class AccountDay(SQLModel, table=True):
    """What one account bought or sold on one day.

    Attributes:
        account: number of the account.
        side: ``client`` for what it bought, ``provider`` for what it sold.
        day: of the headers.
        unit_type: what a unit is.
        receipts: claims made.
        settled: claims paid, in whole or in part.
        refunded: claims that ended with nothing paid.
        disputed: disputes opened.
        units_micro: micro-units of computation of the claims paid.
        spent: base units paid for them, fees included.
        fees: base units of these fees; a provider got the rest.
    """

    __tablename__ = "account_day"
    __table_args__ = (CheckConstraint("side IN ('client', 'provider')"), STRICT_BY_KEY)

    account: int = Field(primary_key=True, foreign_key="account.number")
    side: str = Field(primary_key=True, sa_type=Text)
    day: int = Field(primary_key=True)
    unit_type: str = Field(primary_key=True, sa_type=Text)
    receipts: int
    settled: int
    refunded: int
    disputed: int
    units_micro: int
    spent: int
    fees: int


class Trader(SQLModel, table=True):
    """What one account has bought or sold in all.

    Attributes:
        side: ``client`` for what it bought, ``provider`` for what it sold.
        account: number of the account.
        receipts: claims made.
        settled: claims paid, in whole or in part.
        refunded: claims that ended with nothing paid.
        disputed: disputes opened.
        spent: base units paid for claims, fees included.
        fees: base units of these fees; a provider got the rest.
    """

    __tablename__ = "trader"
    __table_args__ = (
        CheckConstraint("side IN ('client', 'provider')"),
        Index("trader_rank", "side", "spent", "account"),
        STRICT_BY_KEY,
    )

    side: str = Field(primary_key=True, sa_type=Text)
    account: int = Field(primary_key=True, foreign_key="account.number")
    receipts: int
    settled: int
    refunded: int
    disputed: int
    spent: int
    fees: int
