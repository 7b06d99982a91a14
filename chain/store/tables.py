"""The four tables people ask about, and the reservations between them, as SQLModel classes.

Rows are only added at the end: the row id of a transaction is its height and its place in the
block in one integer, that of a receipt its height and its place in the block's sidecar, and a
reservation has the row id of the transaction that made it. Accounts get a small number when a
block first names them; rows refer to numbers. No table has an index on hashes, whose random order
would touch a page for each row: hashes are found through sorted segments (``chain.store.lookup``).

This module does without postponed annotations: SQLModel reads the relationships' types.
"""

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text, text
from sqlmodel import Field, Relationship, SQLModel

STRICT = {"sqlite_strict": True}
"""A STRICT table refuses a value of another type than its column's."""

STRICT_BY_KEY = {"sqlite_strict": True, "sqlite_with_rowid": False}
"""Rows lie in the order of their primary key, without a second tree of row ids."""


def _by(foreign_key: str) -> dict[str, str]:
    """Say which of several columns a relationship goes by."""
    return {"foreign_keys": foreign_key}


class Account(SQLModel, table=True):
    """An account: whoever was named in a block.

    Attributes:
        number: storage only, 1 and up in the order in which blocks first named the accounts.
        address: 20 bytes.
        balance: base units; null until the first credit.
    """

    __tablename__ = "account"
    __table_args__ = (CheckConstraint("balance >= 0"), STRICT)

    number: int = Field(primary_key=True)
    address: bytes = Field(sa_type=LargeBinary)
    balance: int | None

    sent: list["Transaction"] = Relationship(
        back_populates="sender_account", sa_relationship_kwargs=_by("[Transaction.sender]")
    )
    received: list["Transaction"] = Relationship(
        back_populates="recipient_account", sa_relationship_kwargs=_by("[Transaction.recipient]")
    )
    receipts_as_client: list["Receipt"] = Relationship(
        back_populates="client_account", sa_relationship_kwargs=_by("[Receipt.client]")
    )
    receipts_as_provider: list["Receipt"] = Relationship(
        back_populates="provider_account", sa_relationship_kwargs=_by("[Receipt.provider]")
    )
    reservations: list["Reservation"] = Relationship(
        back_populates="client_account", sa_relationship_kwargs=_by("[Reservation.client]")
    )


class Block(SQLModel, table=True):
    """A final block; the row of height 0 stands for genesis.

    Attributes:
        height: 0 for genesis.
        hash: 32 bytes; the genesis hash at height 0.
        time_ms: unix milliseconds.
        proposer: public key, 32 bytes; empty at height 0.
        transaction_count: how many transactions it holds.
        receipt_count: how many receipts it holds.
        header: encoded; empty at height 0.
        last_commit: the parent's certificate, encoded; empty for none.
        evidence: as the block encodes it.
        claim_outcomes: outcomes of the claims, one for each receipt, one after the other.
        due_outcomes: outcomes of the work that fell due, likewise.
    """

    __tablename__ = "block"
    __table_args__ = STRICT

    height: int = Field(primary_key=True)
    hash: bytes = Field(sa_type=LargeBinary)
    time_ms: int
    proposer: bytes = Field(sa_type=LargeBinary)
    transaction_count: int
    receipt_count: int
    header: bytes = Field(sa_type=LargeBinary)
    last_commit: bytes = Field(sa_type=LargeBinary)
    evidence: bytes = Field(sa_type=LargeBinary)
    claim_outcomes: bytes = Field(sa_type=LargeBinary)
    due_outcomes: bytes = Field(sa_type=LargeBinary)

    transactions: list["Transaction"] = Relationship(
        back_populates="block", sa_relationship_kwargs={"order_by": "Transaction.id"}
    )
    receipts: list["Receipt"] = Relationship(
        back_populates="block", sa_relationship_kwargs={"order_by": "Receipt.id"}
    )


class Transaction(SQLModel, table=True):
    """A transaction with its outcome.

    Attributes:
        id: ``height << INDEX_BITS | index``.
        height: of its block.
        hash: the transaction id, 32 bytes.
        kind: the kind byte.
        sender: number of the account that signed; null for claims and decisions, which prove
            themselves.
        recipient: number of the receiver, the named provider of a reservation, the provider of a
            claim that is made, accepted, disputed or decided, the client that a release returns
            money to; null for "any provider" and where it is for nobody.
        amount: base units moved, reserved, claimed, accepted, disputed or decided; else 0.
        fee: base units of the outcome, new accounts included.
        nonce: of the envelope; null where there is no sender.
        paid: base units that reached the receiver.
        returned: base units that went back to the client.
        pending: base units that wait for the dispute window, or a dispute's bond.
        data: the stored form.
    """

    __tablename__ = "transaction"
    __table_args__ = STRICT

    id: int = Field(primary_key=True)
    height: int = Field(foreign_key="block.height")
    hash: bytes = Field(sa_type=LargeBinary)
    kind: int
    sender: int | None = Field(foreign_key="account.number")
    recipient: int | None = Field(foreign_key="account.number")
    amount: int
    fee: int
    nonce: int | None
    paid: int
    returned: int
    pending: int
    data: bytes = Field(sa_type=LargeBinary)

    block: Block = Relationship(back_populates="transactions")
    receipts: list["Receipt"] = Relationship(
        back_populates="transaction", sa_relationship_kwargs={"order_by": "Receipt.id"}
    )
    sender_account: Account = Relationship(
        back_populates="sent", sa_relationship_kwargs=_by("[Transaction.sender]")
    )
    recipient_account: Account = Relationship(
        back_populates="received", sa_relationship_kwargs=_by("[Transaction.recipient]")
    )


