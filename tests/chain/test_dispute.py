"""Accepting, disputing and resolving a pending claim, as tables."""

import pytest

from chain import block_end
from chain.approval import Resolution, approve
from chain.refusals import NoDispute
from tests.support.builders import GENESIS_HASH, a_claim, a_genesis, a_receipt, a_reserve, a_signed
from tests.support.chain import Chain
from tests.support.policy import about_claim
from tests.support.scenario import Scenario, play_scenarios


@play_scenarios("""
scenario: a client accepts by transaction
  account  client 1000    account miner 0    account eve 0
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  accept   C by client -> UnknownClaim
  claim    C by miner
  accept   C by eve -> UnknownReservation
  accept   C by miner -> UnknownReservation
  accept   C by client amount 199 -> InvalidPayload
  accept   C by client amount 201 -> InvalidPayload
  balance  miner 0    pending R 200
  accept   C by client
  balance  miner 200    pending R 0    left R 100    status C paid
  accept   C by client -> ClaimNotPending
  dispute  C by client -> ClaimNotPending
  until    40
  balance  miner 200

scenario: an acceptance comes until the end of the window
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10 jobs 2
  receipt  C in R price 100 job a
  receipt  D in R price 200 job b
  block
  claim    C by miner
  claim    D by miner
  end
  until    11
  pending  R 300
  accept   C by client
  height   12    balance miner 300
  accept   D by client -> ClaimNotPending

scenario: the last acceptance of a closing reservation ends it
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  claim    C by miner final yes
  state    R closing    balance client 800
  accept   C by client
  state    R gone    balance miner 200    balance client 800
  accept   C by client -> UnknownReservation

scenario: the fees of an acceptance and of its claim go to the block that pays it
  rule     fee_accept 8    rule fee_claim 30
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  claim    C by miner
  earned   0
  accept   C by client
  balance  client 692    balance miner 170    earned 19    holds treasury 19
""")
def test_accepting(scenario: Scenario) -> None:
    scenario.run()


@play_scenarios("""
scenario: an acceptance beside a claim is from a key of the client
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10 jobs 3
  grant    helper by client scopes accept
  grant    buyer by client scopes reserve
  receipt  A in R price 10 job a
  receipt  B in R price 20 job b
  claim    A by miner accepted buyer -> ClaimNotAllowed
  claim    A by miner accepted miner -> ClaimNotAllowed
  claim    A by miner accepted helper
  balance  miner 10
  claim    B by miner accepted client
  balance  miner 30
  claim    B by miner accepted client -> ReceiptAlreadyClaimed
  claim    B by miner -> ReceiptAlreadyClaimed

scenario: a granted acceptance ends with its grant
  account  client 1000    account miner 0
  reserve  R by client for any cap 300 window 10 jobs 3
  grant    helper by client scopes accept until 6
  receipt  A in R price 10 job a
  receipt  B in R price 20 job b
  until    4
  claim    A by miner accepted helper
  height   5    balance miner 10
  claim    B by miner accepted helper -> ClaimNotAllowed

scenario: a stripped acceptance delays and loses nothing
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  claim    C by miner
  claim    C by miner accepted client -> ReceiptAlreadyClaimed
  accept   C by client
  balance  miner 200
""")
def test_acceptance_beside_a_claim(scenario: Scenario) -> None:
    scenario.run()


@play_scenarios("""
scenario: a dispute freezes a claim and locks a tenth rounded up
  account  client 1000    account miner 0    account eve 1000
  reserve  R by client for miner cap 300 window 10 jobs 2
  receipt  C in R price 201 job a
  dispute  C by client -> UnknownClaim
  claim    C by miner
  dispute  C by eve -> UnknownReservation
  dispute  C by miner -> UnknownReservation
  dispute  C by client
  status   C disputed    bond C 21    balance client 679    pending R 201
  dispute  C by client -> ClaimNotPending
  accept   C by client -> ClaimNotPending
  until    20
  balance  miner 0    status C disputed    pending R 201
  receipt  D in R price 99 job b
  claim    D by miner
  receipt  E in R price 1 job a
  claim    E by miner -> ReceiptAlreadyClaimed

scenario: a bond is at least the fee
  rule     fee_dispute 50
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  claim    C by miner
  dispute  C by client fee 60
  bond     C 60    balance client 580    earned 30    holds treasury 30

scenario: no money, no dispute
  account  client 319    account miner 0
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  claim    C by miner
  dispute  C by client -> InsufficientBalance
  status   C pending    nonce client 1    balance client 19

scenario: the fee leaves too little for the bond
  rule     fee_dispute 5
  account  client 324    account miner 0
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  claim    C by miner
  dispute  C by client -> InsufficientBalance
  balance  client 24    earned 0

scenario: a dispute comes within the window
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 5 jobs 2
  receipt  C in R price 100 job a
  receipt  D in R price 100 job b
  block
  claim    C by miner
  claim    D by miner
  end
  height   2
  until    6
  dispute  C by client              # in block 7, the last of the window
  status   C disputed    status D paid    balance miner 100
  dispute  D by client -> ClaimNotPending

scenario: nobody disputes what is paid
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 jobs 2
  receipt  C in R price 100 job a
  claim    C by miner
  dispute  C by client -> ClaimNotPending
""")
def test_disputing(scenario: Scenario) -> None:
    scenario.run()


