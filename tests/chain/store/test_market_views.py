"""What the views work out by themselves."""

from dataclasses import replace

from chain.payout import PayoutRow
from chain.policy_records import GrantRecord
from chain.primitives import ZERO_HASH, PublicKey
from chain.store.book import row_id
from chain.store.market_views import GrantView, LedgerEntryView, PayoutView
from tests.support.builders import key_of

GRANT = GrantRecord(
    id=ZERO_HASH,
    label="gate",
    public_key=PublicKey(bytes(32)),
    scopes=7,
    total_limit=100,
    transaction_limit=50,
    period_limit=80,
    period_heights=10,
    expires_at=30,
    models=(),
    spent=20,
    period=1,
    period_spent=40,
)


def test_grant_leaves_the_least_of_its_limits() -> None:
    assert GrantView(GRANT, height=19).left == 40
    assert GrantView(GRANT, height=20).left == 50
    assert GrantView(replace(GRANT, spent=95), height=20).left == 5


def test_limit_of_a_period_is_whole_again_in_the_next() -> None:
    assert GrantView(GRANT, height=19).period_left == 40
    assert GrantView(GRANT, height=20).period_left == 80


def test_grant_that_has_expired_leaves_nothing() -> None:
    assert GrantView(GRANT, height=29).is_live
    assert not GrantView(GRANT, height=30).is_live
    assert GrantView(GRANT, height=30).left == 0


def test_rows_of_pages_rise_with_time() -> None:
    payout = PayoutRow(3, 4, ZERO_HASH, key_of("miner").address, 5)
    view = PayoutView(payout=payout, height=9, receipt_hash=ZERO_HASH)
    assert view.row == row_id(3, 4)
    entry = LedgerEntryView(row_id(7, 2), 0, "paid", 1, 2, 3, None, ZERO_HASH, "job-1")
    assert (entry.height, entry.position) == (7, 2)
