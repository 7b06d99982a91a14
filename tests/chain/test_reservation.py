"""A reservation's life, and its claims' lives, as tables."""

import pytest

from chain.errors import DuplicateJob, InvalidPayload
from chain.primitives import (
    AMOUNT_MAX,
    DISPUTE_WINDOW_MAX,
    EXPIRY_HEIGHTS_MAX,
    JOBS_MAX,
    ZERO_ADDRESS,
)
from chain.reservation import price_ceiling
from tests.support.builders import GENESIS_HASH, a_reserve
from tests.support.chain import Chain
from tests.support.scenario import Scenario, play_scenarios


@play_scenarios("""
scenario: a receipt is paid once
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 jobs 2
  balance  client 700    left R 300
  receipt  C in R price 300 job a
  claim    C by miner -> applied
  claim    C by miner -> ReceiptAlreadyClaimed
  balance  client 700    balance miner 300
  transfer client miner 701 -> InsufficientBalance
  transfer client miner 700
  balance  client 0    balance miner 1000

scenario: a receipt of a reservation that is gone finds nothing
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300
  receipt  C in R price 300
  claim    C by miner final yes
  state    R gone
  claim    C by miner -> UnknownReservation
  balance  miner 300

scenario: no funds, no reservation
  account  client 299
  reserve  R by client for miner cap 300 -> InsufficientBalance
  state    R gone    balance client 299
  reserve  S by client for miner cap 299
  balance  client 0    left S 299

scenario: a fee that the cap leaves no room for fails closed
  rule     fee_reserve 10
  account  client 309    account rich 310
  reserve  R by client for miner cap 300 -> InsufficientBalance
  reserve  S by rich for miner cap 300
  balance  rich 0    earned 5    holds treasury 5
""")
def test_reserving(scenario: Scenario) -> None:
    scenario.run()


@play_scenarios("""
scenario: a client uses a job id once
  account  client 1000    account other 1000
  reserve  R by client for miner cap 100 job j
  reserve  S by client for miner cap 100 job j -> DuplicateJob
  reserve  T by client for miner cap 100 job k
  reserve  U by other for miner cap 100 job j
  balance  client 800    balance other 900

scenario: a client uses an idempotency key once
  account  client 1000    account other 1000
  reserve  R by client for miner cap 100 key once
  reserve  S by client for miner cap 100 key once -> DuplicateJob
  reserve  T by client for miner cap 100 key twice
  reserve  U by other for miner cap 100 key once
  balance  client 800    balance other 900

scenario: a refused repeat takes neither of its two ids
  account  client 1000
  reserve  R by client for miner cap 100 job j key k
  reserve  S by client for miner cap 100 job fresh key k -> DuplicateJob
  reserve  T by client for miner cap 100 job fresh key other
  balance  client 800

scenario: a job id stays taken when its reservation is gone
  account  client 1000
  reserve  R by client for miner cap 100 job j
  release  R by client -> ReservationStillOpen
  until    51
  state    R gone    balance client 1000
  reserve  S by client for miner cap 100 job j -> DuplicateJob
""")
def test_job_ids_and_idempotency_keys(scenario: Scenario) -> None:
    scenario.run()


