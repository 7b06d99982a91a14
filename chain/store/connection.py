"""How the database is opened: one SQLite library, one writer, and readers that cannot write.

SQLAlchemy would take the interpreter's own SQLite, which often has the WAL-reset fault (3.7.0 to
3.51.2), and two copies of SQLite on one file in one process break its locks. So every connection
is ``pysqlite3``'s. The writer begins with ``BEGIN IMMEDIATE``, since a deferred transaction can
lose an update or fail at its first write; it alone makes checkpoints. WAL with
``synchronous=FULL``: without FULL a power loss takes blocks that were acknowledged.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pysqlite3  # type: ignore[import-untyped]  # it publishes no types
from sqlalchemy import Connection, Engine, StaticPool, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from chain.errors import StoreError

SQLITE_VERSION_MIN = (3, 51, 3)
"""The first release without the WAL-reset fault."""

PAGE_BYTES = 8_192
"""5 to 10 % faster than 4,096 for rows of a few hundred bytes."""

WRITER_CACHE_KIB = 64 * 1024
READER_CACHE_KIB = 16 * 1024
"""Page caches: the writer's holds the accounts that are touched again and again."""

WAL_PAGES = 1_000
"""Pages of the log after which the writer moves them into the file."""

WAL_BYTES_MAX = 64 * 1024 * 1024
"""Bytes the log is cut down to when it starts anew."""

BUSY_MS = 5_000
"""How long to wait for a lock; nobody but the writer holds one for longer than a checkpoint."""

DEADLINE_STEPS = 10_000
"""Steps of SQLite's machine between two looks at a reader's deadline: well below a millisecond."""

_PRAGMAS = (
    "synchronous=FULL",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "cell_size_check=ON",
    "mmap_size=0",
)

_DISK_FAULTS = (
    pysqlite3.SQLITE_IOERR,
    pysqlite3.SQLITE_FULL,
    pysqlite3.SQLITE_CANTOPEN,
    pysqlite3.SQLITE_READONLY,
)

IsLate = Callable[[], bool]
"""Whether the query that is running has had its time."""


def open_writer(path: Path) -> Connection:
    """Open the database to write, and make it if it is not there.

    Raises:
        StoreError: the file is no database, or cannot be opened.
    """
    pragmas = (
        f"page_size={PAGE_BYTES}",
        "journal_mode=WAL",
        *_PRAGMAS,
        f"cache_size=-{WRITER_CACHE_KIB}",
        f"wal_autocheckpoint={WAL_PAGES}",
        f"journal_size_limit={WAL_BYTES_MAX}",
        # The log may hold blocks of a killed process that no disk holds yet; nobody reads them
        # from us before they are safe.
        "wal_checkpoint(PASSIVE)",
    )
    return _open(path, "rwc", pragmas=pragmas, begin="BEGIN IMMEDIATE", is_late=None)


def open_reader(path: Path, *, is_late: IsLate | None = None) -> Connection:
    """Open an existing database to read; each transaction sees one state of the chain.

    Args:
        path: the database.
        is_late: asked while a query runs; the query ends with an error once it says yes.

    Raises:
        StoreError: there is no database, or it cannot be opened.
    """
    pragmas = (
        *_PRAGMAS,
        f"cache_size=-{READER_CACHE_KIB}",
        "wal_autocheckpoint=0",
        "query_only=ON",
    )
    return _open(path, "rw", pragmas=pragmas, begin="BEGIN", is_late=is_late)


def _open(
    path: Path, mode: str, *, pragmas: tuple[str, ...], begin: str, is_late: IsLate | None
) -> Connection:
    assert pysqlite3.sqlite_version_info >= SQLITE_VERSION_MIN, "SQLite has the WAL-reset fault"
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"

    def connect() -> pysqlite3.Connection:
        connection = pysqlite3.connect(
            address,
            uri=True,
            timeout=BUSY_MS // 1_000,
            isolation_level=None,  # else the driver begins and commits by itself
            check_same_thread=False,
        )
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
        if is_late is not None:
            connection.set_progress_handler(lambda: int(is_late()), DEADLINE_STEPS)
        return connection

    engine = create_engine("sqlite://", module=pysqlite3, creator=connect, poolclass=StaticPool)
    _begin_with(engine, begin)
    with storing(f"opening {path}"):
        return engine.connect()


def _begin_with(engine: Engine, begin: str) -> None:
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def damaged(*, what: str) -> StoreError:
    """Return the error that says what is wrong with the database and what to do about it."""
    detail = (
        f"the database is damaged ({what}): move it away and let the node sync again, "
        "or restore a snapshot"
    )
    return StoreError(detail=detail)


def _is_malformed(cause: BaseException) -> bool:
    """Tell whether SQLite found the file malformed, or the driver a text that is none."""
    if isinstance(cause, UnicodeDecodeError) or type(cause) is pysqlite3.DatabaseError:
        return True
    return isinstance(cause, pysqlite3.OperationalError) and "decode to UTF-8" in str(cause)


@contextmanager
def storing(doing: str) -> Iterator[None]:
    """Turn whatever the database fails with into the one error that stops the node.

    Args:
        doing: what was being done, for the error's sentence.

    Raises:
        StoreError: any failure of the database.
    """
    try:
        yield
    except (SQLAlchemyError, pysqlite3.Error, OverflowError, UnicodeDecodeError) as error:
        cause = getattr(error, "orig", None) or error
        if _is_malformed(cause):
            raise damaged(what=str(cause)) from error
        detail = f"the database failed while {doing}: {cause}"
        if getattr(cause, "sqlite_errorcode", 0) & 0xFF in _DISK_FAULTS:
            detail += "; free or repair the disk, then start the node again"
        raise StoreError(detail=detail) from error


@contextmanager
def reading(connection: Connection) -> Iterator[None]:
    """Hold one state of the chain while several questions are asked of it.

    Raises:
        TimeoutError: the reader's deadline has passed.
        StoreError: the database failed.
    """
    if connection.in_transaction():
        yield
        return
    try:
        with storing("reading"), connection.begin():
            yield
    except StoreError as error:
        cause = getattr(error.__cause__, "orig", None)
        if getattr(cause, "sqlite_errorcode", None) == pysqlite3.SQLITE_INTERRUPT:
            raise TimeoutError from error
        raise


def close(connection: Connection) -> None:
    """Close a connection and the file below it."""
    connection.close()
    connection.engine.dispose()
