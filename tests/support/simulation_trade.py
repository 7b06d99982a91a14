"""What people hand in during a run: always the same transactions, so that each is signed once."""

from dataclasses import dataclass
from functools import cache

from chain.receipt import Receipt
from chain.state import Ledger
from chain.transaction import Transaction
from chain.validation import VerifiedTransaction, verify_transaction
from tests.support.builders import (
    GENESIS_HASH,
    a_claim,
    a_receipt,
    a_reserve,
    a_transfer,
    find_validator_key,
    validator_keys,
)
from tests.support.seats import a_change, coming, number_of, seat_key

TRADES_MAX = 12


@dataclass(frozen=True, slots=True)
class Trade:
    """One transaction with the documents that travel with it."""

    verified: VerifiedTransaction
    receipts: tuple[Receipt, ...] = ()


def _trade(transaction: Transaction, *receipts: Receipt) -> Trade:
    return Trade(verify_transaction(transaction.encode(), genesis_hash=GENESIS_HASH), receipts)


def find_seat_change(ledger: Ledger, *, count: int, leaver: int) -> Trade | None:
    """Return what the validators decide next: that one more joins, then that one leaves.

    Whoever votes now approves it. Evidence may have taken a seat meanwhile, the leaver's too.

    Args:
        ledger: of a node that is up to date.
        count: validators at the start; the newcomer's number.
        leaver: index of who leaves, at the start.
    """
    present = coming(ledger).validators
    approving = [find_validator_key(one.public_key) for one in ledger.validators]
    key = validator_keys(count)[leaver].public_key
    if present.find_index(seat_key(count).public_key) is None:
        return _trade(a_change(ledger, approving, join=(count,)))
    if present.find_index(key) is not None:
        return _trade(a_change(ledger, approving, leave=(number_of(key),)))
    return None


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
