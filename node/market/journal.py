"""The journal of a miner or a client: what it is about to do is written before it is done.

One small SQLite file, closed to other users, since inputs and outputs are in it until their job
has ended. Every change is one transaction that is on the disk when it returns, so that whoever is
killed, at whatever step, finds at the next start where it was. Threads and processes may share it.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import pysqlite3  # type: ignore[import-untyped]  # it publishes no types

from chain.errors import ConfigError, StoreError

BUSY_S = 10.0
FORM = 1
"""Stored as SQLite's ``user_version``; a journal of another form is refused."""

_SCHEMA = """
CREATE TABLE sent (
    nonce INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    data BLOB NOT NULL,
    valid_until INTEGER NOT NULL
) STRICT;
CREATE TABLE work (
    reservation_id BLOB PRIMARY KEY,
    job_id TEXT NOT NULL,
    client BLOB NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    digest BLOB NOT NULL,
    receipt_hash BLOB NOT NULL,
    reply BLOB NOT NULL,
    document BLOB NOT NULL,
    claim BLOB NOT NULL,
    moved_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX work_by_state ON work (state);
CREATE TABLE job (
    job_id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    terms TEXT NOT NULL,
    input BLOB NOT NULL,
    output BLOB NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX job_by_state ON job (state);
CREATE INDEX job_by_time ON job (created_ms);
CREATE TABLE attempt (
    reservation_id BLOB PRIMARY KEY,
    job_id TEXT NOT NULL REFERENCES job,
    number INTEGER NOT NULL,
    provider BLOB NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    receipt_hash BLOB NOT NULL,
    amount INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    UNIQUE (job_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_by_provider ON attempt (provider, state);
"""

Value = bytes | str | int
Row = tuple[Value, ...]


class Cursor(Protocol):
    """What a statement leaves."""

    rowcount: int

    def fetchall(self) -> list[Row]:
        """Return all rows."""
        ...


class Writing(Protocol):
    """A transaction of the journal."""

    def execute(self, statement: str, values: Sequence[Value] = (), /) -> Cursor:
        """Run one statement."""
        ...


class Journal:
    """The journal of one file."""

    def __init__(self, path: Path) -> None:
        """Name the file; :meth:`open` makes it."""
        self._path = path

    @classmethod
    def open(cls, path: Path) -> "Journal":
        """Open a journal, and make it if it is not there.

        Raises:
            ConfigError: its folder cannot be made, or the file is open to others.
            StoreError: the file is no journal of this program.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            mode = path.stat().st_mode & 0o777
        except OSError as error:
            raise ConfigError(detail=f"cannot write {path}: {error.strerror}") from None
        if mode & 0o077:
            raise ConfigError(detail=f"{path} is open to other users; run: chmod 600 {path}")
        journal = cls(path)
        journal._make()
        return journal

    def _make(self) -> None:
        with self.writing() as database:
            ((form,),) = database.execute("PRAGMA user_version").fetchall()
            if form == FORM:
                return
            if form or database.execute("SELECT 1 FROM sqlite_master").fetchall():
                detail = f"{self._path} is no journal of this program; move it away"
                raise StoreError(detail=detail)
            for statement in _SCHEMA.split(";"):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {FORM}")

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Change something, whole or not at all; what is written is durable at the end.

        Raises:
            StoreError: the disk does not take it, or another holds the journal for too long.
        """
        try:
            with closing(self._connect()) as database:
                database.execute("BEGIN IMMEDIATE")
                yield database
                database.execute("COMMIT")
        except pysqlite3.Error as error:
            raise StoreError(detail=f"the journal {self._path} failed: {error}") from None

    def read(self, statement: str, values: Sequence[Value] = ()) -> list[Row]:
        """Return the rows of a query.

        Raises:
            StoreError: the disk failed.
        """
        try:
            with closing(self._connect()) as database:
                rows: list[Row] = database.execute(statement, values).fetchall()
                return rows
        except pysqlite3.Error as error:
            raise StoreError(detail=f"the journal {self._path} failed: {error}") from None

    def _connect(self) -> "pysqlite3.Connection":
        database = pysqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)
        database.execute("PRAGMA synchronous=FULL")
        database.execute("PRAGMA secure_delete=ON")
        return database
