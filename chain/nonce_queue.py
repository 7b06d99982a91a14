"""The transactions of one key that wait for their turn, and the order among many keys."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heapreplace

from chain.errors import MempoolFull, ReplacementFeeTooLow, WrongNonce
from chain.transaction import SignedTransaction
from chain.validation import VerifiedTransaction

PER_KEY_MAX = 64
"""Transactions of one key: no single caller can fill the pool."""

NONCE_GAP_MAX = 16
"""How far a nonce may be ahead of the next one that is missing."""

REPLACEMENT_PERCENT = 110
"""A transaction that replaces one with its nonce pays at least this much of its fee."""

_Head = tuple[int, bytes, int, bytes]
"""Worth (negative, so that the best sorts first), id, nonce, and key of a queue."""


@dataclass
class NonceQueue:
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

    def check_place(self, transaction: SignedTransaction, *, first: int) -> None:
        """Check that a transaction may wait at its nonce.

        Args:
            transaction: one of this key.
            first: the key's next nonce.

        Raises:
            WrongNonce: it is used, or too far ahead of the next that is missing.
            ReplacementFeeTooLow: another waits there for nearly as much or more.
            MempoolFull: the key has its limit.
        """
        following = first
        while following in self.by_nonce:
            following += 1
        if not first <= transaction.nonce <= following + NONCE_GAP_MAX:
            raise WrongNonce(expected=following, got=transaction.nonce)
        replaced = self.by_nonce.get(transaction.nonce)
        if replaced is not None:
            assert isinstance(replaced.transaction, SignedTransaction)
            percent = replaced.transaction.fee * REPLACEMENT_PERCENT
            needed = max(-(-percent // 100), replaced.transaction.fee + 1)
            if transaction.fee < needed:
                raise ReplacementFeeTooLow(fee=transaction.fee, needed=needed)
        elif len(self.by_nonce) >= PER_KEY_MAX:
            raise MempoolFull(what="transactions of one key", limit=PER_KEY_MAX)


def in_order(
    queues: Mapping[bytes, NonceQueue], next_nonce: Callable[[bytes], int]
) -> Iterator[VerifiedTransaction]:
    """Yield what waits by fee per byte, each key's in the order of its nonces.

    Args:
        queues: by the key of their nonces' record.
        next_nonce: returns the next nonce of such a key.
    """
    firsts = (queue.head(key, next_nonce(key)) for key, queue in queues.items())
    heads = [head for head in firsts if head is not None]
    heapify(heads)
    while heads:
        _, _, nonce, key = heads[0]
        queue = queues[key]
        yield queue.by_nonce[nonce]
        following = queue.head(key, nonce + 1)
        if following is None:
            heappop(heads)
        else:
            heapreplace(heads, following)
