"""The form of a database, as a number: what a reader checks without knowing the tables.

The classes of the tables take a fifth of a second to make, which processes that only read spare.
"""

from sqlalchemy import Connection

VERSION = 3
"""The form that this program reads and writes."""


def read_version(connection: Connection) -> int:
    """Return the form of a file; 0 for an empty one."""
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    assert isinstance(version, int)
    return version
