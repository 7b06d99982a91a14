"""What waits for a block: admission policy, limits and order.

Policy is what this node takes and keeps; rules are what every node agrees on and live elsewhere.
Transactions of one key wait in nonce order; a claim waits with its receipt document or not at
all. A block changes few records, so settling looks only at what waits on those.
"""

from collections.abc import Collection, Iterator, Sequence

from chain.approval import ApprovedTransaction
from chain.errors import (
    AlreadyKnown,
    InsufficientBalance,
    InvalidTransaction,
    MempoolFull,
)
from chain.grants import check_authority
from chain.nonce_queue import NonceQueue, in_order
from chain.primitives import HEIGHT_MAX, Address, Hash
from chain.receipt import Receipt
from chain.records import Table, balance_key, nonce_key
from chain.state import Ledger, State
from chain.transaction import SignedTransaction, claims_in
from chain.transition import Execution, apply_transaction
from chain.trial import try_transaction
from chain.validation import VerifiedTransaction, check_claim_agrees
from chain.waiting_claims import WaitingClaims

TRANSACTIONS_MAX = 20_000
"""Transactions in all: one full block may wait behind the one being agreed on."""

BYTES_MAX = 32 * 1024 * 1024
"""Bytes of transactions and receipt documents in all."""

DECISIONS_MAX = 64
"""Decisions of the validators, which are free and tried again after each block."""


