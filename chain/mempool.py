"""What waits for a block: admission policy, limits and order.

Policy is what this node takes and keeps; rules are what every node agrees on and live elsewhere.
Transactions of one key wait in nonce order; a claim waits with its receipt document or not at
all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from chain.claim import ClaimTransaction
from chain.errors import (
    AlreadyKnown,
    InsufficientBalance,
    InvalidTransaction,
    MempoolFull,
    ReceiptAlreadyClaimed,
    ReplacementFeeTooLow,
    WrongNonce,
)
from chain.payloads import Reserve, Transfer
from chain.primitives import Address, Hash, PublicKey
from chain.receipt import Receipt
from chain.state import Ledger, State
from chain.transaction import SignedTransaction
from chain.transition import check_claim_transaction, check_envelope, new_account_fee
from chain.validation import VerifiedTransaction, check_claim_agrees

TRANSACTIONS_MAX = 20_000
"""Transactions in all: one full block may wait behind the one being agreed on."""

BYTES_MAX = 32 * 1024 * 1024
"""Bytes of transactions and receipt documents in all."""

PER_KEY_MAX = 64
"""Transactions of one key: no single caller can fill the pool."""

NONCE_GAP_MAX = 16
"""How far a nonce may be ahead of the next one that is missing."""

REPLACEMENT_PERCENT = 110
"""A transaction that replaces one with its nonce pays at least this much of its fee."""

_Key = tuple[Address, PublicKey]


def cost_of(transaction: SignedTransaction) -> int:
    """Return what a transaction takes from its sender's balance, in base units."""
    payload = transaction.payload
    amount = payload.amount if isinstance(payload, Transfer) else 0
    return transaction.fee + amount + (payload.cap if isinstance(payload, Reserve) else 0)


@dataclass
class _Queue:
    """The waiting transactions of one key, by nonce, and what they cost together."""

    by_nonce: dict[int, VerifiedTransaction] = field(default_factory=dict)
    cost: int = 0


