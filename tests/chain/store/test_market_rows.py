"""Bounds of the answers about the market, which the queries' tests do not reach."""

import pytest

from chain.policy_payloads import Offer
from chain.store import market_rows
from chain.store.market_queries import MarketReader
from chain.store.market_rows import VOLUME_HOURS
from chain.store.statistics_rows import HOUR_MS
from chain.store.statistics_views import Volume
from tests.support.builders import GENESIS_TIME_MS, a_signed
from tests.support.stored_chain import StoredChain


def test_pricing_table_says_when_there_is_more(
    stored: StoredChain, asking: MarketReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers = [Offer(f"model-{number}", "tokens", 5, 1, 50) for number in range(3)]
    stored.block(*(a_signed(offer, by="miner", nonce=n) for n, offer in enumerate(offers)))
    monkeypatch.setattr(market_rows, "PRICED_OFFERS_MAX", 2)
    pricing = asking.pricing()
    assert [one.offer.model for one in pricing.offers] == ["model-0", "model-1"]
    assert not pricing.is_complete


def test_volume_leaves_out_what_is_older_than_a_day(
    stored: StoredChain, asking: MarketReader
) -> None:
    now = GENESIS_TIME_MS // HOUR_MS
    connection = stored.writer._connection
    with connection.begin():
        for hour, claims in ((now, 1), (now - VOLUME_HOURS + 1, 10), (now - VOLUME_HOURS, 100)):
            connection.exec_driver_sql(
                "INSERT INTO model_hour VALUES (?, 'qwen3', 'tokens', 0, ?, 0, 0, 7, 8, 0)",
                (hour, claims),
            )
    (volume,) = asking.pricing().volumes
    assert volume.volume == Volume(0, 11, 0, 0, 14, 16, 0)


def test_line_that_is_offered_anew_is_replaced_and_may_be_taken_away(
    stored: StoredChain, asking: MarketReader
) -> None:
    line = ("qwen3", "tokens")
    stored.block(a_signed(Offer(*line, 5, 1, 50), by="miner"))
    stored.block(a_signed(Offer(*line, 6, 1, 60), by="miner", nonce=1))
    assert [one.offer.rate for one in asking.pricing().offers] == [6]
    stored.block(a_signed(Offer(*line, 6, 1, 0), by="miner", nonce=2))
    assert asking.pricing().offers == ()
    assert stored.reopen().records == stored.chain.ledger.records
