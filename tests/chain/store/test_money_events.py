"""What moved money is read back from the rows: in order, once each, and it adds up."""

from collections import Counter

from chain.outcome import OutcomeKind
from chain.primitives import ZERO_ADDRESS, ZERO_HASH
from chain.store.money_events import MONEY_KINDS, MoneyEvent, MoneyEvents
from chain.store.pages import PAGE_MAX
from chain.store.queries import ChainReader
from chain.store.views import ReceiptFilter
from tests.support.builders import a_claim, a_release, a_reserve, a_transfer
from tests.support.claim_stories import CLIENT, MINER, ClaimStory
from tests.support.market_run import MarketRun
from tests.support.stored_chain import StoredChain


def events_of(stored: StoredChain) -> list[MoneyEvent]:
    reader = stored.reader()
    with reader.snapshot():
        events = MoneyEvents(reader).of_blocks(0, reader.tip().height)
    reader.close()
    return events


def test_transfer_is_an_event(stored: StoredChain) -> None:
    transfer = a_transfer(70, nonce=1)
    stored.block(a_transfer(1), transfer)
    first, found = events_of(stored)
    assert (first.index, found.index) == (0, 1)
    assert (found.height, found.kind, found.subject) == (1, OutcomeKind.TRANSFERRED, ZERO_HASH)
    assert (found.client, found.provider, found.paid) == (CLIENT, MINER, 70)
    assert found.transaction_id == transfer.id(stored.chain.genesis.hash)
    assert not found.ends_claim


def test_claim_that_matures_is_two_events_and_one_ending(stored: StoredChain) -> None:
    story = ClaimStory(stored, dispute_window=2)
    receipt = story.claimed(200)
    stored.blocks_until(6)
    reserved, claimed, matured = events_of(stored)
    assert (reserved.kind, reserved.subject) == (OutcomeKind.RESERVED, story.reservation_id)
    assert (reserved.client, reserved.provider, reserved.amount) == (CLIENT, MINER, 1_000)
    assert (claimed.kind, claimed.pending, claimed.ends_claim) == (OutcomeKind.CLAIMED, 200, False)
    assert (matured.kind, matured.transaction_id) == (OutcomeKind.MATURED, None)
    assert (matured.subject, matured.paid, matured.ends_claim) == (receipt.hash, 200, True)
    assert (matured.client, matured.provider, matured.index) == (CLIENT, MINER, 0)


def test_dispute_and_its_decision_are_events(stored: StoredChain) -> None:
    story = ClaimStory(stored)
    receipt = story.claimed(200)
    stored.block(story.dispute(receipt, fee=4))
    stored.block(story.resolve(receipt, 60, opened_at=3))
    *_, disputed, resolved = events_of(stored)
    assert (disputed.kind, disputed.pending, disputed.ends_claim) == (
        OutcomeKind.DISPUTED,
        20,
        False,
    )
    assert (resolved.kind, resolved.paid, resolved.ends_claim) == (OutcomeKind.RESOLVED, 60, True)
    assert (resolved.client, resolved.provider) == (CLIENT, MINER)


def test_acceptance_says_the_fee_of_the_claim_alone(stored: StoredChain) -> None:
    story = ClaimStory(stored)
    receipt = story.claimed(200)
    stored.block(story.accept(receipt, fee=4))
    accepted = events_of(stored)[-1]
    assert (accepted.kind, accepted.fee, accepted.paid) == (OutcomeKind.ACCEPTED, 0, 200)
    assert accepted.ends_claim


def test_money_comes_back_by_release_or_at_the_expiry(stored: StoredChain) -> None:
    unclaimed = a_reserve(expires_at=3, provider=ZERO_ADDRESS, dispute_window=1)
    released = a_reserve(nonce=1, job_id="job-2")
    stored.block(unclaimed, released)
    stored.block(a_release(released.id(stored.chain.genesis.hash), by="miner"))
    stored.blocks_until(5)
    *_, back, expired = events_of(stored)
    assert (back.kind, back.returned, back.client) == (OutcomeKind.RELEASED, 300, CLIENT)
    assert (expired.kind, expired.returned, expired.client) == (OutcomeKind.EXPIRED, 300, CLIENT)
    assert (expired.provider, expired.transaction_id) == (ZERO_ADDRESS, None)


def test_claims_keep_their_places_beside_other_transactions(stored: StoredChain) -> None:
    story = ClaimStory(stored)
    receipt = story.receipt(200)
    stored.block(story.reserve, a_claim(receipt, final=True), a_transfer(5, nonce=1))
    assert [one.index for one in events_of(stored)] == [0, 1, 2]


def test_every_receipt_of_a_random_life_ends_once_with_what_was_paid(
    market: tuple[MarketRun, ChainReader],
) -> None:
    _, reader = market
    with reader.snapshot():
        events = MoneyEvents(reader).of_blocks(0, reader.tip().height)
    receipts, before = [], None
    while True:
        page = reader.receipts_page(
            ReceiptFilter(), limit=PAGE_MAX, **({} if before is None else {"before": before})
        )
        receipts += page.receipts
        if (before := page.before) is None:
            break
    ended = {one.receipt_hash: one for one in receipts if one.settled_height is not None}
    endings = {one.subject: one for one in events if one.ends_claim}
    assert Counter(one.subject for one in events if one.ends_claim).total() == len(endings)
    assert endings.keys() == ended.keys()
    assert len(ended) > 10
    for receipt_hash, receipt in ended.items():
        event = endings[receipt_hash]
        assert (event.height, event.paid) == (receipt.settled_height, receipt.paid)
        assert event.paid + event.fee == receipt.spent
        assert (event.client, event.provider) == (receipt.client, receipt.provider)


def test_parts_of_a_random_life_are_the_whole(market: tuple[MarketRun, ChainReader]) -> None:
    _, reader = market
    with reader.snapshot():
        asked = MoneyEvents(reader)
        tip = reader.tip().height
        whole = asked.of_blocks(0, tip)
        by_height = [one for height in range(tip + 1) for one in asked.of_blocks(height, height)]
        by_kind = [
            one for kind in MONEY_KINDS for one in asked.of_blocks(0, tip, frozenset({kind}))
        ]
        single = [
            event
            for height, index in sorted({(one.height, one.index) for one in whole})
            for event in asked.of_places(height, index, index + 1)
        ]
        blocks = [event for height in range(tip + 1) for event in asked.of_places(height, 0, 10**4)]
        due = [event for height in range(tip + 1) for event in asked.of_due_work(height)]
    assert by_height == whole
    assert sorted(by_kind, key=whole.index) == whole
    assert single == [one for one in whole if one.transaction_id is not None]
    assert blocks == single
    assert due == [one for one in whole if one.transaction_id is None]
    assert len({one.kind for one in whole}) >= 8


def test_covered_heights_are_bounded_by_work_and_never_none(
    market: tuple[MarketRun, ChainReader],
) -> None:
    _, reader = market
    with reader.snapshot():
        asked, tip = MoneyEvents(reader), reader.tip().height
        assert asked.covered(1, tip, work_max=10**9) == tip
        assert asked.covered(1, tip, work_max=0) >= 1
        some = asked.covered(1, tip, work_max=50)
        assert 1 <= some < tip
        assert asked.covered(some + 1, tip, work_max=50) > some
        for kind in MONEY_KINDS:
            assert asked.covered(1, tip, frozenset({kind}), work_max=50) >= some
        assert asked.covered(1, tip, frozenset({OutcomeKind.RELEASED}), work_max=50) > some
