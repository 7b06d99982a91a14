"""A miner's price list, as tables."""

from typing import Any

import pytest

from chain.errors import InvalidPayload
from chain.policy_records import OfferRecord, OffersRecord
from chain.primitives import OFFER_HEIGHTS_MAX, OFFERS_MAX, RATE_MAX
from chain.records import offers_key
from chain.refusals import TooManyEntries
from tests.support.builders import a_signed, key_of
from tests.support.chain import Chain
from tests.support.policy import an_offer
from tests.support.scenario import Scenario, play_scenarios


@play_scenarios("""
scenario: a line is added, replaced and taken away
  account  miner 100
  offer    m1 by miner rate 5
  offer    m2 by miner rate 6
  offers   miner 2
  offer    m1 by miner rate 7
  offers   miner 2
  offer    m1 by miner unit_type tokens rate 7
  offers   miner 3
  withdraw m1 by miner
  offers   miner 2
  withdraw m1 by miner                     # there is none; it costs its fee
  withdraw m2 by miner
  withdraw m1 by miner unit_type tokens
  offers   miner 0

scenario: a line ends by itself
  account  miner 100
  offer    m1 by miner until 5
  offer    m2 by miner until 9
  until    6
  offers   miner 1
  until    11
  offers   miner 0

scenario: a line is renewed in the block in which it ends
  account  miner 100
  offer    m1 by miner until 5
  until    4
  offer    m1 by miner until 9
  until    8
  offers   miner 1
  until    11
  offers   miner 0

scenario: an offer has its fee
  rule     fee_offer 10
  account  miner 15
  offer    m1 by miner fee 9 -> FeeOutOfRange
  offer    m1 by miner
  offer    m2 by miner -> InsufficientBalance
  balance  miner 5    offers miner 1    earned 5    holds treasury 5
""")
def test_offers(scenario: Scenario) -> None:
    scenario.run()


def test_offer_is_what_the_state_holds() -> None:
    chain = Chain()
    chain.block(
        a_signed(an_offer(model="b"), by="miner"),
        a_signed(an_offer(model="a", rate=7), by="miner", nonce=1),
    )
    assert chain.ledger.records[offers_key(key_of("miner").address)] == OffersRecord(
        (
            OfferRecord("a", "gpu_seconds", rate=7, capacity=2, expires_at=50),
            OfferRecord("b", "gpu_seconds", rate=5, capacity=2, expires_at=50),
        )
    )


@pytest.mark.parametrize(
    ("field", "low", "high"), [("rate", 1, RATE_MAX), ("expires_at", 2, 1 + OFFER_HEIGHTS_MAX)]
)
def test_bounds_of_an_offer(field: str, low: int, high: int) -> None:
    chain = Chain()
    for outside in {low - 1, high + 1}:
        with pytest.raises(InvalidPayload, match=field):
            chain.try_transaction(a_signed(an_offer(**{field: outside})))
    for inside in (low, high):
        chain.try_transaction(a_signed(an_offer(**{field: inside})))


@pytest.mark.parametrize("fields", [{"model": ""}, {"model": "a b"}, {"unit_type": ""}])
def test_offer_takes_labels_only(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidPayload):
        Chain().try_transaction(a_signed(an_offer(**fields)))


def test_account_has_64_live_offers() -> None:
    chain = Chain()
    offers = [an_offer(model=f"m{n}", expires_at=9) for n in range(OFFERS_MAX)]
    chain.block(*(a_signed(offer, nonce=nonce) for nonce, offer in enumerate(offers)))
    with pytest.raises(TooManyEntries):
        chain.try_transaction(a_signed(an_offer(), nonce=OFFERS_MAX))
    chain.try_transaction(a_signed(an_offer(model="m7", rate=9), nonce=OFFERS_MAX))
    chain.blocks_until(8)
    chain.block(a_signed(an_offer(), nonce=OFFERS_MAX))
    chain.blocks_until(12)
