"""Final blocks as peers that catch up get them: the very bytes that were decided, from the rows.

Nothing is decoded on the way: a block's encoding is its parts with their lengths.
"""

from sqlalchemy import Connection

from chain.codec import bytes32, sequence
from chain.store.book import rows_of_block

_BLOCKS = (
    "SELECT block.height, header, last_commit, evidence, certificate.data FROM block "
    "JOIN certificate ON certificate.height = block.height "
    "WHERE block.height >= ? ORDER BY block.height LIMIT ?"
)
_TRANSACTIONS = 'SELECT data FROM "transaction" WHERE id >= ? AND id < ? ORDER BY id'
_RECEIPTS = "SELECT document FROM receipt WHERE id >= ? AND id < ? ORDER BY id"


def sync_items(
    connection: Connection, *, from_height: int, count: int, bytes_max: int
) -> list[bytes]:
    """Return blocks with their certificates, from a height on, in the form of sync.

    Args:
        connection: inside a transaction.
        from_height: the first, 1 or above.
        count: how many at most.
        bytes_max: bytes after which no further block is taken; the first is always.
    """
    items: list[bytes] = []
    size_bytes = 0
    blocks = connection.exec_driver_sql(_BLOCKS, (max(from_height, 1), count))
    for height, header, last_commit, evidence, certificate in blocks:
        block = bytes32(header) + bytes32(last_commit) + evidence + _body(connection, height)
        item = bytes32(block) + bytes32(certificate)
        size_bytes += len(item)
        if items and size_bytes > bytes_max:
            break
        items.append(item)
    return items


def _body(connection: Connection, height: int) -> bytes:
    """Return a block's transactions and its sidecar, encoded."""
    transactions = connection.exec_driver_sql(_TRANSACTIONS, rows_of_block(height)).scalars()
    receipts = connection.exec_driver_sql(_RECEIPTS, rows_of_block(height)).scalars()
    return sequence(transactions) + sequence(receipts)
