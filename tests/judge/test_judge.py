"""The chain and the judge agree on every step of random runs, and the runs go everywhere.

A failure names the seed; ``play(seed, steps=...)`` of ``tests.judge.steps`` repeats it.
"""

import pytest

from chain.outcome import OutcomeKind
from chain.records import encode_record
from tests.judge.duel import Disagreement, Duel
from tests.judge.root import EMPTY, naive_root
from tests.judge.state import Limits
from tests.judge.steps import Tally, play
from tests.support.builders import a_genesis, a_ledger

SEEDS = range(40)
STEPS = 500

REFUSALS = {
    "approval_refused",
    "cap_exceeded",
    "claim_not_allowed",
    "claim_not_pending",
    "duplicate_job",
    "fee_out_of_range",
    "grant_forbids",
    "grant_limit_exceeded",
    "insufficient_balance",
    "invalid_block",
    "invalid_payload",
    "no_dispute",
    "price_above_ceiling",
    "receipt_already_claimed",
    "reservation_closing",
    "reservation_expired",
    "reservation_still_open",
    "too_many_entries",
    "transaction_expired",
    "unknown_claim",
    "unknown_grant",
    "unknown_reservation",
    "valid_too_long",
    "wrong_nonce",
    "wrong_sender",
}
"""Every code that execution can refuse with."""


@pytest.mark.slow
def test_chain_and_judge_agree_on_twenty_thousand_steps() -> None:
    tally = Tally()
    for seed in SEEDS:
        tally.add(play(seed, steps=STEPS))
    assert tally.steps >= len(SEEDS) * STEPS
    assert tally.kinds.keys() == {"PUNISHED", *(kind.name for kind in OutcomeKind)}
    assert tally.refusals.keys() >= REFUSALS


def test_naive_root_is_the_commitments() -> None:
    ledger = a_ledger({"client": 1, "miner": 2, "stranger": 3})
    records = {key: encode_record(record) for key, record in ledger.records.items()}
    assert naive_root(records) == ledger.commitment.root
    assert naive_root({}) == EMPTY[-1]


def test_duel_notices_a_ledger_that_differs_by_one_unit() -> None:
    duel = Duel(a_genesis(), Limits())
    duel.finish()
    account = next(iter(duel.now.balances))
    duel.now.balances[account] += 1
    with pytest.raises(Disagreement, match="record 01"):
        duel.finish()