@play_scenarios("""
scenario: the price is at most units times rate rounded up
  account  client 1000    account miner 0
  reserve  R by client for miner cap 900 rate 3 jobs 3
  receipt  C in R price 2 units 333333 job a
  claim    C by miner -> PriceAboveCeiling
  receipt  D in R price 1 units 333333 job a
  claim    D by miner
  receipt  E in R price 2 units 333334 job b
  claim    E by miner
  balance  miner 3

scenario: nothing is paid above the cap
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 jobs 3
  receipt  C in R price 301 job a
  claim    C by miner -> CapExceeded
  receipt  D in R price 200 job b
  claim    D by miner
  receipt  E in R price 101 job c
  claim    E by miner -> CapExceeded
  receipt  F in R price 100 job c
  claim    F by miner
  left     R 0    balance miner 300    state R open

scenario: pending claims count against the cap
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 jobs 3 window 10
  receipt  C in R price 200 job a
  claim    C by miner
  left     R 100    pending R 200
  receipt  D in R price 101 job b
  claim    D by miner -> CapExceeded

scenario: what the reservation does not allow
  account  client 1000    account miner 0    account other 0    account eve 1000
  reserve  R by client for miner cap 300 model m1
  receipt  A in R price 10 model m2
  claim    A by miner -> ClaimNotAllowed
  receipt  B in R price 10 model m1 unit_type tokens
  claim    B by miner -> ClaimNotAllowed
  receipt  C in R price 10 model m1 provider other
  claim    C by other -> ClaimNotAllowed
  receipt  D in R price 10 model m1 client eve
  claim    D by miner -> ClaimNotAllowed
  receipt  E in R price 10 model m1 job elsewhere
  claim    E by miner -> ClaimNotAllowed
  receipt  F in R price 0 model m1
  claim    F by miner -> InvalidPayload
  receipt  G in R price 10 model m1
  claim    G by miner
  balance  miner 10    left R 290

scenario: one job, one claim
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300
  receipt  C in R price 10
  claim    C by miner
  receipt  D in R price 20
  claim    D by miner -> ReceiptAlreadyClaimed
  balance  miner 10

scenario: a session pays several jobs, each once
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 jobs 3
  receipt  A in R price 10 job a
  receipt  B in R price 20 job b
  receipt  C in R price 30 job a
  receipt  D in R price 40 job d
  receipt  E in R price 50 job e
  block
  claim    A by miner
  claim    B by miner
  end
  claim    C by miner -> ReceiptAlreadyClaimed
  claim    D by miner
  claim    E by miner -> ClaimNotAllowed
  balance  miner 70    left R 230

scenario: a stranger's signature pays nothing
  account  client 1000    account miner 0    account eve 0
  reserve  R by client for miner cap 300
  receipt  C in R price 300
  claim    C by eve -> InvalidSignature
  claim    C by eve key eve -> ClaimNotAllowed
  balance  eve 0    balance miner 0    left R 300

scenario: a claim comes before expiry or not at all
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 until 20
  reserve  S by client for miner cap 300 until 20
  receipt  C in R price 300
  receipt  D in S price 300
  until    18
  claim    C by miner
  height   19
  claim    D by miner -> ReservationExpired
  blocks   1
  claim    D by miner -> UnknownReservation
  balance  miner 300    balance client 700

scenario: a claim's fee comes out of its amount
  rule     fee_claim 30    rule new_account_fee 100
  account  client 1000
  reserve  R by client for miner cap 300 jobs 2
  receipt  C in R price 130 job a
  claim    C by miner -> InvalidPayload
  receipt  D in R price 131 job a
  claim    D by miner
  balance  miner 1    earned 65    holds treasury 65    left R 169
  receipt  E in R price 31 job b
  claim    E by miner
  balance  miner 2    earned 80    holds treasury 80
""")
def test_claiming(scenario: Scenario) -> None:
    scenario.run()


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [
        ("max_rate", 1, AMOUNT_MAX),
        ("cap", 1, AMOUNT_MAX),
        ("jobs_max", 1, JOBS_MAX),
        ("expires_at", 2, 1 + EXPIRY_HEIGHTS_MAX),
        ("dispute_window", 0, DISPUTE_WINDOW_MAX),
    ],
)
def test_bounds_of_a_reservation(field: str, low: int, high: int) -> None:
    chain = Chain()
    for outside in {low - 1, high + 1} - {-1}:
        with pytest.raises(InvalidPayload):
            chain.try_transaction(a_reserve(**{field: outside}))
    chain.try_transaction(a_reserve(**{field: low}))
    if field != "cap":
        chain.try_transaction(a_reserve(**{field: high}))


@pytest.mark.parametrize("field", ["job_id", "unit_type", "model"])
@pytest.mark.parametrize("text", ["a b", "a/b", "~", "a\\b", "{}"])
def test_reservation_takes_labels_only(field: str, text: str) -> None:
    with pytest.raises(InvalidPayload):
        Chain().try_transaction(a_reserve(**{field: text}))


@pytest.mark.parametrize("field", ["job_id", "unit_type"])
def test_reservation_needs_its_labels(field: str) -> None:
    with pytest.raises(InvalidPayload):
        Chain().try_transaction(a_reserve(**{field: ""}))


def test_any_model_is_no_label() -> None:
    Chain().try_transaction(a_reserve(model=""))


def test_any_provider_needs_a_window() -> None:
    with pytest.raises(InvalidPayload):
        Chain().try_transaction(a_reserve(provider=ZERO_ADDRESS))
    Chain().try_transaction(a_reserve(provider=ZERO_ADDRESS, dispute_window=1))


def test_repeat_names_the_first_reservation() -> None:
    chain, first = Chain(), a_reserve()
    chain.block(first)
    with pytest.raises(DuplicateJob) as refusal:
        chain.try_transaction(a_reserve(nonce=1))
    assert refusal.value.reservation_id == first.id(GENESIS_HASH).hex()


@pytest.mark.parametrize(
    ("units_micro", "rate", "ceiling"),
    [
        (0, 10**6, 0),
        (1, 1, 1),
        (10**6, 7, 7),
        (10**6 + 1, 7, 8),
        (2_500_000, 2_000_000, 5_000_000),
        (333_333, 3, 1),
        (333_334, 3, 2),
        (10**15 - 1, AMOUNT_MAX, -(-(10**15 - 1) * AMOUNT_MAX // 10**6)),
    ],
)
def test_price_ceiling_rounds_up(units_micro: int, rate: int, ceiling: int) -> None:
    assert price_ceiling(units_micro=units_micro, rate=rate) == ceiling
