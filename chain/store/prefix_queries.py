"""Hashes by how they begin: what a search box needs while somebody types."""

from dataclasses import dataclass
from typing import Literal

from chain.primitives import Hash
from chain.store.lookup import LookupKind
from chain.store.queries import ChainReader

PREFIX_MIN = 6
"""Digits: of a million hashes, six begin a few at most unless somebody made them so."""

FOUND_MAX = 8
"""Hashes of each kind in one answer."""

_KEY_DIGITS = 16
"""Digits of a hash that its key in the lookup is made of."""

Thing = Literal["transaction", "receipt", "block"]

_WANTED = "IN (SELECT value FROM json_each(?))"
_HASHES: dict[Thing, tuple[LookupKind, str]] = {
    "transaction": (
        LookupKind.TRANSACTION,
        f'SELECT hash FROM "transaction" WHERE id {_WANTED} ORDER BY id DESC',  # noqa: S608 - our own words
    ),
    "receipt": (
        LookupKind.RECEIPT,
        f"SELECT receipt_hash FROM receipt WHERE id {_WANTED} ORDER BY id DESC",  # noqa: S608 - our own words
    ),
    "block": (
        LookupKind.BLOCK,
        f"SELECT hash FROM block WHERE height {_WANTED} ORDER BY height DESC",  # noqa: S608 - our own words
    ),
}


@dataclass(frozen=True, slots=True)
class HashView:
    """A hash of something on the chain.

    Attributes:
        thing: what it names.
        hash: 32 bytes.
    """

    thing: Thing
    hash: Hash


def hashes_beginning(reader: ChainReader, digits: str) -> tuple[HashView, ...]:
    """Return hashes that begin so: transactions, receipts and blocks, some of each.

    Args:
        reader: of the chain.
        digits: ``PREFIX_MIN`` to 64 lower hexadecimal digits, without 0x.
    """
    low, high = _keys_of(digits)
    found = []
    with reader.snapshot():
        for thing, (kind, query) in _HASHES.items():
            # One more digit than the key has room for may be wanted, so some that are found differ.
            rows = reader.lookup.find_between(
                reader.connection, kind, low=low, high=high, limit=2 * FOUND_MAX
            )
            hashes = reader.connection.exec_driver_sql(query, (str(rows),)).scalars()
            fits = [HashView(thing, Hash(one)) for one in hashes if one.hex().startswith(digits)]
            found += fits[:FOUND_MAX]
    return tuple(found)


def _keys_of(digits: str) -> tuple[int, int]:
    """Return the first and the last key of hashes that begin so."""
    first = digits[:_KEY_DIGITS]
    low, high = first.ljust(_KEY_DIGITS, "0"), first.ljust(_KEY_DIGITS, "f")
    return int(low, 16) >> 1, int(high, 16) >> 1
