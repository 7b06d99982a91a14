"""From rows to the proof of a receipt: the leaves of its block's three trees, in their bytes.

An outcome is written from the columns that it was kept in; only a transaction whose outcome names
a receipt is decoded on the way.
"""

from dataclasses import replace

from sqlalchemy import Connection

from chain.codec import u64
from chain.kind import Kind
from chain.outcome import OutcomeKind
from chain.primitives import ZERO_HASH
from chain.proof import BlockParts, ReceiptProof, build_proof, build_settlement
from chain.set_change import CHANGES_MAX, SetChange
from chain.store.book import rows_of_block
from chain.store.validator_rows import encoded_set
from chain.store.view_rows import OUTCOME_BYTES
from chain.store.views import ReceiptView, receipt_hash_of
from chain.transaction import decode_transaction

_BLOCK = (
    "SELECT header, claim_outcomes, due_outcomes, certificate.data FROM block "
    "JOIN certificate ON certificate.height = block.height WHERE block.height = ?"
)
_TRANSACTIONS = (
    'SELECT data, kind, hash, fee, paid, returned, pending FROM "transaction" '
    "WHERE id >= ? AND id < ? ORDER BY id"
)
_RECEIPTS = "SELECT document FROM receipt WHERE id >= ? AND id < ? ORDER BY id"

_STARTS = (
    "SELECT DISTINCT from_height FROM validator WHERE from_height > 1 AND from_height <= ? "
    "ORDER BY from_height LIMIT ?"
)
_HEADER = (
    "SELECT header, certificate.data FROM block "
    "JOIN certificate ON certificate.height = block.height WHERE block.height = ?"
)

_NAMES_RECEIPT = (Kind.CLAIM, Kind.ACCEPT, Kind.DISPUTE, Kind.RESOLVE)
_PAYS_LATER = (
    *(OutcomeKind.MATURED, OutcomeKind.ACCEPTED),
    *(OutcomeKind.RESOLVED, OutcomeKind.UNDECIDED),
)


def receipt_proof(connection: Connection, receipt: ReceiptView) -> ReceiptProof:
    """Return the proof of a receipt; takes time in proportion to its block.

    Args:
        connection: inside a transaction.
        receipt: of which; where a later block ended its claim, that comes too.
    """
    block = _block(connection, receipt.height)
    proof = build_proof(block, receipt_index=receipt.index, claim_index=receipt.claim_index)
    last = receipt.height
    if receipt.settled_height not in (None, receipt.height):
        last = receipt.settled_height
        later = _block(connection, last)
        settlement = build_settlement(later, outcome_index=_place(later, receipt))
        proof = replace(proof, settlement=settlement)
    return replace(proof, changes=_changes(connection, last))


def _changes(connection: Connection, height: int) -> tuple[SetChange, ...]:
    """Return the changes that lead from genesis to the validators of a height.

    There are none where they are more than a proof may bring.
    """
    starts = list(connection.exec_driver_sql(_STARTS, (height, CHANGES_MAX + 1)).scalars())
    if len(starts) > CHANGES_MAX:
        return ()
    changes = []
    for start in starts:
        header, certificate = connection.exec_driver_sql(_HEADER, (start - 1,)).one()
        changes.append(SetChange(header, certificate, encoded_set(connection, start)))
    return tuple(changes)


def _place(block: BlockParts, receipt: ReceiptView) -> int:
    """Return where the outcome is that ended the claim of a receipt."""
    return next(
        place
        for place, one in enumerate(block.outcomes)
        if one[0] in _PAYS_LATER and one[33:65] == receipt.receipt_hash
    )


def _block(connection: Connection, height: int) -> BlockParts:
    header, claimed, due, certificate = connection.exec_driver_sql(_BLOCK, (height,)).one()
    transactions, outcomes = [], []
    for data, kind, subject, *money in connection.exec_driver_sql(
        _TRANSACTIONS, rows_of_block(height)
    ):
        named = kind in _NAMES_RECEIPT
        receipt_hash = receipt_hash_of(decode_transaction(data)) if named else ZERO_HASH
        transactions.append(data)
        outcomes.append(bytes((kind,)) + subject + receipt_hash + b"".join(map(u64, money)))
    more = claimed + due
    outcomes += [more[at : at + OUTCOME_BYTES] for at in range(0, len(more), OUTCOME_BYTES)]
    receipts = list(connection.exec_driver_sql(_RECEIPTS, rows_of_block(height)).scalars())
    return BlockParts(header, certificate, transactions, outcomes, receipts)
