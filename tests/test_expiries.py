"""Many reservations that expire together are ended in order, a bounded number in each block."""

import pytest

from chain.outcome import OutcomeKind
from chain.primitives import DUE_WORK_MAX
from scripts.soaks.expiries import CLIENT, Blocks, crowded_ledger

COUNT = 100_000


@pytest.mark.slow
def test_each_block_ends_256_of_a_hundred_thousand_expiries_in_order() -> None:
    ledger, names = crowded_ledger(COUNT)
    blocks = Blocks(ledger)
    ended = []
    for _ in range(3):
        before = blocks.balance(CLIENT)
        outcomes = blocks.make().due_outcomes
        assert {one.kind for one in outcomes} == {OutcomeKind.EXPIRED}
        assert len(outcomes) == DUE_WORK_MAX == 256
        assert blocks.balance(CLIENT) - before == sum(one.returned for one in outcomes)
        ended += [one.subject for one in outcomes]
    assert ended == sorted(names)[: len(ended)]
    assert len(ledger.due) == COUNT - len(ended)
    assert ledger.total() == ledger.supply


def test_last_block_ends_what_is_left() -> None:
    ledger, names = crowded_ledger(600)
    blocks = Blocks(ledger)
    sizes = [len(blocks.make().due_outcomes) for _ in range(4)]
    assert sizes == [256, 256, 600 - 512, 0]
    assert not any(name in ledger.due for name in names)
    assert len(ledger.due) == 0
    assert ledger.total() == ledger.supply
