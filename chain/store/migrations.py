"""The steps from one form of the database to the next, in order.

``PRAGMA user_version`` says how many of them a file has been through. All that are missing run in
one transaction, so a file is never between two forms.
"""

import sqlite_utils
from sqlalchemy import Connection

from chain.errors import StoreError
from chain.store.form import VERSION, read_version
from chain.store.side_tables import SCHEMA
from chain.store.tables import Account


def _create_tables(connection: Connection, _: sqlite_utils.Database) -> None:
    Account.metadata.create_all(connection, tables=list(SCHEMA.values()), checkfirst=False)


MIGRATIONS = (_create_tables,)
"""One function for each step; a later one may also use ``Database.transform`` of sqlite-utils."""

assert len(MIGRATIONS) == VERSION


def migrate(connection: Connection) -> None:
    """Bring a database to the present form; the caller's transaction holds all of it.

    Raises:
        StoreError: the file is of a later program, or of another one.
    """
    database = _database(connection)
    version = read_version(connection)
    if version > VERSION:
        detail = (
            f"the database has form {version} and this program knows up to {VERSION}: "
            "start the newer program that wrote it, or give this one an empty folder to sync into"
        )
        raise StoreError(detail=detail)
    if version == 0 and database.table_names():
        detail = "the database file holds another program's tables: give the node another path"
        raise StoreError(detail=detail)
    for step in MIGRATIONS[version:]:
        step(connection, database)
    if version < VERSION:
        connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")


def _database(connection: Connection) -> sqlite_utils.Database:
    """Return the tool of the migrations on the very connection that is in use."""
    library = vars(sqlite_utils.utils)["sqlite3"]
    assert library is connection.dialect.dbapi, "sqlite-utils uses another copy of SQLite"
    driver = connection.connection.driver_connection
    return sqlite_utils.Database(driver, recursive_triggers=False)
