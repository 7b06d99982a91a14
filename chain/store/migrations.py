"""How a database gets to the present form: an empty file its tables, an older one new rows.

What the blocks say is all there is to know, so a database of an earlier form is not altered: its
blocks are decided again into a fresh one beside it, which then takes its place. That takes as long
as a sync; whatever a form may add is exact for all of history, and a process that is killed on the
way leaves the old file as it was.
"""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import sqlite_utils
from sqlalchemy import Connection

from chain.errors import StoreError
from chain.store.connection import close, open_writer, storing
from chain.store.durable_file import sync_folder
from chain.store.form import VERSION, read_version
from chain.store.replaying import Replayed, replay
from chain.store.side_tables import SCHEMA
from chain.store.tables import Account


def create_tables(connection: Connection) -> None:
    """Give an empty file its tables; the caller's transaction holds all of it."""
    Account.metadata.create_all(connection, tables=list(SCHEMA.values()), checkfirst=False)
    connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")


def check_form(connection: Connection) -> int:
    """Return the form of a file that this program may use; 0 for an empty one.

    Raises:
        StoreError: the file is of a later program, or of another one.
    """
    version = read_version(connection)
    if version > VERSION:
        detail = (
            f"the database has form {version} and this program knows up to {VERSION}: "
            "start the newer program that wrote it, or give this one an empty folder to sync into"
        )
        raise StoreError(detail=detail)
    if version == 0 and _database(connection).table_names():
        detail = "the database file holds another program's tables: give the node another path"
        raise StoreError(detail=detail)
    return version


def rebuild(path: Path, open_fresh: Callable[[Path], Replayed]) -> None:
    """Put a database of the present form in the place of one of an earlier form.

    Args:
        path: the database, which nobody else has open; nothing happens if there is none, or if it
            is of the present form.
        open_fresh: makes an empty database of the same genesis.

    Raises:
        StoreError: the file is of a later or another program, is damaged, or the disk failed.
    """
    if not path.exists():
        return
    source = open_writer(path)
    try:
        with storing("rebuilding it"), source.begin():
            if check_form(source) in (0, VERSION):
                return
            fresh = path.with_name(f"{path.name}.rebuilt")
            _remove(fresh)
            with closing(open_fresh(fresh)) as writer:
                replay(source, writer)
    finally:
        close(source)
    try:
        fresh.replace(path)
        _remove(fresh)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError(detail=f"the rebuilt database cannot take its place: {error}") from error


def _remove(database: Path) -> None:
    for suffix in ("", "-wal", "-shm", ".lock"):
        database.with_name(f"{database.name}{suffix}").unlink(missing_ok=True)


def _database(connection: Connection) -> sqlite_utils.Database:
    """Return the tool on the very connection that is in use."""
    library = vars(sqlite_utils.utils)["sqlite3"]
    assert library is connection.dialect.dbapi, "sqlite-utils uses another copy of SQLite"
    driver = connection.connection.driver_connection
    return sqlite_utils.Database(driver, recursive_triggers=False)
