"""The tables beside the ones people ask about: the rest of the state, and what finds rows.

Like ``chain.store.tables`` this module does without postponed annotations. ``SCHEMA`` holds every
table of the database by name.
"""

from sqlalchemy import CheckConstraint, LargeBinary, Table, Text
from sqlmodel import Field, SQLModel

from chain.store.policy_tables import Grant
from chain.store.statistics_tables import ChainTotal
from chain.store.tables import STRICT, STRICT_BY_KEY
from chain.store.validator_tables import Validator


class Certificate(SQLModel, table=True):
    """The commit certificate of a block.

    Attributes:
        height: of the block.
        round: of the votes.
        data: encoded.
    """

    __tablename__ = "certificate"
    __table_args__ = STRICT

    height: int = Field(primary_key=True, foreign_key="block.height")
    round: int
    data: bytes = Field(sa_type=LargeBinary)


class Nonce(SQLModel, table=True):
    """The next nonce of one key of an account.

    Attributes:
        account: number of the account.
        public_key: 32 bytes.
        next: the nonce that its next transaction must have.
    """

    __tablename__ = "nonce"
    __table_args__ = STRICT_BY_KEY

    account: int = Field(primary_key=True, foreign_key="account.number")
    public_key: bytes = Field(primary_key=True, sa_type=LargeBinary)
    next: int


class Taken(SQLModel, table=True):
    """A job id or idempotency key that a client has used.

    Attributes:
        client: number of the client's account.
        name: as in the state's key: one byte for its kind, then the label or the hash.
        reservation_id: 32 bytes: the reservation that took it.
        until: the last height at which it counts.
    """

    __tablename__ = "taken"
    __table_args__ = STRICT_BY_KEY

    client: int = Field(primary_key=True, foreign_key="account.number")
    name: bytes = Field(primary_key=True, sa_type=LargeBinary)
    reservation_id: bytes = Field(sa_type=LargeBinary)
    until: int


class Chain(SQLModel, table=True):
    """A number of the chain as a whole.

    Attributes:
        name: ``treasury``, ``supply``, ``validators``, or ``period``, which is there once a first
            claim was paid.
        value: base units, the version of the validators, or the number of the payout period under
            way.
    """

    __tablename__ = "chain"
    __table_args__ = (CheckConstraint("value >= 0"), STRICT_BY_KEY)

    name: str = Field(primary_key=True, sa_type=Text)
    value: int


class LookupSegment(SQLModel, table=True):
    """A sorted run of lookup entries.

    Attributes:
        kind: what its keys are, see ``chain.store.lookup``.
        segment: numbers the kind's runs from 1 in the order of their making.
        level: 0 for a run written from the tail; one more for each merge.
        last_row: the newest row it was made to hold; the tail begins after the greatest of them.
        target: the run that its entries are moving to; 0 while they stay.
    """

    __tablename__ = "lookup_segment"
    __table_args__ = STRICT_BY_KEY

    kind: int = Field(primary_key=True)
    segment: int = Field(primary_key=True)
    level: int
    last_row: int
    target: int


class Lookup(SQLModel, table=True):
    """Says in which row something may be found; the row itself says whether it is.

    Attributes:
        kind: what the key is.
        segment: the run.
        key: 63 bits of a hash, or an account's number.
        row: a row id of the table that the kind is about.
    """

    __tablename__ = "lookup"
    __table_args__ = STRICT_BY_KEY

    kind: int = Field(primary_key=True)
    segment: int = Field(primary_key=True)
    key: int = Field(primary_key=True)
    row: int = Field(primary_key=True)


SCHEMA: dict[str, Table] = {
    **Grant.metadata.tables,
    **Validator.metadata.tables,
    **ChainTotal.metadata.tables,
}
"""Every table by name."""
