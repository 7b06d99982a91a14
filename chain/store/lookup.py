"""How a row is found by a hash, or an account's rows by its number.

An index on hashes would touch a page at random for each row. Here the entries ``(key, row)`` of
each kind lie in sorted segments, written many at a time, and the newest rows are in no segment
yet: whoever looks keeps those in memory, and since rows are only added, it reads on from the last
row it knows. A key is 63 bits of a hash, so a row that is found is a candidate until the whole
hash is compared.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from heapq import nlargest, nsmallest
from itertools import chain, groupby
from operator import itemgetter

from sqlalchemy import Connection

from chain.crypto import sha256
from chain.primitives import Address

Entry = tuple[int, int]
"""A key and a row."""


class LookupKind(IntEnum):
    """What is looked for; the row id is of the table that it lies in."""

    TRANSACTION = 1
    """By transaction id."""
    BLOCK = 2
    """By block hash; the row is the height."""
    RECEIPT = 3
    """By receipt hash."""
    RECEIPT_ID = 4
    """By the hash of the miner's own id."""
    ACCOUNT = 5
    """By the hash of the address; the row is the number."""
    HISTORY = 6
    """An account's transactions: the key is its number."""
    KIND = 7
    """Transactions of a kind: the key is its byte."""
    RESERVATION = 8
    """Reservations of a client or a provider, and those made for a job, by one client or any."""
    RECEIPT_JOB = 9
    """Receipts for a job, of one client or of any."""
    PROPOSER = 10
    """Blocks by the hash of their proposer's key; the row is the height."""


_SOURCES = {
    LookupKind.TRANSACTION: 'SELECT id, hash FROM "transaction" WHERE id > ? ORDER BY id',
    LookupKind.BLOCK: "SELECT height, hash FROM block WHERE height > ? ORDER BY height",
    LookupKind.RECEIPT: "SELECT id, receipt_hash FROM receipt WHERE id > ? ORDER BY id",
    LookupKind.RECEIPT_ID: "SELECT id, receipt_id FROM receipt WHERE id > ? ORDER BY id",
    LookupKind.ACCOUNT: "SELECT number, address FROM account WHERE number > ? ORDER BY number",
    LookupKind.HISTORY: (
        'SELECT t.id, t.sender, t.recipient, receipt.client FROM "transaction" AS t '
        "LEFT JOIN receipt ON receipt.claim = t.id WHERE t.id > ? ORDER BY t.id, receipt.id"
    ),
    LookupKind.KIND: 'SELECT id, kind FROM "transaction" WHERE id > ? ORDER BY id',
    LookupKind.RESERVATION: (
        "SELECT id, client, provider, job_id FROM reservation WHERE id > ? ORDER BY id"
    ),
    LookupKind.RECEIPT_JOB: "SELECT id, client, job_id FROM receipt WHERE id > ? ORDER BY id",
    LookupKind.PROPOSER: "SELECT height, proposer FROM block WHERE height > ? ORDER BY height",
}
"""The rows beyond a row, in order, with what their keys are made of."""

_SEGMENTS = "SELECT segment, last_row FROM lookup_segment WHERE kind = ?"
_IN_SEGMENT = "SELECT row FROM lookup WHERE kind = ? AND segment = ? AND key = ?"
_BETWEEN = "SELECT row FROM lookup WHERE kind = ? AND segment = ? AND key BETWEEN ? AND ?"
"""There are a few dozen segments at most, and SQLite merges five hundred of these in one query."""

ANY_CLIENT = 0
"""Stands for every client where a job is looked for by its name alone: numbers begin at 1."""

BEFORE_ALL = -1
"""A row before every row: the first height is 0."""


def hash_key(data: bytes) -> int:
    """Return the key of a hash: its first 63 bits, since SQLite's integers have a sign."""
    return int.from_bytes(data[:8], "big") >> 1


def address_key(address: Address) -> int:
    """Return the key of an address; whoever pays to made-up addresses cannot choose it."""
    return hash_key(sha256(address))


def proposer_key(public_key: bytes) -> int:
    """Return the key of a proposer's blocks."""
    return hash_key(sha256(public_key))


def receipt_id_key(receipt_id: str) -> int:
    """Return the key of a miner's own id of a receipt."""
    return hash_key(sha256(receipt_id.encode("ascii")))


def client_key(client: int) -> int:
    """Return the key of the reservations of a client, by the number of its account."""
    return _named_key(b"client", client)


def provider_key(provider: int) -> int:
    """Return the key of the reservations that name a provider, by the number of its account."""
    return _named_key(b"provider", provider)


def job_key(client: int, job_id: str) -> int:
    """Return the key of a job, by the client's number, or ``ANY_CLIENT``, and its name."""
    return _named_key(b"job " + job_id.encode("ascii"), client)


def _named_key(name: bytes, number: int) -> int:
    return hash_key(sha256(number.to_bytes(8, "big") + name))


def entries_after(connection: Connection, kind: LookupKind, row: int) -> Iterator[Entry]:
    """Yield the entries of the rows after a row, in the order of the rows."""
    found = connection.exec_driver_sql(_SOURCES[kind], (row,)).all()
    if kind is LookupKind.HISTORY:
        for number, rows in groupby(found, key=itemgetter(0)):
            accounts = {account for _, *named in rows for account in named}
            for account in accounts - {None}:
                yield account, number
        return
    keys_of = _KEYS[kind]
    for number, *columns in found:
        for key in keys_of(*columns):
            yield key, number


