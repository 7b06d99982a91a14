"""The blocks of a database, decided again.

They are read as a peer would get them, checked and executed as a follower does, and stored by the
writer in another database.
"""

from collections.abc import Callable
from typing import Protocol

from sqlalchemy import Connection

from chain.block import Block
from chain.certificate import Certificate, check_certificate
from chain.errors import ChainError, StoreError
from chain.execution import ExecutedBlock, execute_block
from chain.payload_pairs import decode_final_block
from chain.state import Ledger
from chain.store.connection import damaged
from chain.store.sync_rows import sync_items
from chain.validation import verify_block

BLOCKS_AT_ONCE = 32
BYTES_AT_ONCE = 8 * 1024 * 1024
"""What is read of the old database before it is executed."""


class Replayed(Protocol):
    """Where the blocks go: the writer."""

    def load_ledger(self) -> Ledger:
        """Return the final state."""

    def commit(self, executed: ExecutedBlock, certificate: Certificate) -> None:
        """Store a final block."""

    def close(self) -> None:
        """Close the database."""


def replay(
    source: Connection, fresh: Replayed, tell: Callable[[int], None] = lambda _: None
) -> int:
    """Decide the blocks of a database again, up to the last one that is there, and store them.

    Args:
        source: the database, inside a transaction.
        fresh: an empty one of the same genesis.
        tell: told of each height that was decided again.

    Returns:
        The height of the last block, which is the source's.

    Raises:
        StoreError: one is not what the validators decided, or a database failed.
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
    tip = source.exec_driver_sql("SELECT max(height) FROM block").scalar_one()
    if ledger.height != tip:
        raise damaged(what=f"block {ledger.height + 1} is not whole")
    return ledger.height


def _advance(ledger: Ledger, fresh: Replayed, data: bytes, certificate: Certificate) -> None:
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