class Reservation(SQLModel, table=True):
    """A reservation; stays as history after it has ended.

    Attributes:
        id: row id of the transaction that made it.
        hash: that transaction's id, 32 bytes: the reservation id.
        client: number of the account whose money it is.
        provider: number of the only provider it pays; null for any.
        job_id: the reserved job, or the session's name.
        model: the only model it pays for, or "" for any.
        unit_type: what a unit is.
        max_rate: base units per whole unit, at most.
        cap: base units taken from the client.
        spent: base units paid out.
        pending: base units claimed and not yet paid.
        jobs_max: how many claims it takes.
        expires_at: first height at which it takes no more.
        dispute_window: heights a claim waits; 0 pays at once.
        status: ``open``, ``closing`` (only pending claims hold it) or ``ended``.
        ended_height: the height at which it left the state; null before.
        grant_id: the grant of the key that reserved, or zeros for the client's own key, 32 bytes.
    """

    __tablename__ = "reservation"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'closing', 'ended')"),
        CheckConstraint("(status = 'ended') = (ended_height IS NOT NULL)"),
        Index("reservation_live", "client", sqlite_where=text("status <> 'ended'")),
        STRICT,
    )

    id: int = Field(primary_key=True, foreign_key="transaction.id")
    hash: bytes = Field(sa_type=LargeBinary)
    client: int = Field(foreign_key="account.number")
    provider: int | None = Field(foreign_key="account.number")
    job_id: str = Field(sa_type=Text)
    model: str = Field(sa_type=Text)
    unit_type: str = Field(sa_type=Text)
    max_rate: int
    cap: int
    spent: int
    pending: int
    jobs_max: int
    expires_at: int
    dispute_window: int
    status: str = Field(sa_type=Text)
    ended_height: int | None
    grant_id: bytes = Field(sa_type=LargeBinary)

    client_account: Account = Relationship(
        back_populates="reservations", sa_relationship_kwargs=_by("[Reservation.client]")
    )
    receipts: list["Receipt"] = Relationship(
        back_populates="reservation_row", sa_relationship_kwargs={"order_by": "Receipt.id"}
    )


class Receipt(SQLModel, table=True):
    """A receipt on chain and its claim: one row for both.

    Attributes:
        id: ``height << INDEX_BITS | index``; the index is its place in the block's sidecar.
        height: of its block.
        claim: row id of the transaction that brought it, a claim or a batch of them.
        receipt_hash: SHA-256 of the signed bytes, 32 bytes.
        sidecar_id: hash of the whole document, 32 bytes.
        receipt_id: the miner's own id for it.
        job_id: the job.
        reservation: row id of the reservation that pays.
        client: number of the buyer's account.
        provider: number of the miner's account.
        model: the model that ran.
        unit_type: what a unit is.
        units_micro: micro-units of computation.
        price: base units claimed, fee included.
        fee: base units that come out of what is paid, as far as that goes.
        spent: base units paid for it, fee included: the price, a part of it or none; 0 before.
        status: ``pending`` or ``disputed``, then ``paid``, ``split`` or ``refunded``.
        due_height: the height whose end pays it; 0 when it is not pending.
        settled_height: the height that ended it; null before.
        fields_root: commitment to private fields, or zeros, 32 bytes.
        started_at: unix seconds.
        completed_at: unix seconds.
        document: the canonical bytes.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'disputed', 'paid', 'split', 'refunded')"),
        Index("receipt_claim", "claim"),
        Index("receipt_reservation", "reservation"),
        Index("receipt_client", "client"),
        Index("receipt_provider", "provider"),
        Index("receipt_model", "model"),
        Index("receipt_status", "status"),
        STRICT,
    )

    id: int = Field(primary_key=True)
    height: int = Field(foreign_key="block.height")
    claim: int = Field(foreign_key="transaction.id")
    receipt_hash: bytes = Field(sa_type=LargeBinary)
    sidecar_id: bytes = Field(sa_type=LargeBinary)
    receipt_id: str = Field(sa_type=Text)
    job_id: str = Field(sa_type=Text)
    reservation: int = Field(foreign_key="reservation.id")
    client: int = Field(foreign_key="account.number")
    provider: int = Field(foreign_key="account.number")
    model: str = Field(sa_type=Text)
    unit_type: str = Field(sa_type=Text)
    units_micro: int
    price: int
    fee: int
    spent: int
    status: str = Field(sa_type=Text)
    due_height: int
    settled_height: int | None
    fields_root: bytes = Field(sa_type=LargeBinary)
    started_at: int
    completed_at: int
    document: bytes = Field(sa_type=LargeBinary)

    block: Block = Relationship(back_populates="receipts")
    transaction: Transaction = Relationship(back_populates="receipts")
    reservation_row: Reservation = Relationship(back_populates="receipts")
    client_account: Account = Relationship(
        back_populates="receipts_as_client", sa_relationship_kwargs=_by("[Receipt.client]")
    )
    provider_account: Account = Relationship(
        back_populates="receipts_as_provider", sa_relationship_kwargs=_by("[Receipt.provider]")
    )
