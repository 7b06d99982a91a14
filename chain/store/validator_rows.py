"""Validators, those who left and those who were punished: to rows, and back."""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from chain.codec import u16
from chain.crypto import SigningKind
from chain.errors import ChainError
from chain.execution import ExecutedBlock
from chain.primitives import Address, PublicKey
from chain.records import Record, former_key, tombstone_key
from chain.store.book import Book, Row
from chain.store.connection import damaged
from chain.validator_records import FormerRecord, TombstoneRecord
from chain.validators import Validator, ValidatorSet

_SET = (
    "SELECT validator.public_key, validator.name, account.address FROM validator "
    "JOIN account ON account.number = validator.payee WHERE from_height = "
    "(SELECT max(from_height) FROM validator WHERE from_height <= :height) ORDER BY position"
)


def validator_rows(validators: ValidatorSet, book: Book, *, from_height: int) -> list[Row]:
    """Return the rows of a set, in its order; payees get their numbers."""
    return [
        (from_height, position, one.public_key, one.name, book.number(one.payee))
        for position, one in enumerate(validators)
    ]


def evidence_rows(executed: ExecutedBlock) -> list[Row]:
    """Return the rows of a block's evidence, in its order."""
    height = executed.block.header.height
    return [
        (height, position, one.public_key, one.height, one.round, int(one.kind))
        for position, one in enumerate(executed.verified.evidence)
    ]


def load_punishable(connection: Connection) -> Iterator[tuple[bytes, Record]]:
    """Yield those who left and can be punished, and those who were.

    Raises:
        ValueError: a piece of evidence is of no kind.
    """
    for key, until in connection.exec_driver_sql("SELECT public_key, until FROM former_validator"):
        yield former_key(PublicKey(key)), FormerRecord(until)
    for row in connection.exec_driver_sql("SELECT * FROM evidence"):
        yield (
            tombstone_key(PublicKey(row.public_key)),
            TombstoneRecord(
                committed_at=row.height,
                height=row.offence_height,
                round=row.offence_round,
                kind=SigningKind(row.kind),
            ),
        )


def encoded_set(connection: Connection, from_height: int) -> bytes:
    """Return the encoding of the set that begins at a height."""
    rows = connection.execute(text(_SET), {"height": from_height}).all()
    members = (
        Validator(public_key=PublicKey(key), name=name, payee=Address(payee)).encode()
        for key, name, payee in rows
    )
    return u16(len(rows)) + b"".join(members)


def load_validators(connection: Connection, height: int) -> ValidatorSet:
    """Return the validators of a height: the newest set that began at or before it.

    Raises:
        StoreError: the rows make no set.
    """
    rows = connection.execute(text(_SET), {"height": max(height, 1)})
    try:
        return ValidatorSet(
            Validator(public_key=PublicKey(key), name=name, payee=Address(payee))
            for key, name, payee in rows
        )
    except ChainError as error:
        raise damaged(what=f"its validators: {error}") from error
