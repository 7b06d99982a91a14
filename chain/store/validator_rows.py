"""The sets of validators: to rows, and back."""

from sqlalchemy import Connection, text

from chain.errors import ChainError
from chain.primitives import Address, PublicKey
from chain.store.book import Book, Row
from chain.store.connection import damaged
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