class Mempool:
    """The waiting transactions, on top of a ledger that it reads and never changes."""

    def __init__(self, ledger: Ledger) -> None:
        """Start empty."""
        self._ledger = ledger
        self._queues: dict[bytes, NonceQueue] = {}
        self._claims = WaitingClaims(ledger)
        self._decisions: dict[Hash, VerifiedTransaction] = {}
        self._last_height: dict[Hash, int] = {}
        self._by_last_height: dict[int, set[Hash]] = {}
        self.transactions: dict[Hash, VerifiedTransaction] = {}
        self._ids: set[Hash] = set()
        self._bytes = 0

    def __len__(self) -> int:
        """Return how many transactions wait."""
        return len(self.transactions)

    @property
    def size_bytes(self) -> int:
        """Bytes of what waits, receipt documents included."""
        return self._bytes

    @property
    def receipts(self) -> dict[Hash, Receipt]:
        """The documents of the waiting claims, by sidecar id."""
        return self._claims.receipts

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
        if verified.id in self._ids:
            raise AlreadyKnown(transaction_id=verified.id.hex())
        if isinstance(transaction, ApprovedTransaction):
            self._add_decision(verified)
            return
        assert isinstance(transaction, SignedTransaction)
        key = nonce_key(transaction.sender, transaction.public_key)
        queue = self._queues.get(key) or NonceQueue()
        replaced = queue.by_nonce.get(transaction.nonce)
        queue.check_place(transaction, first=self._next_nonce(key))
        cost = self._check_applies(verified, transaction, key)
        self._check_funds(transaction, queue, cost)
        self._check_room(len(verified.data), 0 if replaced is None else len(replaced.data))
        if replaced is not None:
            self._forget(replaced)
        self._queues.setdefault(key, queue).by_nonce[transaction.nonce] = verified
        queue.costs[transaction.nonce] = cost
        self._remember(verified, last_height=transaction.valid_until)

    def _add_decision(self, verified: VerifiedTransaction) -> None:
        if len(self._decisions) >= DECISIONS_MAX:
            raise MempoolFull(what="decisions", limit=DECISIONS_MAX)
        try_transaction(self._ledger, verified)
        self._check_room(len(verified.data), 0)
        self._decisions[verified.id] = verified
        self._remember(verified, last_height=HEIGHT_MAX)

    def _next_nonce(self, key: bytes) -> int:
        nonce = self._ledger.records.get(key, 0)
        assert isinstance(nonce, int)
        return nonce

    def _check_applies(
        self, verified: VerifiedTransaction, transaction: SignedTransaction, key: bytes
    ) -> int:
        """Apply a transaction to a draft as if it were its turn; return what it takes.

        What breaks a rule would wait for nothing, and for free.

        Raises:
            InvalidTransaction: as :func:`chain.transition.apply_transaction`.
        """
        state = State(self._ledger)
        state.put(key, transaction.nonce)
        before = state.find_balance(transaction.sender) or 0
        apply_transaction(Execution(state=state, payee=transaction.sender), verified)
        return max(transaction.fee, before - (state.find_balance(transaction.sender) or 0))

    def _check_funds(self, transaction: SignedTransaction, queue: NonceQueue, cost: int) -> None:
        """Check that the account can pay for all that waits of it, this one included."""
        replaced = queue.costs.get(transaction.nonce, 0)
        needed = sum(queue.costs.values()) - replaced + cost
        available = self._balance_of(transaction)
        if available < needed:
            raise InsufficientBalance(needed=needed, available=available)

    def _balance_of(self, transaction: SignedTransaction) -> int:
        return _number(self._ledger, balance_key(transaction.sender))

    def _check_room(self, size_bytes: int, replaced_bytes: int) -> None:
        if not replaced_bytes and len(self.transactions) >= TRANSACTIONS_MAX:
            raise MempoolFull(what="transactions", limit=TRANSACTIONS_MAX)
        if self._bytes + size_bytes - replaced_bytes > BYTES_MAX:
            raise MempoolFull(what="bytes", limit=BYTES_MAX)

    def add_claims(self, verified: VerifiedTransaction, receipts: Sequence[Receipt]) -> None:
        """Admit a claim or a batch with its documents.

        A single claim with an acceptance replaces the same claim without one.

        Raises:
            ReceiptMismatch: a claim and its document disagree.
            InvalidTransaction: a reservation does not allow it, or there is no room.
        """
        claims = claims_in(verified.transaction)
        for claim, receipt in zip(claims, receipts, strict=True):
            check_claim_agrees(claim, receipt)
        earlier = self._claims.find_replaced(verified)
        last_height = self._claims.check_applies(verified)
        size = len(verified.data) + sum(len(one.document) for one in receipts)
        self._check_room(size, 0 if earlier is None else self._size_of(earlier))
        if earlier is not None:
            self._forget(earlier)
        self._claims.put(verified, receipts)
        self._remember(verified, last_height=last_height)

    def _size_of(self, verified: VerifiedTransaction) -> int:
        """Return the bytes that a transaction holds, with its documents if it brings any."""
        return len(verified.data) + self._claims.size_bytes(verified)

    def _remember(self, verified: VerifiedTransaction, *, last_height: int) -> None:
        self.transactions[verified.full_id] = verified
        self._ids.add(verified.id)
        self._bytes += self._size_of(verified)
        self._last_height[verified.full_id] = last_height
        self._by_last_height.setdefault(last_height, set()).add(verified.full_id)

    def _forget(self, verified: VerifiedTransaction) -> None:
        self._bytes -= self._size_of(verified)
        last_height = self._last_height.pop(verified.full_id)
        self._by_last_height[last_height].remove(verified.full_id)
        if not self._by_last_height[last_height]:
            del self._by_last_height[last_height]
        del self.transactions[verified.full_id]
        self._ids.discard(verified.id)
        transaction = verified.transaction
        if isinstance(transaction, SignedTransaction):
            key = nonce_key(transaction.sender, transaction.public_key)
            queue = self._queues[key]
            del queue.by_nonce[transaction.nonce], queue.costs[transaction.nonce]
            if not queue.by_nonce:
                del self._queues[key]
        elif isinstance(transaction, ApprovedTransaction):
            del self._decisions[verified.id]
        else:
            self._claims.drop(verified)

    def evict(self, transaction_id: Hash) -> bool:
        """Drop a transaction; tell whether it was there. Those of its key behind it wait on."""
        for verified in self.transactions.values():
            if verified.id == transaction_id:
                self._forget(verified)
                return True
        return False

    def candidates(self) -> Iterator[VerifiedTransaction]:
        """Yield decisions, claims, then the rest by fee per byte, each key's in nonce order."""
        yield from list(self._decisions.values())
        yield from self._claims
        yield from in_order(self._queues, self._next_nonce)

    def settle(self, changed: Collection[bytes]) -> None:
        """Drop what the ledger's newest block included, outdated or made impossible.

        Args:
            changed: keys of the records that the block changed.
        """
        for verified in list(self._decisions.values()):
            try:
                try_transaction(self._ledger, verified)
            except InvalidTransaction:
                self._forget(verified)
        for key in changed:
            if key in self._queues:
                self._settle_queue(key)
            elif key[0] == Table.GRANTS:
                self._settle_keys(Address(key[1:]))
        for verified in self._claims.made_impossible(changed):
            self._forget(verified)
        for height in [one for one in self._by_last_height if one <= self._ledger.height]:
            for full_id in list(self._by_last_height[height]):
                self._forget(self.transactions[full_id])

    def _settle_keys(self, account: Address) -> None:
        """Drop what keys have signed that an account does not grant any more."""
        state = State(self._ledger)
        for queue in [one for key, one in self._queues.items() if key[1:21] == account]:
            for verified in list(queue.by_nonce.values()):
                transaction = verified.transaction
                assert isinstance(transaction, SignedTransaction)
                try:
                    check_authority(state, account, transaction.public_key, transaction.payload)
                except InvalidTransaction:
                    self._forget(verified)

    def _settle_queue(self, key: bytes) -> None:
        """Drop used nonces, then the last ones until the account can pay for the rest."""
        queue, first = self._queues[key], self._next_nonce(key)
        for nonce in [one for one in queue.by_nonce if one < first]:
            self._forget(queue.by_nonce[nonce])
        for nonce in sorted(queue.by_nonce, reverse=True):
            transaction = queue.by_nonce[nonce].transaction
            assert isinstance(transaction, SignedTransaction)
            if sum(queue.costs.values()) <= self._balance_of(transaction):
                return
            self._forget(queue.by_nonce[nonce])


def _number(ledger: Ledger, key: bytes) -> int:
    record = ledger.records.get(key, 0)
    assert isinstance(record, int)
    return record
