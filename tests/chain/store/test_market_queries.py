"""What buyers and sellers ask, against the state of a random life and in small stories."""

from collections.abc import Iterator

import pytest
from sqlalchemy import event

from chain.policy_payloads import Grant, Offer
from chain.policy_records import GrantsRecord, OffersRecord
from chain.primitives import ZERO_HASH
from chain.records import grants_key, offers_key
from chain.store.market_queries import MarketReader
from chain.store.queries import ChainReader
from chain.store.statistics_views import Volume
from tests.support.builders import a_claim, a_reserve, a_signed, key_of
from tests.support.claim_stories import CLIENT, MINER, ClaimStory
from tests.support.market_run import CLIENTS, MINERS, MarketRun
from tests.support.stored_chain import StoredChain

Market = tuple[MarketRun, ChainReader]
NOBODY = key_of("nobody").address
GATE = key_of("gate")


def an_offer(nonce: int = 0, *, by: str = "miner", **fields: int | str) -> object:
    terms = {"model": "qwen3", "unit_type": "tokens", "rate": 5, "capacity": 2, "expires_at": 50}
    return a_signed(Offer(**(terms | fields)), by=by, nonce=nonce)


def test_grants_and_offers_are_those_of_the_state(market: Market) -> None:
    run, reader = market
    asking, records = MarketReader(reader), run.chain.ledger.records
    seen = 0
    for name in (*CLIENTS, *MINERS):
        address = key_of(name).address
        grants, offers = records.get(grants_key(address)), records.get(offers_key(address))
        mine = tuple(view.grant for view in asking.grants_of(address))
        assert mine == (grants.grants if isinstance(grants, GrantsRecord) else ())
        lines = asking.offers_of(address)
        assert lines == (offers.offers if isinstance(offers, OffersRecord) else ())
        seen += len(mine) + len(lines)
    assert seen > 2


def test_grant_says_what_it_leaves(stored: StoredChain, asking: MarketReader) -> None:
    grant = Grant("gate", GATE.public_key, 7, 1_000, 600, 700, 10, 30, ("llama3.2",))
    stored.block(a_signed(grant))
    (view,) = asking.grants_of(CLIENT)
    assert (view.total_left, view.period_left, view.left) == (1_000, 700, 600)
    stored.block(a_reserve(by="gate", account="client", cap=300, fee=9, expires_at=5))
    (view,) = asking.grants_of(CLIENT)
    assert (view.total_left, view.period_left, view.left) == (691, 391, 391)
    assert (view.grant.public_key, view.grant.models) == (GATE.public_key, ("llama3.2",))
    reader = stored.reader()
    found = reader.find_reservation(stored.chain.blocks[1].verified.transactions[0].id)
    assert found is not None
    assert found.grant_id == view.grant.id
    reader.close()
    stored.blocks_until(9)
    (view,) = asking.grants_of(CLIENT)
    assert (view.total_left, view.period_left, view.left) == (991, 700, 600)
    stored.blocks_until(29)
    assert [(one.is_live, one.left) for one in asking.grants_of(CLIENT)] == [(False, 0)]
    stored.blocks_until(31)
    assert asking.grants_of(CLIENT) == ()


def test_pricing_lists_live_offers_the_cheapest_first(
    stored: StoredChain, asking: MarketReader
) -> None:
    stored.block(
        an_offer(rate=9),
        an_offer(1, model="gemma", expires_at=3),
        an_offer(by="stranger", rate=4),
    )
    pricing = asking.pricing()
    sold = [(one.offer.model, one.offer.rate, one.provider) for one in pricing.offers]
    stranger = key_of("stranger").address
    assert sold == [("gemma", 5, MINER), ("qwen3", 4, stranger), ("qwen3", 9, MINER)]
    assert pricing.is_complete
    assert len(asking.pricing(3).offers) == 2
    assert pricing.base_rates == stored.chain.genesis.parameters.base_rates
    assert pricing.volumes == ()


def test_pricing_tells_the_volume_of_the_last_day(
    stored: StoredChain, asking: MarketReader
) -> None:
    story = ClaimStory(stored, dispute_window=0)
    receipt = story.receipt(200)
    stored.block(story.reserve, a_claim(receipt))
    (volume,) = asking.pricing().volumes
    assert (volume.model, volume.unit_type) == ("llama3.2", "gpu_seconds")
    assert volume.volume == Volume(1, 1, 0, 0, receipt.units, 200, volume.volume.fees)


def test_volumes_are_those_of_the_receipts(market: Market) -> None:
    _, reader = market
    receipts = [one for one in reader.receipts_page(limit=500).receipts if one.spent]
    volumes = MarketReader(reader).pricing().volumes
    assert sum(one.volume.settled for one in volumes) == len(receipts)
    assert sum(one.volume.spent for one in volumes) == sum(one.spent for one in receipts)


def test_payouts_of_a_payee_in_pages(market: Market) -> None:
    _, reader = market
    asking, payee = MarketReader(reader), key_of("max").address
    whole = asking.payouts_of(payee, limit=500)
    assert {one.payout.payee for one in whole} == {payee}
    pages, page = [], asking.payouts_of(payee, limit=4)
    while page:
        pages += page
        page = asking.payouts_of(payee, before=page[-1].row, limit=4)
    assert tuple(pages) == whole
    for one in whole[:5]:
        receipt = reader.find_receipt(one.receipt_hash)
        assert receipt is not None
        assert (receipt.paid, receipt.settled_height) == (one.payout.amount, one.height)


def test_periods_are_found_by_number(market: Market) -> None:
    _, reader = market
    asking = MarketReader(reader)
    (newest,) = asking.payout_periods(limit=1)
    assert asking.find_period(newest.period) == newest
    assert asking.find_period(newest.period + 1) is None
    assert asking.payout_periods(before=2)[0].period == 1


def test_parameters_are_those_in_force(market: Market) -> None:
    run, reader = market
    assert MarketReader(reader).parameters() == run.chain.ledger.parameters


def test_nobody_has_nothing(asking: MarketReader) -> None:
    assert asking.grants_of(NOBODY) == asking.offers_of(NOBODY) == ()
    assert asking.ledger_page(NOBODY) == asking.payouts_of(NOBODY) == ()
    assert asking.find_dispute(ZERO_HASH) is None
    assert asking.payouts_of_period(7) == ()


@pytest.fixture
def asked(market: Market) -> Iterator[dict[str, tuple[object, ...]]]:
    found: dict[str, tuple[object, ...]] = {}
    engine = market[1].connection.engine

    def note(
        _: object, cursor: object, sql: str, values: tuple[object, ...], *rest: object
    ) -> None:
        found[sql] = values

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def test_no_question_goes_through_a_table(
    market: Market, asked: dict[str, tuple[object, ...]]
) -> None:
    _, reader = market
    asking, bob = MarketReader(reader), key_of("bob").address
    asking.pricing()
    asking.offers_of(key_of("max").address)
    asking.grants_of(bob)
    asking.find_dispute(reader.receipts_page(limit=1).receipts[0].receipt_hash)
    asking.payout_periods()
    asking.payouts_of_period(1)
    asking.payouts_of(key_of("max").address)
    asking.ledger_page(bob)
    for sql in [sql for sql in asked if sql.startswith("SELECT")]:
        with reader.snapshot():
            plan = reader.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", asked[sql])
            steps = [row.detail for row in plan if row.detail.startswith(("SCAN", "USE TEMP"))]
        bounded = ("SCAN (subquery", "SCAN json_each")
        assert all(step.startswith(bounded) for step in steps), (sql, steps)
