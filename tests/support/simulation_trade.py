"""What people hand in during a run: always the same transactions, so that each is signed once."""

from dataclasses import dataclass
from functools import cache

from chain.receipt import Receipt
from chain.validation import VerifiedTransaction, verify_transaction
from tests.support.builders import (
    GENESIS_HASH,
    a_claim,
    a_receipt,
    a_reserve,
    a_transfer,
)

TRADES_MAX = 12


@dataclass(frozen=True, slots=True)
class Trade:
    """One transaction with the documents that travel with it."""

    verified: VerifiedTransaction
    receipts: tuple[Receipt, ...] = ()


@cache
def all_trades() -> tuple[Trade, ...]:
    """Return transfers, reservations and their claims, in an order in which they can be applied."""
    trades: list[Trade] = []
    for number in range(TRADES_MAX // 4):
        reserve = a_reserve(job_id=f"job-{number}", nonce=2 * number, expires_at=10_000)
        receipt = a_receipt(
            reservation_id=reserve.id(GENESIS_HASH),
            receipt_id=f"receipt-{number}",
            job_id=f"job-{number}",
        )
        for transaction, receipts in (
            (reserve, ()),
            (a_transfer(10 + number, by="stranger", to="client", nonce=number), ()),
            (a_claim(receipt), (receipt,)),
            (a_transfer(20 + number, nonce=2 * number + 1), ()),
        ):
            data = transaction.encode()
            trades.append(Trade(verify_transaction(data, genesis_hash=GENESIS_HASH), receipts))
    return tuple(trades)