def _keys_of_reservation(client: int, provider: int | None, job_id: str) -> tuple[int, ...]:
    keys = (client_key(client), *_keys_of_job(client, job_id))
    return keys if provider is None else (*keys, provider_key(provider))


def _keys_of_job(client: int, job_id: str) -> tuple[int, ...]:
    return job_key(client, job_id), job_key(ANY_CLIENT, job_id)


_KEYS: dict[LookupKind, Callable[..., tuple[int, ...]]] = {
    LookupKind.TRANSACTION: lambda whole_hash: (hash_key(whole_hash),),
    LookupKind.BLOCK: lambda whole_hash: (hash_key(whole_hash),),
    LookupKind.RECEIPT: lambda whole_hash: (hash_key(whole_hash),),
    LookupKind.RECEIPT_ID: lambda receipt_id: (receipt_id_key(receipt_id),),
    LookupKind.ACCOUNT: lambda address: (address_key(address),),
    LookupKind.KIND: lambda kind: (kind,),
    LookupKind.RESERVATION: _keys_of_reservation,
    LookupKind.RECEIPT_JOB: _keys_of_job,
    LookupKind.PROPOSER: lambda public_key: (proposer_key(public_key),),
}
"""The keys of a row, by the columns that ``_SOURCES`` reads after its id."""


def covered_row(connection: Connection, kind: LookupKind) -> int:
    """Return the last row whose entries are in the segments."""
    query = "SELECT max(last_row) FROM lookup_segment WHERE kind = ?"
    row = connection.exec_driver_sql(query, (int(kind),)).scalar()
    return BEFORE_ALL if row is None else int(row)


@dataclass
class Tail:
    """The entries of one kind that are in no segment yet.

    Attributes:
        covered: the last row of the segments when the tail was begun.
        last: the last row that the tail knows.
        rows: rows by key, in their order.
    """

    covered: int = BEFORE_ALL
    last: int = BEFORE_ALL
    rows: dict[int, list[int]] = field(default_factory=dict)

    def read_on(self, connection: Connection, kind: LookupKind, covered: int) -> None:
        """Take in the rows that came since; begin anew when segments have taken over."""
        if covered != self.covered:
            self.covered, self.last, self.rows = covered, covered, {}
        for key, row in entries_after(connection, kind, self.last):
            self.rows.setdefault(key, []).append(row)
            self.last = row


class LookupReader:
    """Finds rows for one connection; keeps the tails."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._tails = {kind: Tail() for kind in LookupKind}

    def find(
        self, connection: Connection, kind: LookupKind, key: int, *, before: int, limit: int
    ) -> list[int]:
        """Return the newest rows under a key.

        Args:
            connection: inside a transaction.
            kind: what is looked for.
            key: of the thing.
            before: only rows below it.
            limit: how many rows at most.
        """
        tail, segments = self._read_on(connection, kind)
        found = [row for row in tail.rows.get(key, ()) if row < before]
        places = [(int(kind), segment, key, before) for segment in segments]
        return nlargest(limit, found + _merged(connection, "< ?", places, "DESC", limit))

    def find_from(
        self, connection: Connection, kind: LookupKind, key: int, *, start: int, limit: int
    ) -> list[int]:
        """Return the oldest rows under a key, from a row on, in their order.

        Args:
            connection: inside a transaction.
            kind: what is looked for.
            key: of the thing.
            start: the first row that may be among them.
            limit: how many rows at most.
        """
        tail, segments = self._read_on(connection, kind)
        found = [row for row in tail.rows.get(key, ()) if row >= start]
        places = [(int(kind), segment, key, start) for segment in segments]
        return nsmallest(limit, found + _merged(connection, ">= ?", places, "ASC", limit))

    def find_between(
        self, connection: Connection, kind: LookupKind, *, low: int, high: int, limit: int
    ) -> list[int]:
        """Return rows under the keys from one to another, the latter included, in no order.

        Args:
            connection: inside a transaction.
            kind: what is looked for.
            low: the first key.
            high: the last key.
            limit: how many rows at most.
        """
        tail, segments = self._read_on(connection, kind)
        found = [row for key, rows in tail.rows.items() if low <= key <= high for row in rows]
        places = [(int(kind), segment, low, high) for segment in segments]
        if not places or len(found) >= limit:
            return found[:limit]
        whole = f"{' UNION ALL '.join([_BETWEEN] * len(places))} LIMIT ?"
        rows = connection.exec_driver_sql(whole, (*chain(*places), limit - len(found))).scalars()
        return [*found, *rows]

    def _read_on(self, connection: Connection, kind: LookupKind) -> tuple[Tail, list[int]]:
        """Return the kind's tail, up to date, and its segments."""
        segments = connection.exec_driver_sql(_SEGMENTS, (int(kind),)).all()
        covered = max((last_row for _, last_row in segments), default=BEFORE_ALL)
        tail = self._tails[kind]
        tail.read_on(connection, kind, covered)
        return tail, [segment for segment, _ in segments]


def _merged(
    connection: Connection,
    bound: str,
    places: list[tuple[int, int, int, int]],
    order: str,
    limit: int,
) -> list[int]:
    """Return rows of several segments in one order; each is read only as far as it is needed."""
    if not places:
        return []
    each = f"{_IN_SEGMENT} AND row {bound}"
    whole = f"{' UNION ALL '.join([each] * len(places))} ORDER BY row {order} LIMIT ?"
    return list(connection.exec_driver_sql(whole, (*chain(*places), limit)).scalars())
