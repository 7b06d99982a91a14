"""What people hand in during a run: always the same transactions, so that each is signed once."""

from dataclasses import dataclass
from functools import cache

from chain.approval import approve
from chain.new_validators import NewValidators
from chain.primitives import ACCEPTANCE_HEIGHTS_MAX
from chain.receipt import Receipt
from chain.transaction import Transaction
from chain.validation import VerifiedTransaction, verify_transaction
from tests.support.builders import (
    GENESIS_HASH,
    a_claim,
    a_receipt,
    a_reserve,
    a_transfer,
    validator_keys,
)
from tests.support.seats import new_validators, seat_key

TRADES_MAX = 12


@dataclass(frozen=True, slots=True)
class Trade:
    """One transaction with the documents that travel with it."""

    verified: VerifiedTransaction
    receipts: tuple[Receipt, ...] = ()


def _trade(transaction: Transaction, *receipts: Receipt) -> Trade:
    return Trade(verify_transaction(transaction.encode(), genesis_hash=GENESIS_HASH), receipts)


@cache
def seat_changes(count: int, leaver: int) -> tuple[Trade, ...]:
    """Return two decisions of the validators: that one more joins, then that one leaves."""
    keys, newcomer = validator_keys(count), seat_key(count)
    join = new_validators(1, join=(count,), until=ACCEPTANCE_HEIGHTS_MAX)
    leave = NewValidators(version=2, removed=(keys[leaver].public_key,))
    return (
        _trade(approve(join, keys=keys, genesis_hash=GENESIS_HASH)),
        _trade(approve(leave, keys=(*keys, newcomer), genesis_hash=GENESIS_HASH)),
    )


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
        trades += (
            _trade(reserve),
            _trade(a_transfer(10 + number, by="stranger", to="client", nonce=number)),
            _trade(a_claim(receipt), receipt),
            _trade(a_transfer(20 + number, nonce=2 * number + 1)),
        )
    return tuple(trades)