class Mempool:
    """The waiting transactions, on top of a ledger that it reads and never changes."""

    def __init__(self, ledger: Ledger) -> None:
        """Start empty."""
        self._ledger = ledger
        self._queues: dict[_Key, _Queue] = {}
        self._claims: dict[tuple[Hash, Hash], VerifiedTransaction] = {}
        self.transactions: dict[Hash, VerifiedTransaction] = {}
        self.receipts: dict[Hash, Receipt] = {}
        self._ids: set[Hash] = set()
        self._bytes = 0

    def __len__(self) -> int:
        """Return how many transactions wait."""
        return len(self.transactions)

    def find_receipt(self, sidecar_id: Hash) -> Receipt | None:
        """Return the document of a waiting claim, or None."""
        return self.receipts.get(sidecar_id)

    def add(self, verified: VerifiedTransaction) -> None:
        """Admit a signed transaction.

        Raises:
            InvalidTransaction: it cannot be applied in its turn, or there is no room; the leaf
                says why.
        """
        transaction = verified.transaction
        assert isinstance(transaction, SignedTransaction)
        if verified.id in self._ids:
            raise AlreadyKnown(transaction_id=verified.id.hex())
        state = State(self._ledger)
        check_envelope(state, transaction, size_bytes=len(verified.data))
        key = (transaction.sender, transaction.public_key)
        queue = self._queues.get(key) or _Queue()
        replaced = queue.by_nonce.get(transaction.nonce)
        self._check_place(state, transaction, queue, replaced)
        self._check_funds(state, transaction, queue, replaced)
        if replaced is None:
            self._check_room(len(verified.data))
        else:
            self._forget(replaced)
        self._queues.setdefault(key, queue).by_nonce[transaction.nonce] = verified
        queue.cost += cost_of(transaction)
        self._remember(verified)

    def _check_place(
        self,
        state: State,
        transaction: SignedTransaction,
        queue: _Queue,
        replaced: VerifiedTransaction | None,
    ) -> None:
        first = state.nonce(transaction.sender, transaction.public_key)
        following = first
        while following in queue.by_nonce:
            following += 1
        if not first <= transaction.nonce <= following + NONCE_GAP_MAX:
            raise WrongNonce(expected=following, got=transaction.nonce)
        if replaced is not None:
            assert isinstance(replaced.transaction, SignedTransaction)
            needed = -(-replaced.transaction.fee * REPLACEMENT_PERCENT // 100)
            if transaction.fee < max(needed, replaced.transaction.fee + 1):
                raise ReplacementFeeTooLow(fee=transaction.fee, needed=needed)
        elif len(queue.by_nonce) >= PER_KEY_MAX:
            raise MempoolFull(what="transactions of one key", limit=PER_KEY_MAX)

    @staticmethod
    def _check_funds(
        state: State,
        transaction: SignedTransaction,
        queue: _Queue,
        replaced: VerifiedTransaction | None,
    ) -> None:
        needed = queue.cost + cost_of(transaction)
        if replaced is not None:
            assert isinstance(replaced.transaction, SignedTransaction)
            needed -= cost_of(replaced.transaction)
        if isinstance(transaction.payload, Transfer):
            needed += new_account_fee(state, transaction.payload.to)
        available = state.find_balance(transaction.sender) or 0
        if available < needed:
            raise InsufficientBalance(needed=needed, available=available)

    def _check_room(self, size_bytes: int) -> None:
        if len(self.transactions) >= TRANSACTIONS_MAX:
            raise MempoolFull(what="transactions", limit=TRANSACTIONS_MAX)
        if self._bytes + size_bytes > BYTES_MAX:
            raise MempoolFull(what="bytes", limit=BYTES_MAX)

    def add_claim(self, verified: VerifiedTransaction, receipt: Receipt) -> None:
        """Admit a claim with its receipt document; one with an acceptance replaces one without.

        Raises:
            ReceiptMismatch: claim and document disagree.
            InvalidTransaction: the reservation does not allow it, or there is no room.
        """
        transaction = verified.transaction
        assert isinstance(transaction, ClaimTransaction)
        check_claim_agrees(transaction, receipt)
        claim = transaction.claim
        place = (claim.reservation_id, claim.receipt_hash)
        earlier = self._claims.get(place)
        if earlier is not None:
            assert isinstance(earlier.transaction, ClaimTransaction)
            if earlier.transaction.acceptance is not None or transaction.acceptance is None:
                raise ReceiptAlreadyClaimed(receipt_hash=claim.receipt_hash.hex())
        check_claim_transaction(State(self._ledger), transaction)
        if earlier is not None:
            self._forget_claim(place)
        self._check_room(len(verified.data) + len(receipt.document))
        self._claims[place] = verified
        self.receipts[receipt.sidecar_id] = receipt
        self._bytes += len(receipt.document)
        self._remember(verified)

    def _remember(self, verified: VerifiedTransaction) -> None:
        self.transactions[verified.full_id] = verified
        self._ids.add(verified.id)
        self._bytes += len(verified.data)

    def _forget(self, verified: VerifiedTransaction) -> None:
        transaction = verified.transaction
        if isinstance(transaction, SignedTransaction):
            key = (transaction.sender, transaction.public_key)
            queue = self._queues[key]
            del queue.by_nonce[transaction.nonce]
            queue.cost -= cost_of(transaction)
            if not queue.by_nonce:
                del self._queues[key]
        del self.transactions[verified.full_id]
        self._ids.discard(verified.id)
        self._bytes -= len(verified.data)

    def _forget_claim(self, place: tuple[Hash, Hash]) -> None:
        verified = self._claims.pop(place)
        assert isinstance(verified.transaction, ClaimTransaction)
        receipt = self.receipts.pop(verified.transaction.claim.sidecar_id)
        self._bytes -= len(receipt.document)
        self._forget(verified)

    def candidates(self) -> Iterator[VerifiedTransaction]:
        """Yield claims, then the rest by fee per byte, each key's in nonce order without gaps."""
        yield from list(self._claims.values())
        state = State(self._ledger)
        heads: list[tuple[int, bytes, int, _Key]] = []
        for key, queue in self._queues.items():
            self._push_head(heads, key, queue, state.nonce(*key))
        heapify(heads)
        while heads:
            _, _, nonce, key = heappop(heads)
            queue = self._queues[key]
            yield queue.by_nonce[nonce]
            self._push_head(heads, key, queue, nonce + 1)

    @staticmethod
    def _push_head(
        heads: list[tuple[int, bytes, int, _Key]], key: _Key, queue: _Queue, nonce: int
    ) -> None:
        verified = queue.by_nonce.get(nonce)
        if verified is not None:
            assert isinstance(verified.transaction, SignedTransaction)
            worth = -(verified.transaction.fee * 1_000 // len(verified.data))
            heappush(heads, (worth, verified.id, nonce, key))

    def settle(self) -> None:
        """Drop what the ledger's newest block included, outdated or made impossible."""
        state = State(self._ledger)
        for key in list(self._queues):
            self._settle_queue(state, key)
        for place, verified in list(self._claims.items()):
            assert isinstance(verified.transaction, ClaimTransaction)
            try:
                check_claim_transaction(state, verified.transaction)
            except InvalidTransaction:
                self._forget_claim(place)

    def _settle_queue(self, state: State, key: _Key) -> None:
        first = state.nonce(*key)
        for verified in list(self._queues[key].by_nonce.values()):
            transaction = verified.transaction
            assert isinstance(transaction, SignedTransaction)
            if transaction.nonce < first or transaction.valid_until < state.height:
                self._forget(verified)
