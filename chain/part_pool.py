"""What blocks of one height are made of: the mempool, and what was proposed or fetched besides.

A peer that lacks a part of a block asks for it by name; what it gets is bounded by one block.
"""

from collections.abc import Iterable, Iterator

from chain.fetch import Parts, PartsWanted
from chain.mempool import Mempool
from chain.primitives import BLOCK_SIDECAR_BYTES_MAX, BLOCK_TRANSACTION_BYTES_MAX, Hash
from chain.proposal import CompactBlock
from chain.receipt import Receipt
from chain.validation import VerifiedTransaction


class PartPool:
    """Transactions by full id and documents by sidecar id, the mempool's among them."""

    def __init__(self, mempool: Mempool) -> None:
        """Hold nothing but what the mempool holds."""
        self._mempool = mempool
        self._transactions: dict[Hash, VerifiedTransaction] = {}
        self._receipts: dict[Hash, Receipt] = {}

    def clear(self) -> None:
        """Drop what is not in the mempool."""
        self._transactions.clear()
        self._receipts.clear()

    def add(self, transactions: Iterable[VerifiedTransaction], receipts: Iterable[Receipt]) -> None:
        """Hold parts, whatever becomes of the mempool."""
        self._transactions.update((one.full_id, one) for one in transactions)
        self._receipts.update((one.sidecar_id, one) for one in receipts)

    def find_transaction(self, name: Hash) -> VerifiedTransaction | None:
        """Return the transaction with a full id, or None."""
        return self._transactions.get(name) or self._mempool.transactions.get(name)

    def find_receipt(self, name: Hash) -> Receipt | None:
        """Return the document with a sidecar id, or None."""
        return self._receipts.get(name) or self._mempool.receipts.get(name)

    def gather(
        self, compact: CompactBlock
    ) -> tuple[dict[Hash, VerifiedTransaction], dict[Hash, Receipt]]:
        """Return those parts of a block that are here, by name."""
        found = ((name, self.find_transaction(name)) for name in compact.transactions)
        papers = ((name, self.find_receipt(name)) for name in compact.receipts)
        return (
            {name: one for name, one in found if one is not None},
            {name: one for name, one in papers if one is not None},
        )

    def answer(self, wanted: PartsWanted) -> bytes:
        """Return the answer to a peer: what is here, each part once; empty for nothing."""
        transactions = (self.find_transaction(name) for name in dict.fromkeys(wanted.transactions))
        receipts = (self.find_receipt(name) for name in dict.fromkeys(wanted.receipts))
        parts = Parts(
            transactions=tuple(
                _within(BLOCK_TRANSACTION_BYTES_MAX, (one.data for one in transactions if one))
            ),
            receipts=tuple(
                _within(BLOCK_SIDECAR_BYTES_MAX, (one.document for one in receipts if one))
            ),
        )
        return parts.encode() if parts.transactions or parts.receipts else b""


def _within(bytes_max: int, items: Iterable[bytes]) -> Iterator[bytes]:
    """Yield items until the next would pass the limit."""
    size = 0
    for item in items:
        size += len(item)
        if size > bytes_max:
            return
        yield item
