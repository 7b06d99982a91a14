"""The check of a whole database: every block decided again, every row written again and compared.

A start looks at the state and at the last blocks; a bit that flipped in an old receipt or in a
column that only people read is found here alone. The blocks are read as a peer would get them,
checked and executed as a follower does, and stored by the same writer in a fresh database; what
the validators decided leaves no freedom, so both must be equal in every row.
"""

from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

from sqlalchemy import Connection, Table, select

from chain.block import Block
from chain.certificate import Certificate, check_certificate
from chain.errors import ChainError, StoreError
from chain.execution import execute_block
from chain.genesis import Genesis
from chain.payload_pairs import decode_final_block
from chain.state import Ledger
from chain.store.connection import close, damaged, open_reader, storing
from chain.store.segments import SEGMENT_ROWS
from chain.store.side_tables import SCHEMA
from chain.store.sync_rows import sync_items
from chain.store.writer import ChainWriter
from chain.validation import verify_block

BLOCKS_AT_ONCE = 32
BYTES_AT_ONCE = 8 * 1024 * 1024
"""What is read of the old database before it is executed."""


def check_chain(
    path: Path,
    genesis: Genesis,
    *,
    scratch: Path,
    segment_rows: int = SEGMENT_ROWS,
    tell: Callable[[int], None] = lambda _: None,
) -> int:
    """Check all of a database that nobody has open.

    Args:
        path: the database.
        genesis: what its chain began with.
        scratch: where the fresh database is made; it becomes as large as the other.
        segment_rows: as the writer of the database was opened with.
        tell: told of each height that was decided again.

    Returns:
        The height of the last block.

    Raises:
        ConfigError: the database is another chain's.
        StoreError: it is damaged, or in use; the sentence says where the first fault is.
    """
    ChainWriter.open(path, genesis, segment_rows=segment_rows).close()
    fresh = ChainWriter.open(scratch, genesis, segment_rows=segment_rows)
    try:
        source = open_reader(path)
        try:
            with storing("checking it"), source.begin():
                verdict = str(source.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one())
                if verdict != "ok":
                    raise damaged(what=verdict)
                return _replay_and_compare(source, fresh, tell)
        finally:
            close(source)
    finally:
        fresh.close()


def _replay_and_compare(source: Connection, fresh: ChainWriter, tell: Callable[[int], None]) -> int:
    height = _replay(source, fresh, tell)
    tip = source.exec_driver_sql("SELECT max(height) FROM block").scalar_one()
    if height != tip:
        raise damaged(what=f"block {height + 1} is not whole")
    with fresh.connection.begin():
        for table in SCHEMA.values():
            _compare(table, source, fresh.connection)
    return height


def _replay(source: Connection, fresh: ChainWriter, tell: Callable[[int], None]) -> int:
    """Decide the blocks again, up to the last one that is there.

    Raises:
        StoreError: one is not what the validators decided.
    """
    ledger = fresh.load_ledger()
    while items := sync_items(
        source,
        from_height=ledger.height + 1,
        count=BLOCKS_AT_ONCE,
        bytes_max=BYTES_AT_ONCE,
    ):
        for item in items:
            try:
                _advance(ledger, fresh, *decode_final_block(item))
            except StoreError:
                raise
            except ChainError as error:
                raise damaged(what=f"block {ledger.height + 1}: {error}") from error
            tell(ledger.height)
    return ledger.height


def _advance(ledger: Ledger, fresh: ChainWriter, data: bytes, certificate: Certificate) -> None:
    """Decide one block and store it.

    Raises:
        ChainError: it is not valid, or its certificate is not.
        StoreError: the fresh database failed.
    """
    block = Block.decode(data)
    executed = execute_block(ledger, verify_block(block, known={}, known_receipts={}))
    if certificate.block_hash != block.hash:
        raise damaged(what=f"the certificate of block {block.header.height} is another block's")
    check_certificate(certificate, validators=ledger.validators, genesis_hash=ledger.genesis_hash)
    fresh.commit(executed, certificate)
    ledger.advance(
        executed.state,
        executed.update,
        height=block.header.height,
        tip_hash=block.hash,
        tip_time_ms=block.header.time_ms,
    )


def _compare(table: Table, source: Connection, fresh: Connection) -> None:
    """Compare all rows of a table.

    Raises:
        StoreError: names the first row that differs.
    """
    query = select(table).order_by(*table.primary_key.columns)
    rows = zip_longest(source.execute(query), fresh.execute(query))
    for found, expected in rows:
        if found != expected:
            key = expected if expected is not None else found
            place = ", ".join(
                f"{column.name} {_shown(value)}"
                for column, value in zip(table.columns, key, strict=True)
                if column.primary_key
            )
            raise damaged(what=f"table {table.name}, {place}: not what the blocks say")


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
