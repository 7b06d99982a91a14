"""The tables of grants, prices, disputes, payouts and ledgers.

Like ``chain.store.tables`` this module does without postponed annotations. Grants, offers and the
disputes that are open are state; so are the payouts of the period under way and the newest
parameters. All else is history, kept for good.
"""

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text, text
from sqlmodel import Field, SQLModel

from chain.store.tables import STRICT, STRICT_BY_KEY


class Grant(SQLModel, table=True):
    """A key that may act for an account; leaves when it is revoked or has expired.

    Attributes:
        account: number of the account.
        public_key: 32 bytes.
        grant_id: id of the granting transaction, 32 bytes.
        label: the key's name.
        scopes: bits of ``chain.grants.Scope``.
        total_limit: base units in all.
        transaction_limit: base units in one transaction.
        period_limit: base units in each period.
        period_heights: heights of a period.
        expires_at: the first height at which it no longer holds.
        models: the only models it may reserve for, with spaces between; "" for any.
        spent: base units committed and not come back.
        period: number of the period that ``period_spent`` is about.
        period_spent: base units committed in that period.
    """

    __tablename__ = "grant"
    __table_args__ = STRICT_BY_KEY

    account: int = Field(primary_key=True, foreign_key="account.number")
    public_key: bytes = Field(primary_key=True, sa_type=LargeBinary)
    grant_id: bytes = Field(sa_type=LargeBinary)
    label: str = Field(sa_type=Text)
    scopes: int
    total_limit: int
    transaction_limit: int
    period_limit: int
    period_heights: int
    expires_at: int
    models: str = Field(sa_type=Text)
    spent: int
    period: int
    period_spent: int


class Offer(SQLModel, table=True):
    """A line of a miner's price list; leaves when it is taken away or has expired.

    Attributes:
        account: number of the miner's account.
        model: label of the model.
        unit_type: what a unit is.
        rate: base units per whole unit.
        capacity: a hint of how many jobs it takes at once.
        expires_at: the first height at which it no longer holds.
    """

    __tablename__ = "offer"
    __table_args__ = (Index("offer_line", "model", "unit_type", "rate"), STRICT_BY_KEY)

    account: int = Field(primary_key=True, foreign_key="account.number")
    model: str = Field(primary_key=True, sa_type=Text)
    unit_type: str = Field(primary_key=True, sa_type=Text)
    rate: int
    capacity: int
    expires_at: int


class Dispute(SQLModel, table=True):
    """A dispute of a claim; stays as history after it has ended.

    Attributes:
        receipt: row id of the receipt; a claim is disputed once at most.
        opened: row id of the transaction that opened it.
        bond: base units that the client put up.
        reason_hash: hash of the reason, 32 bytes.
        grant_id: the grant under which the bond was put up, or zeros, 32 bytes.
        due_height: the height whose end applies the genesis split; 0 when it has ended.
        ended_height: the height at which it ended; null before.
        decision: row id of the validators' resolution; null before, and where there was none.
        bond_winner: number of the account that got the bond; null before the end.
    """

    __tablename__ = "dispute"
    __table_args__ = (
        Index("dispute_open", "receipt", sqlite_where=text("ended_height IS NULL")),
        STRICT,
    )

    receipt: int = Field(primary_key=True, foreign_key="receipt.id")
    opened: int = Field(foreign_key="transaction.id")
    bond: int
    reason_hash: bytes = Field(sa_type=LargeBinary)
    grant_id: bytes = Field(sa_type=LargeBinary)
    due_height: int
    ended_height: int | None
    decision: int | None = Field(foreign_key="transaction.id")
    bond_winner: int | None = Field(foreign_key="account.number")


class Payout(SQLModel, table=True):
    """One payment of a payout period, as the root of the period commits to it.

    Attributes:
        period: number of the period.
        position: the row's index in it.
        height: that paid.
        receipt: row id of the receipt that was paid for.
        payee: number of the account that was paid.
        commitment: what stands for the receipt in the row, 32 bytes.
        amount: base units.
        earned_after: base units of all payments to this account up to this one.
    """

    __tablename__ = "payout"
    __table_args__ = (Index("payout_payee", "payee"), STRICT_BY_KEY)

    period: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    height: int = Field(foreign_key="block.height")
    receipt: int = Field(foreign_key="receipt.id")
    payee: int = Field(foreign_key="account.number")
    commitment: bytes = Field(sa_type=LargeBinary)
    amount: int
    earned_after: int


class PayoutPeriod(SQLModel, table=True):
    """A payout period that has ended.

    Attributes:
        period: its number.
        height: at whose end it ended; that header holds its root.
        rows: how many payments it has.
        amount: base units of all of them.
        root: over its rows, 32 bytes; zeros for none.
    """

    __tablename__ = "payout_period"
    __table_args__ = STRICT

    period: int = Field(primary_key=True)
    height: int = Field(foreign_key="block.height")
    rows: int
    amount: int
    root: bytes = Field(sa_type=LargeBinary)


class ParametersVersion(SQLModel, table=True):
    """The chain's parameters; the newest version is in force.

    Attributes:
        version: counts the changes; 0 is genesis.
        height: that decided them; they hold from the next one on.
        data: encoded.
    """

    __tablename__ = "parameters"
    __table_args__ = STRICT

    version: int = Field(primary_key=True)
    height: int = Field(foreign_key="block.height")
    data: bytes = Field(sa_type=LargeBinary)


class LedgerEntry(SQLModel, table=True):
    """One movement of a client's reserved money, or a fee of what moved it.

    Attributes:
        account: number of the client's account.
        entry: ``height << INDEX_BITS | position``, counted through the block in order of execution.
        kind: ``fee``, ``reserved``, ``paid``, ``returned``, ``bond_locked``, ``bond_returned`` or
            ``bond_lost``.
        amount: base units that moved.
        balance_after: base units the account could spend after it.
        reserved_after: base units its reservations and bonds held after it.
        transaction: row id of what moved it; null for work that fell due.
        reservation: row id of the reservation.
        receipt: row id of the receipt it is about; null where it is about none.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint("balance_after >= 0 AND reserved_after >= 0"),
        STRICT_BY_KEY,
    )

    account: int = Field(primary_key=True, foreign_key="account.number")
    entry: int = Field(primary_key=True)
    kind: str = Field(sa_type=Text)
    amount: int
    balance_after: int
    reserved_after: int
    transaction: int | None = Field(foreign_key="transaction.id")
    reservation: int = Field(foreign_key="reservation.id")
    receipt: int | None = Field(foreign_key="receipt.id")
