"""From rows to the proof of a receipt: the leaves of its block's three trees, in their bytes.

No transaction is decoded on the way: an outcome is written from the columns that it was kept in.
"""

from dataclasses import replace

from sqlalchemy import Connection

from chain.codec import u64
from chain.outcome import OutcomeKind
from chain.primitives import ZERO_HASH
from chain.proof import BlockParts, ReceiptProof, build_proof, build_settlement
from chain.store.book import rows_of_block
from chain.store.view_rows import OUTCOME_BYTES
from chain.store.views import ReceiptView

_BLOCK = (
    "SELECT header, due_outcomes, certificate.data FROM block "
    "JOIN certificate ON certificate.height = block.height WHERE block.height = ?"
)
_TRANSACTIONS = (
    "SELECT one.id, one.data, one.kind, one.hash, one.fee, one.paid, one.returned, one.pending, "
    'receipt.receipt_hash, receipt.document FROM "transaction" AS one '
    "LEFT JOIN receipt ON receipt.id = one.id WHERE one.id >= ? AND one.id < ? ORDER BY one.id"
)


def receipt_proof(connection: Connection, receipt: ReceiptView) -> ReceiptProof:
    """Return the proof of a receipt; takes time in proportion to its block.

    Args:
        connection: inside a transaction.
        receipt: of which; where a later block paid it, that comes too.
    """
    block, rows = _block(connection, receipt.height)
    proof = build_proof(block, receipt_index=rows.index(receipt.row), claim_index=receipt.index)
    if receipt.settled_height in (None, receipt.height):
        return proof
    later, _ = _block(connection, receipt.settled_height)
    return replace(proof, settlement=build_settlement(later, outcome_index=_place(later, receipt)))


def _place(block: BlockParts, receipt: ReceiptView) -> int:
    """Return where the outcome is that paid a receipt when its window had ended."""
    start = bytes((OutcomeKind.MATURED,)) + receipt.reservation_id + receipt.receipt_hash
    return next(place for place, one in enumerate(block.outcomes) if one.startswith(start))


def _block(connection: Connection, height: int) -> tuple[BlockParts, list[int]]:
    """Return a block, and the row of each of its receipts."""
    header, due, certificate = connection.exec_driver_sql(_BLOCK, (height,)).one()
    transactions, outcomes, receipts, rows = [], [], [], []
    found = connection.exec_driver_sql(_TRANSACTIONS, rows_of_block(height))
    for one, data, kind, subject, *money, receipt_hash, document in found:
        transactions.append(data)
        amounts = b"".join(map(u64, money))
        outcomes.append(bytes((kind,)) + subject + (receipt_hash or ZERO_HASH) + amounts)
        if document is not None:
            receipts.append(document)
            rows.append(one)
    outcomes += [due[at : at + OUTCOME_BYTES] for at in range(0, len(due), OUTCOME_BYTES)]
    return BlockParts(header, certificate, transactions, outcomes, receipts), rows