@play_scenarios("""
scenario: paid in full, the provider gets the bond
  validators 4
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  claim    C by miner
  dispute  C by client
  balance  client 680
  resolve  C to 200
  balance  miner 220    balance client 680    left R 100    status C paid    bond C 0
  resolve  C to 200 -> NoDispute
  until    52
  state    R gone    balance client 780

scenario: short of the full amount by one, the bond returns
  validators 4
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  claim    C by miner
  dispute  C by client
  resolve  C to 201 -> InvalidPayload
  resolve  C to 199
  balance  miner 199    balance client 700    left R 101    status C split

scenario: refunded in full
  validators 4
  rule     fee_claim 30
  account  client 1000
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  claim    C by miner
  dispute  C by client
  resolve  C to 0
  balance  miner 0    balance client 700    left R 300    status C refunded    earned 0    rows 0
  claim    C by miner -> ReceiptAlreadyClaimed

scenario: the claim's fee comes out of the provider's part as far as that goes
  rule     fee_claim 30
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10 jobs 2
  receipt  C in R price 100 job a
  receipt  D in R price 100 job b
  claim    C by miner
  claim    D by miner
  dispute  C by client
  dispute  D by client
  resolve  C to 20
  balance  miner 0    earned 10    holds treasury 10    rows 0
  resolve  D to 40
  balance  miner 10    earned 25    holds treasury 25    rows 1

scenario: a closing reservation gives the refund to the client and ends
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  claim    C by miner final yes
  dispute  C by client
  state    R closing    balance client 780
  resolve  C to 50
  state    R gone    balance client 950    balance miner 50

scenario: a disputed claim keeps an expired reservation
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10 until 20
  receipt  C in R price 200
  until    15
  claim    C by miner
  dispute  C by client
  until    20
  state    R closing    balance client 780
  until    60
  state    R closing    balance miner 0
  resolve  C to 200
  state    R gone    balance miner 220    balance client 780
""")
def test_resolving(scenario: Scenario) -> None:
    scenario.run()


@play_scenarios("""
scenario: undecided falls to the split of genesis and the bond returns
  rule     resolve_heights 20    rule undecided_provider_percent 30
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10 until 60
  receipt  C in R price 199
  claim    C by miner
  dispute  C by client
  height   3
  until    22
  status   C disputed
  blocks   1
  height   23    status C split    balance miner 59    balance client 700    left R 241
  resolve  C to 199 -> NoDispute

scenario: all of an undecided claim may be the provider's and the bond still returns
  rule     resolve_heights 5    rule undecided_provider_percent 100
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  claim    C by miner final yes
  dispute  C by client
  blocks   5
  state    R gone    balance miner 200    balance client 800

scenario: a resolution comes until the end of the last block
  rule     resolve_heights 5    rule undecided_provider_percent 0
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  claim    C by miner
  dispute  C by client
  until    7
  resolve  C to 200
  height   8    balance miner 220
""")
def test_undecided(scenario: Scenario) -> None:
    scenario.run()


@play_scenarios("""
scenario: more than two thirds resolve
  validators 4
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  claim    C by miner
  resolve  C to 200 opened 2 -> NoDispute
  dispute  C by client
  resolve  C to 200 approvals 0 -> ApprovalRefused
  resolve  C to 200 approvals 2 -> ApprovalRefused
  resolve  C to 200 opened 2 -> ApprovalRefused
  resolve  C to 200 approvals 3
  balance  miner 220

scenario: two of three are not more than two thirds
  validators 3
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  claim    C by miner
  dispute  C by client
  resolve  C to 200 approvals 2 -> ApprovalRefused
  resolve  C to 200 approvals 3
""")
def test_who_resolves(scenario: Scenario) -> None:
    scenario.run()


def test_overdue_dispute_is_not_resolved_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = Chain(a_genesis(validators=4))
    reserve = a_reserve(dispute_window=5)
    chain.block(reserve)
    receipt = chain.keep(a_receipt(reservation_id=reserve.id(GENESIS_HASH)))
    chain.block(a_claim(receipt))
    chain.block(a_signed(about_claim("dispute", receipt, {}), nonce=1))
    decision = Resolution(
        reservation_id=reserve.id(GENESIS_HASH),
        receipt_hash=receipt.hash,
        opened_at=3,
        provider_amount=300,
    )
    resolve = approve(decision, keys=chain.validators, genesis_hash=GENESIS_HASH)
    chain.blocks_until(102)
    chain.try_transaction(resolve)
    with monkeypatch.context() as patch:
        patch.setattr(block_end, "DUE_WORK_MAX", 0)
        chain.block()
    with pytest.raises(NoDispute):
        chain.try_transaction(resolve)
    chain.block()
    assert chain.balance("miner") == 150
