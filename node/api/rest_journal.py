"""What was answered under each Idempotency-Key: on the disk before anything is done, and after.

A small SQLite file of the edge's own, closed to other users. A row begins without an answer, so
that a process that dies in between leaves what the key was for: the same request is then done
again, which the chain takes once at most, and another is refused. Answers are kept for 24 hours at
least; where the file is full, refusals go first, for nobody has paid for them.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pysqlite3  # type: ignore[import-untyped]  # it publishes no types

from chain.errors import StoreError
from node.api import problems

KEPT_MS = 24 * 3_600 * 1_000
"""Milliseconds that an answer is kept at least."""

ROWS_MAX = 200_000
"""Answers at most: a hundred megabytes. What was admitted has paid its fee."""

PRUNED = 100
"""Rows that go at once where there is no more room."""

OPEN = 0
"""The status of what has no answer yet."""

REFUSED = 400

BUSY_S = 5.0
FORM = 1
"""Stored as SQLite's ``user_version``; a file of another form is begun anew."""

_TABLE = """
CREATE TABLE answer (
    scope BLOB PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID
"""
_SCHEMA = (
    "DROP TABLE IF EXISTS answer",
    _TABLE,
    "CREATE INDEX answer_by_time ON answer (created_ms)",
    f"PRAGMA user_version = {FORM}",
)
_FIND = "SELECT fingerprint, status, body FROM answer WHERE scope = ?"
_BEGIN = "INSERT INTO answer VALUES (?, ?, 0, x'', ?)"
_END = "UPDATE answer SET status = ?, body = ? WHERE scope = ?"
_PRUNE = (
    "DELETE FROM answer WHERE scope IN (SELECT scope FROM answer WHERE created_ms < ? "
    "OR status >= ? ORDER BY created_ms LIMIT ?)"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the journal has for a key.

    Attributes:
        fingerprint: SHA-256 of what was asked.
        status: of HTTP; ``OPEN`` while there is no answer.
        body: of the answer.
    """

    fingerprint: bytes
    status: int
    body: bytes


class RestJournal:
    """The journal of one file; every change is on the disk when it returns."""

    def __init__(self, path: Path) -> None:
        """Name the file; :meth:`open` makes it."""
        self._path = path

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a journal, and make it if it is not there.

        Raises:
            StoreError: it cannot be written.
        """
        journal = cls(path)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise StoreError(detail=f"cannot write {path}: {error.strerror}") from None
        with journal._writing() as database:
            ((form,),) = database.execute("PRAGMA user_version").fetchall()
            for statement in () if form == FORM else _SCHEMA:
                database.execute(statement)
        return journal

    def begin(self, scope: bytes, fingerprint: bytes, *, now_ms: int) -> Kept | None:
        """Return what there is for a scope; None if nothing was, and a row without answer is now.

        Args:
            scope: who asks, with what key, for what.
            fingerprint: SHA-256 of what is asked.
            now_ms: unix milliseconds.

        Raises:
            RpcError: there is no room.
            StoreError: the disk failed.
        """
        with self._writing() as database:
            found = database.execute(_FIND, (scope,)).fetchall()
            if found:
                return Kept(*found[0])
            if _count(database) >= ROWS_MAX:
                database.execute(_PRUNE, (now_ms - KEPT_MS, REFUSED, PRUNED))
                if _count(database) >= ROWS_MAX:
                    message = f"{ROWS_MAX} answers are kept already, all of the last 24 hours"
                    raise problems.limit_error("too_many_keys", message, limit=ROWS_MAX)
            database.execute(_BEGIN, (scope, fingerprint, now_ms))
        return None

    def end(self, scope: bytes, status: int, body: bytes) -> None:
        """Keep the answer.

        Raises:
            StoreError: the disk failed.
        """
        with self._writing() as database:
            database.execute(_END, (status, body, scope))

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        try:
            with closing(
                pysqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)
            ) as one:
                one.execute("PRAGMA synchronous=FULL")
                one.execute("BEGIN IMMEDIATE")
                yield one
                one.execute("COMMIT")
        except pysqlite3.Error as error:
            raise StoreError(detail=f"{self._path} failed: {error}") from None


def _count(database: Any) -> int:  # noqa: ANN401 - the library publishes no types
    ((count,),) = database.execute("SELECT count(*) FROM answer").fetchall()
    return int(count)
