"""What waits for a block: admission policy, limits and order.

Policy is what this node takes and keeps; rules are what every node agrees on and live elsewhere.
Transactions of one key wait in nonce order; a claim waits with its receipt document or not at
all. A block changes few records, so settling looks only at what waits on those.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heapreplace

from chain.approval import ApprovedTransaction
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
from chain.primitives import HEIGHT_MAX, Hash
from chain.receipt import Receipt
from chain.records import balance_key, nonce_key
from chain.state import Ledger, State
from chain.transaction import SignedTransaction, claims_in
from chain.transition import Execution, apply_transaction
from chain.validation import VerifiedTransaction, check_claim_agrees

TRANSACTIONS_MAX = 20_000
"""Transactions in all: one full block may wait behind the one being agreed on."""

BYTES_MAX = 32 * 1024 * 1024
"""Bytes of transactions and receipt documents in all."""

PER_KEY_MAX = 64
"""Transactions of one key: no single caller can fill the pool."""

NONCE_GAP_MAX = 16
"""How far a nonce may be ahead of the next one that is missing."""

DECISIONS_MAX = 64
"""Decisions of the validators, which are free and tried again after each block."""

REPLACEMENT_PERCENT = 110
"""A transaction that replaces one with its nonce pays at least this much of its fee."""

_Head = tuple[int, bytes, int, bytes]
"""Worth (negative, so that the best sorts first), id, nonce, and key of a queue."""


@dataclass
class _Queue:
    """The waiting transactions of one key by nonce, and what each takes from its account."""

    by_nonce: dict[int, VerifiedTransaction] = field(default_factory=dict)
    costs: dict[int, int] = field(default_factory=dict)

    def head(self, key: bytes, nonce: int) -> _Head | None:
        """Return the place in the order of the transaction with a nonce, if it waits."""
        verified = self.by_nonce.get(nonce)
        if verified is None:
            return None
        assert isinstance(verified.transaction, SignedTransaction)
        worth = -(verified.transaction.fee * 1_000 // len(verified.data))
        return worth, verified.id, nonce, key


class Mempool:
    """The waiting transactions, on top of a ledger that it reads and never changes."""

    def __init__(self, ledger: Ledger) -> None:
        """Start empty."""
        self._ledger = ledger
        self._queues: dict[bytes, _Queue] = {}
        self._claims: dict[Hash, dict[Hash, VerifiedTransaction]] = {}
        self._decisions: dict[Hash, VerifiedTransaction] = {}
        self._last_height: dict[Hash, int] = {}
        self._by_last_height: dict[int, set[Hash]] = {}
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
        if verified.id in self._ids:
            raise AlreadyKnown(transaction_id=verified.id.hex())
        if isinstance(transaction, ApprovedTransaction):
            self._add_decision(verified)
            return
        assert isinstance(transaction, SignedTransaction)
        key = nonce_key(transaction.sender, transaction.public_key)
        queue = self._queues.get(key) or _Queue()
        replaced = queue.by_nonce.get(transaction.nonce)
        self._check_place(transaction, queue, replaced, first=self._next_nonce(key))
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
        self._try_decision(verified)
        self._check_room(len(verified.data), 0)
        self._decisions[verified.id] = verified
        self._remember(verified, last_height=HEIGHT_MAX)

    def _try_decision(self, verified: VerifiedTransaction) -> None:
        """Apply a decision to a draft.

        Raises:
            InvalidTransaction: it cannot be applied now.
        """
        payee = self._ledger.validators[0].payee
        apply_transaction(Execution(state=State(self._ledger), payee=payee), verified)

    def _next_nonce(self, key: bytes) -> int:
        nonce = self._ledger.records.get(key, 0)
        assert isinstance(nonce, int)
        return nonce

    @staticmethod
    def _check_place(
        transaction: SignedTransaction,
        queue: _Queue,
        replaced: VerifiedTransaction | None,
        *,
        first: int,
    ) -> None:
        following = first
        while following in queue.by_nonce:
            following += 1
        if not first <= transaction.nonce <= following + NONCE_GAP_MAX:
            raise WrongNonce(expected=following, got=transaction.nonce)
        if replaced is not None:
            assert isinstance(replaced.transaction, SignedTransaction)
            percent = replaced.transaction.fee * REPLACEMENT_PERCENT
            needed = max(-(-percent // 100), replaced.transaction.fee + 1)
            if transaction.fee < needed:
                raise ReplacementFeeTooLow(fee=transaction.fee, needed=needed)
        elif len(queue.by_nonce) >= PER_KEY_MAX:
            raise MempoolFull(what="transactions of one key", limit=PER_KEY_MAX)

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

    def _check_funds(self, transaction: SignedTransaction, queue: _Queue, cost: int) -> None:
        """Check that the account can pay for all that waits of it, this one included."""
        replaced = queue.costs.get(transaction.nonce, 0)
        needed = sum(queue.costs.values()) - replaced + cost
        available = self._balance_of(transaction)
        if available < needed:
            raise InsufficientBalance(needed=needed, available=available)

    def _balance_of(self, transaction: SignedTransaction) -> int:
        balance = self._ledger.records.get(balance_key(transaction.sender), 0)
        assert isinstance(balance, int)
        return balance

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
        earlier = self._find_replaced(verified)
        last_height = self._try_claims(verified)
        size = len(verified.data) + sum(len(one.document) for one in receipts)
        self._check_room(size, 0 if earlier is None else self._size_of(earlier))
        if earlier is not None:
            self._forget(earlier)
        for claim, receipt in zip(claims, receipts, strict=True):
            self._claims.setdefault(claim.reservation_id, {})[claim.receipt_hash] = verified
            self.receipts[receipt.sidecar_id] = receipt
        self._remember(verified, last_height=last_height)

    def _find_replaced(self, verified: VerifiedTransaction) -> VerifiedTransaction | None:
        """Return the waiting claim that this one replaces, or None.

        Raises:
            ReceiptAlreadyClaimed: one of the receipts waits already, and no acceptance is new.
        """
        for claim in claims_in(verified.transaction):
            earlier = self._claims.get(claim.reservation_id, {}).get(claim.receipt_hash)
            if earlier is None:
                continue
            if _is_accepted(verified) and not _is_accepted(earlier) and _is_single(earlier):
                return earlier
            raise ReceiptAlreadyClaimed(receipt_hash=claim.receipt_hash.hex())
        return None

    def _try_claims(self, verified: VerifiedTransaction) -> int:
        """Apply claims to a draft; return the last height at which they can be included.

        Raises:
            InvalidTransaction: a reservation does not allow one of them.
        """
        state = State(self._ledger)
        ends = []
        for claim in claims_in(verified.transaction):
            reservation = state.find_reservation(claim.reservation_id)
            ends.append(0 if reservation is None else reservation.expires_at)
        payee = self._ledger.validators[0].payee
        apply_transaction(Execution(state=state, payee=payee), verified)
        return min(ends) - 1

    def _size_of(self, verified: VerifiedTransaction) -> int:
        """Return the bytes that a transaction holds, with its documents if it brings any."""
        claims = claims_in(verified.transaction)
        documents = sum(len(self.receipts[one.sidecar_id].document) for one in claims)
        return len(verified.data) + documents

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
            return
        if isinstance(transaction, ApprovedTransaction):
            del self._decisions[verified.id]
            return
        for claim in claims_in(transaction):
            del self.receipts[claim.sidecar_id]
            del self._claims[claim.reservation_id][claim.receipt_hash]
            if not self._claims[claim.reservation_id]:
                del self._claims[claim.reservation_id]

    def candidates(self) -> Iterator[VerifiedTransaction]:
        """Yield decisions, claims, then the rest by fee per byte, each key's in nonce order."""
        yield from list(self._decisions.values())
        waiting = (one for claims in self._claims.values() for one in claims.values())
        yield from {one.full_id: one for one in waiting}.values()
        firsts = (queue.head(key, self._next_nonce(key)) for key, queue in self._queues.items())
        heads = [head for head in firsts if head is not None]
        heapify(heads)
        while heads:
            _, _, nonce, key = heads[0]
            queue = self._queues[key]
            yield queue.by_nonce[nonce]
            following = queue.head(key, nonce + 1)
            if following is None:
                heappop(heads)
            else:
                heapreplace(heads, following)

    def settle(self, changed: Iterable[bytes]) -> None:
        """Drop what the ledger's newest block included, outdated or made impossible.

        Args:
            changed: keys of the records that the block changed.
        """
        for verified in list(self._decisions.values()):
            try:
                self._try_decision(verified)
            except InvalidTransaction:
                self._forget(verified)
        for key in changed:
            if key in self._queues:
                self._settle_queue(key)
            elif (reservation_id := Hash(key[1:])) in self._claims:
                self._settle_claims(reservation_id)
        for height in [one for one in self._by_last_height if one <= self._ledger.height]:
            for full_id in list(self._by_last_height[height]):
                self._forget(self.transactions[full_id])

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

    def _settle_claims(self, reservation_id: Hash) -> None:
        for verified in set(self._claims[reservation_id].values()):
            try:
                self._try_claims(verified)
            except InvalidTransaction:
                self._forget(verified)


def _is_single(verified: VerifiedTransaction) -> bool:
    return isinstance(verified.transaction, ClaimTransaction)


def _is_accepted(verified: VerifiedTransaction) -> bool:
    transaction = verified.transaction
    return isinstance(transaction, ClaimTransaction) and transaction.acceptance is not None
