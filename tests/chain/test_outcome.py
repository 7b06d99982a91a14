"""What became of a transaction: a fixed row."""

import pytest

from chain.codec import decode_whole
from chain.errors import MalformedMessage
from chain.kind import Kind
from chain.outcome import Outcome, OutcomeKind
from tests.support.builders import GENESIS_HASH, a_claim, a_receipt, a_reserve
from tests.support.chain import Chain

OUTCOME = Outcome(
    kind=OutcomeKind.CLAIMED,
    subject=GENESIS_HASH,
    receipt_hash=GENESIS_HASH,
    fee=1,
    paid=2,
    returned=3,
    pending=4,
)


def test_row_has_one_size_and_reads_back() -> None:
    assert len(OUTCOME.encode()) == 1 + 32 + 32 + 4 * 8
    assert decode_whole(OUTCOME.encode(), Outcome.read) == OUTCOME


def test_rejects_unknown_kinds() -> None:
    for kind in set(range(256)) - {kind.value for kind in OutcomeKind}:
        with pytest.raises(MalformedMessage):
            decode_whole(bytes((kind,)) + OUTCOME.encode()[1:], Outcome.read)


def test_kinds_below_128_are_those_of_transactions() -> None:
    assert {kind for kind in OutcomeKind if kind < 128} == set(Kind)


def test_outcome_says_where_the_money_went() -> None:
    chain = Chain()
    reserve = a_reserve(cap=500)
    chain.block(reserve)
    receipt = chain.keep(a_receipt(reservation_id=reserve.id(GENESIS_HASH)))
    claim = a_claim(receipt, final=True)
    [outcome] = chain.block(claim).outcomes
    assert (outcome.kind, outcome.subject) == (OutcomeKind.CLAIMED, claim.id(GENESIS_HASH))
    assert outcome.receipt_hash == receipt.hash
    assert (outcome.paid, outcome.returned, outcome.fee, outcome.pending) == (300, 200, 0, 0)
