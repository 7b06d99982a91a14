from chain.crypto import sha256
from chain.payout import PayoutRow, payout_tree
from chain.policy_records import GrantRecord, OfferRecord
from chain.primitives import INDEX_BITS, ZERO_HASH
from chain.store.market_views import (
    DisputeView,
    GrantView,
    LedgerEntryView,
    PayoutView,
    PricingView,
)
from node.api import market_shapes
from tests.support.builders import address_of_name, key_of

NAME = sha256(b"name")


def a_line(expires_at: int) -> OfferRecord:
    return OfferRecord("llama3.2", "gpu_seconds", 2**53 - 1, 1, expires_at)


def a_grant_record(expires_at: int) -> GrantRecord:
    return GrantRecord(
        id=NAME,
        label="gate",
        public_key=key_of("gate").public_key,
        scopes=1,
        total_limit=100,
        transaction_limit=50,
        period_limit=60,
        period_heights=10,
        expires_at=expires_at,
        models=("llama3.2",),
        spent=30,
        period=1,
        period_spent=30,
    )


def test_offer_holds_while_the_next_block_finds_it() -> None:
    shape = market_shapes.offers_shape((a_line(9), a_line(10)), height=8)
    assert [one["expiresAtHeight"] for one in shape["offers"]] == [10]
    assert shape["offers"][0]["rate"] == "9007199254740991"


def test_pricing_without_anything_is_empty() -> None:
    shape = market_shapes.pricing_shape(PricingView((), (), (), is_complete=True), height=3)
    assert shape == {
        "atHeight": 3,
        "baseRates": [],
        "offers": [],
        "isComplete": True,
        "lastDay": [],
    }


def test_grant_leaves_the_least_of_its_limits() -> None:
    live = market_shapes.grant_shape(GrantView(a_grant_record(20), height=12), nonce=4)
    assert (live["totalLeft"], live["periodLeft"], live["left"]) == ("70", "30", "30")
    assert (live["isLive"], live["nonce"], live["models"]) == (True, 4, ["llama3.2"])
    ended = market_shapes.grant_shape(GrantView(a_grant_record(20), height=20), nonce=4)
    assert (ended["isLive"], ended["left"]) == (False, "0")


def test_open_dispute_has_no_end() -> None:
    view = DisputeView(
        receipt_hash=NAME,
        reservation_id=NAME,
        opened_id=NAME,
        opened_at=4,
        bond=20,
        reason_hash=ZERO_HASH,
        due_height=104,
        ended_height=None,
        decision_id=None,
        bond_winner=None,
    )
    shape = market_shapes.dispute_shape(view)
    assert (shape["dueHeight"], shape["endedHeight"], shape["bond"]) == (104, None, "20")
    assert (shape["reasonHash"], shape["resolutionId"], shape["bondWinner"]) == (None, None, None)


def test_entry_of_due_work_names_no_transaction() -> None:
    view = LedgerEntryView(
        row=(7 << INDEX_BITS) + 2,
        time_ms=1,
        kind="returned",
        amount=5,
        balance_after=2**53 - 1,
        reserved_after=0,
        transaction_id=None,
        reservation_id=NAME,
        job_id="job-1",
    )
    shape = market_shapes.entry_shape(view)
    assert (shape["height"], shape["position"], shape["transactionId"]) == (7, 2, None)
    assert (shape["balanceAfter"], shape["reservedAfter"]) == ("9007199254740991", "0")


def test_proof_spells_its_values_as_a_contract_takes_them() -> None:
    rows = [PayoutRow(3, index, NAME, address_of_name("miner"), 10 + index) for index in range(3)]
    shape = market_shapes.proof_shape(rows[2], payout_tree(rows), height=8)
    period, index, commitment, payee, amount = shape["value"]
    assert (period, index, commitment, amount) == ("3", "2", f"0x{NAME.hex()}", "12")
    assert payee.startswith("0x")
    assert len(shape["types"]) == len(shape["value"])
    assert 1 <= len(shape["proof"]) <= 2


def test_period_under_way_adds_up_what_it_has() -> None:
    row = PayoutRow(3, 0, NAME, address_of_name("miner"), 10)
    shape = market_shapes.open_period_shape(3, (PayoutView(row, height=5, receipt_hash=NAME),))
    assert (shape["count"], shape["amount"], shape["payoutsRoot"]) == (1, "10", None)
