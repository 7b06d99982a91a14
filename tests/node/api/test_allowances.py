import random

import pytest

from node.api import allowances
from node.api.allowances import BURST_S, Allowance, Allowances, Buckets
from node.api.callers import Caller
from node.api.problems import RpcError
from node.api.settings import Limits

STRANGER = Caller(bytes([192, 0, 2, 1]), is_local=False)
OTHER = Caller(bytes([192, 0, 2, 2]), is_local=False)
HERE = Caller(bytes([127, 0, 0, 1]), is_local=True)


class Clock:
    """A clock that stands still unless it is told."""

    def __init__(self) -> None:
        self.ms = 5_000

    def __call__(self) -> int:
        return self.ms


def taken(allowance: Allowance, cost: int = 1, *, most: int = 100_000) -> int:
    """Take as often as it goes, and return how often that was."""
    for count in range(most):
        try:
            allowance.take(cost)
        except RpcError:
            return count
    return most


def test_full_bucket_holds_ten_seconds_and_fills_steadily() -> None:
    clock = Clock()
    allowance = Allowances(Limits(rate_per_s=20), now_ms=clock).of(STRANGER)
    assert taken(allowance) == 20 * BURST_S
    clock.ms += 500
    assert taken(allowance) == 10
    clock.ms += 3_600_000
    assert taken(allowance) == 20 * BURST_S


def test_refusal_says_when_to_come_back() -> None:
    allowance = Allowances(Limits(rate_per_s=20), now_ms=Clock()).of(STRANGER)
    taken(allowance)
    with pytest.raises(RpcError) as refusal:
        allowance.take(1)
    assert (refusal.value.code, refusal.value.reason) == (-32005, "rate_limited")
    assert refusal.value.data == {"retryAfterMs": allowance.retry_ms}
    assert allowance.retry_after == "1"


def test_wait_that_is_told_is_long_enough_and_no_longer() -> None:
    clock = Clock()
    allowance = Allowances(Limits(rate_per_s=20), now_ms=clock).of(STRANGER)
    taken(allowance)
    wait_ms = allowance.retry_ms
    clock.ms += wait_ms - 1
    assert taken(allowance) == 0
    clock.ms += 1
    assert taken(allowance) == 1


def test_cost_above_what_is_left_is_a_debt() -> None:
    clock = Clock()
    allowance = Allowances(Limits(rate_per_s=1), now_ms=clock).of(STRANGER)
    allowance.take(BURST_S * 3)
    assert taken(allowance) == 0
    assert allowance.retry_ms == 20_001
    assert allowance.retry_after == "21"
    clock.ms += 20_001
    assert taken(allowance) == 1


def test_over_time_nobody_gets_more_than_the_rate() -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    clock = Clock()
    allowance = Allowances(Limits(rate_per_s=50), now_ms=clock).of(STRANGER)
    begin, spent, widest = clock.ms, 0, 20
    for _ in range(2_000):
        clock.ms += chance.randrange(200)
        cost = chance.randrange(1, widest)
        try:
            allowance.take(cost)
        except RpcError:
            continue
        spent += cost
        allowed = 50 * (BURST_S + (clock.ms - begin) / 1_000) + widest
        assert spent <= allowed, f"seed {seed}"


def test_callers_do_not_pay_for_each_other_and_one_pays_once() -> None:
    everyone = Allowances(Limits(rate_per_s=5, rate_local_per_s=7), now_ms=Clock())
    assert taken(everyone.of(STRANGER)) == 5 * BURST_S
    assert taken(everyone.of(STRANGER)) == 0
    assert taken(everyone.of(OTHER)) == 5 * BURST_S
    assert taken(everyone.of(HERE)) == 7 * BURST_S


def test_key_pays_beside_its_network() -> None:
    everyone = Allowances(Limits(rate_per_s=50, rate_key_per_s=5), now_ms=Clock())
    keyed = Caller(STRANGER.network, is_local=False, key=b"k" * 32)
    elsewhere = Caller(OTHER.network, is_local=False, key=b"k" * 32)
    assert taken(everyone.of(keyed)) == 5 * BURST_S
    assert taken(everyone.of(elsewhere)) == 0
    assert taken(everyone.of(STRANGER)) == 45 * BURST_S


def test_made_up_keys_give_nothing() -> None:
    everyone = Allowances(Limits(rate_per_s=5, rate_key_per_s=50), now_ms=Clock())
    count = 0
    for number in range(100):
        caller = Caller(STRANGER.network, is_local=False, key=bytes([number]))
        count += taken(everyone.of(caller), most=1)
    assert count == 5 * BURST_S


def test_nothing_is_always_there() -> None:
    allowance = Allowances(Limits(rate_per_s=1), now_ms=Clock()).of(STRANGER)
    allowance.take(1_000)
    allowance.take(0)


def test_rate_of_zero_is_no_limit() -> None:
    everyone = Allowances(Limits(rate_per_s=0, rate_key_per_s=0), now_ms=Clock())
    keyed = Caller(STRANGER.network, is_local=False, key=b"k" * 32)
    assert taken(everyone.of(keyed), 1_000, most=5_000) == 5_000


def test_strangers_do_not_grow_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowances, "BUCKETS_MAX", 100)
    clock = Clock()
    buckets = Buckets(5, now_ms=clock)
    for number in range(1_000):
        buckets.take(number.to_bytes(8), 1)
        assert len(buckets) <= 100
    buckets.take(b"spent", 5 * BURST_S)
    for number in range(99):
        buckets.take(number.to_bytes(8), 1)
    assert buckets.wait_ms(b"spent")
    clock.ms += 2_000
    for _ in range(200):
        buckets.take(b"only one", 1)
    assert len(buckets) <= 2
