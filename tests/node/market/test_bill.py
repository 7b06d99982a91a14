from dataclasses import replace

import pytest

from chain.claim import ClaimTransaction
from chain.primitives import MICRO_UNITS, Hash
from chain.validation import check_claim_agrees, verify_receipt_document, verify_transaction
from node.market.bill import Biller, Measured, affordable_ms, salted_hash, units_of
from node.market.chain_states import ReservationState
from tests.node.market.test_messages import a_request
from tests.support.builders import CHAIN_ID, GENESIS_HASH, key_of

BILLER = Biller(key_of("miner"), CHAIN_ID, GENESIS_HASH)
RESERVATION = ReservationState(
    client=key_of("client").address,
    provider=key_of("miner").address,
    job_id="one",
    model="llama3.2",
    unit_type="gpu_seconds",
    max_rate=2_000_000,
    cap=6_000_000,
    spent=0,
    jobs_max=1,
    expires_at=100,
    dispute_window=20,
    status="open",
    claims=(),
)
MEASURED = Measured(1_700_000_000_500, 2_500, b"\1" * 32, b"\2" * 32)


@pytest.mark.parametrize(
    ("unit_type", "duration_ms", "units"),
    [("gpu_seconds", 2_500, 2_500_000), ("seconds", 0, 1_000), ("jobs", 9, MICRO_UNITS)],
)
def test_units_are_time_or_the_job(unit_type: str, duration_ms: int, units: int) -> None:
    assert units_of(unit_type, duration_ms=duration_ms) == units


def test_price_is_rounded_up_and_never_above_what_is_held() -> None:
    assert BILLER.price(2_500_000, 2_000_000, RESERVATION) == 5_000_000
    assert BILLER.price(1, 1, RESERVATION) == 1
    assert BILLER.price(9_000_000, 2_000_000, RESERVATION) == 6_000_000
    assert BILLER.price(9_000_000, 2_000_000, replace(RESERVATION, spent=1)) == 5_999_999


def test_receipt_and_claim_are_what_the_chain_takes() -> None:
    request = a_request()
    signed = BILLER.sign(request, RESERVATION, MEASURED, rate=2_000_000, output=b"42")
    receipt = verify_receipt_document(
        signed.receipt.document, chain_id=CHAIN_ID, genesis_hash=GENESIS_HASH
    )
    claim = verify_transaction(signed.claim.encode(), genesis_hash=GENESIS_HASH).transaction
    assert isinstance(claim, ClaimTransaction)
    check_claim_agrees(claim.claim, receipt)
    assert claim.claim.final
    assert (receipt.units, receipt.price) == (2_500_000, 5_000_000)
    assert Hash(bytes.fromhex(receipt.reservation_id)) == request.reservation_id
    assert (receipt.started_at, receipt.completed_at) == (1_700_000_000, 1_700_000_003)


def test_receipt_holds_salted_hashes_and_nothing_that_was_said() -> None:
    request = a_request(input=b"secret prompt")
    signed = BILLER.sign(request, RESERVATION, MEASURED, rate=1, output=b"secret output")
    assert b"secret" not in signed.receipt.document
    assert signed.receipt.prompt_hash == salted_hash(b"\1" * 32, b"secret prompt")
    assert signed.receipt.artifact_hash == salted_hash(b"\2" * 32, b"secret output")
    assert signed.receipt.prompt_hash != salted_hash(b"\3" * 32, b"secret prompt")


@pytest.mark.parametrize(
    ("unit_type", "cap", "rate", "time_ms"),
    [
        ("gpu_seconds", 6_000_000, 2_000_000, 3_000),
        ("seconds", 1_999, 2_000_000, 0),
        ("jobs", 5, 5, None),
        ("jobs", 4, 5, 0),
    ],
)
def test_time_that_a_reservation_pays_for(
    unit_type: str, cap: int, rate: int, time_ms: int | None
) -> None:
    assert affordable_ms(unit_type, left=cap, rate=rate) == time_ms
