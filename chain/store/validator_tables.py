"""The tables of validators: their sets, those who left, and the evidence against them.

Like ``chain.store.tables`` this module does without postponed annotations. The newest set is
state, and so are those who left and every piece of evidence, which is a tombstone; earlier sets
are history, kept for good. These tables stay small, so two of them have what no other has: an
index on random bytes, the keys.
"""

from sqlalchemy import Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from chain.store.tables import STRICT_BY_KEY


class Validator(SQLModel, table=True):
    """A member of a set of validators; a set stays in force until a later one begins.

    Attributes:
        from_height: the first height of its set.
        position: its index in the set.
        public_key: 32 bytes.
        name: for people.
        payee: number of the account that gets its fees.
    """

    __tablename__ = "validator"
    __table_args__ = (Index("validator_key", "public_key"), STRICT_BY_KEY)

    from_height: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    public_key: bytes = Field(sa_type=LargeBinary)
    name: str = Field(sa_type=Text)
    payee: int = Field(foreign_key="account.number")


class FormerValidator(SQLModel, table=True):
    """A key that has left and can still be punished; goes when it cannot be any more.

    Attributes:
        public_key: 32 bytes.
        until: the last height whose block may hold evidence against it.
    """

    __tablename__ = "former_validator"
    __table_args__ = STRICT_BY_KEY

    public_key: bytes = Field(primary_key=True, sa_type=LargeBinary)
    until: int


class Evidence(SQLModel, table=True):
    """A piece of evidence in a block; its key is tombstoned, and never in another piece.

    Attributes:
        height: of the block that holds it.
        position: its index in the block.
        public_key: who contradicted itself, 32 bytes.
        offence_height: of what was signed.
        offence_round: of what was signed.
        kind: what was signed: 4 proposals, 5 prevotes, 6 precommits.
    """

    __tablename__ = "evidence"
    __table_args__ = (Index("evidence_key", "public_key", unique=True), STRICT_BY_KEY)

    height: int = Field(primary_key=True, foreign_key="block.height")
    position: int = Field(primary_key=True)
    public_key: bytes = Field(sa_type=LargeBinary)
    offence_height: int
    offence_round: int
    kind: int
