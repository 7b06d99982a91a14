"""From rows to the proof of a receipt: the leaves of its block's three trees, in their bytes.

No transaction is decoded on the way: an outcome is written from the columns that it was kept in.
"""

from sqlalchemy import Connection

from chain.codec import u64
from chain.primitives import INDEX_BITS, ZERO_HASH
from chain.proof import BlockParts, ReceiptProof, build_proof
from chain.store.book import rows_of_block
from chain.store.view_rows import OUTCOME_BYTES

_BLOCK = (
    "SELECT header, due_outcomes, certificate.data FROM block "
    "JOIN certificate ON certificate.height = block.height WHERE block.height = ?"
)
_TRANSACTIONS = (
    "SELECT one.id, one.data, one.kind, one.hash, one.fee, one.paid, one.returned, one.pending, "
    'receipt.receipt_hash, receipt.document FROM "transaction" AS one '
    "LEFT JOIN receipt ON receipt.id = one.id WHERE one.id >= ? AND one.id < ? ORDER BY one.id"
)


def receipt_proof(connection: Connection, row: int) -> ReceiptProof:
    """Return the proof of the receipt of a row; takes time in proportion to its block.

    Args:
        connection: inside a transaction.
        row: row id of the receipt and of its claim.
    """
    height = row >> INDEX_BITS
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
    block = BlockParts(header, certificate, transactions, outcomes, receipts)
    claim_index = row & (1 << INDEX_BITS) - 1
    return build_proof(block, receipt_index=rows.index(row), claim_index=claim_index)
