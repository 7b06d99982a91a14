"""What validators decide together: parameters as tables, and whose approvals count."""

from dataclasses import replace

import pytest

from chain.approval import ApprovedTransaction, NewParameters, approve
from chain.errors import InvalidSignature, MalformedMessage
from chain.parameters import BASE_RATES_MAX, BaseRate, Parameters
from chain.primitives import AMOUNT_MAX
from chain.refusals import ApprovalRefused
from tests.support.builders import FREE, GENESIS_HASH, PRICED, a_genesis, key_of, validator_keys
from tests.support.chain import Chain, rebuilt
from tests.support.scenario import Scenario, play_scenarios

KEYS = validator_keys(4)


@play_scenarios("""
scenario: new parameters hold from the next block on
  validators 4
  account  client 1000    account miner 0
  version  0
  block
  change   fee_transfer 7
  transfer client miner 10 fee 0
  end
  version  1    ruling fee_transfer 7
  transfer client miner 10 fee 0 -> FeeOutOfRange
  transfer client miner 10 fee 7

scenario: the versions follow each other
  validators 4
  account  client 1000
  change   fee_transfer 7 version 0 -> ApprovalRefused
  change   fee_transfer 7 version 2 -> ApprovalRefused
  change   fee_transfer 7
  change   fee_transfer 8 version 1 -> ApprovalRefused
  change   fee_transfer 8
  version  2

scenario: more than two thirds approve
  validators 4
  account  client 1000
  change   fee_transfer 7 approvals 0 -> ApprovalRefused
  change   fee_transfer 7 approvals 2 -> ApprovalRefused
  change   fee_transfer 7 approvals 3

scenario: numbers outside their bounds
  account  client 1000
  change   block_interval_ms 49 -> ApprovalRefused
  change   undecided_provider_percent 101 -> ApprovalRefused
  change   payout_period 0 -> ApprovalRefused
  change   payout_period 1000001 -> ApprovalRefused
  change   resolve_heights 0 -> ApprovalRefused
  change   fee_claim 536870912 -> ApprovalRefused
  change   fee_claim 536870911

scenario: a dispute keeps the end it was opened with
  rule     resolve_heights 5    rule undecided_provider_percent 0
  account  client 1000    account miner 0
  reserve  R by client for miner cap 300 window 10
  receipt  C in R price 200
  claim    C by miner
  dispute  C by client
  change   resolve_heights 500
  until    8
  status   C refunded
""")
def test_parameters(scenario: Scenario) -> None:
    scenario.run()


def change(parameters: Parameters, *names: str, chain: Chain | None = None) -> ApprovedTransaction:
    keys = [key_of(name) for name in names] or (chain or Chain()).validators
    return approve(NewParameters(parameters), keys=keys, genesis_hash=GENESIS_HASH)


def test_parameters_change_once_a_block() -> None:
    chain = Chain()
    first, second = replace(FREE, version=1), replace(FREE, version=2)
    with pytest.raises(ApprovalRefused, match="already"):
        chain.block(change(first), change(second))
    with pytest.raises(ApprovalRefused, match="already"):
        chain.block(change(first), change(replace(first, fee_claim=1)))
    chain.block(change(first))
    chain.block(change(second))


def test_params_hash_is_of_what_is_in_force() -> None:
    chain = Chain()
    other = replace(FREE, version=1, fee_transfer=7)
    assert chain.block(change(other)).block.header.params_hash == FREE.hash
    assert chain.block().block.header.params_hash == other.hash


def test_node_that_starts_finds_the_changed_parameters() -> None:
    chain = Chain()
    other = replace(FREE, version=1, fee_transfer=7)
    chain.block(change(other))
    assert rebuilt(replace(chain.ledger, parameters=FREE)).parameters == other


def test_chain_stays_a_devnet_or_not() -> None:
    chain = Chain(a_genesis(parameters=PRICED))
    with pytest.raises(ApprovalRefused, match="for good"):
        chain.try_transaction(change(replace(PRICED, version=1, devnet=True)))


def test_fees_stay_above_nothing_but_on_a_devnet() -> None:
    chain = Chain(a_genesis(parameters=replace(PRICED, fee_accept=1, fee_dispute=1)))
    with pytest.raises(ApprovalRefused, match="fee_"):
        chain.try_transaction(change(replace(PRICED, version=1)))


@pytest.mark.parametrize(
    "rates",
    [
        (BaseRate("b", "u", 1), BaseRate("a", "u", 1)),
        (BaseRate("a", "u", 1), BaseRate("a", "u", 2)),
        (BaseRate("a", "u", 0),),
        (BaseRate("a", "u", AMOUNT_MAX + 1),),
        (BaseRate("", "u", 1),),
        (BaseRate("a b", "u", 1),),
        (BaseRate("a", "u/v", 1),),
    ],
)
def test_base_rates_are_a_price_list(rates: tuple[BaseRate, ...]) -> None:
    with pytest.raises(ApprovalRefused, match="rate"):
        Chain().try_transaction(change(replace(FREE, version=1, base_rates=rates)))


def test_price_list_has_a_length() -> None:
    rates = tuple(BaseRate(f"{n:04}", "u", 1) for n in range(BASE_RATES_MAX + 1))
    assert replace(FREE, base_rates=rates).find_fault() is not None
    assert replace(FREE, base_rates=rates[1:]).find_fault() is None
    with pytest.raises(MalformedMessage):
        Chain().verify(change(replace(FREE, base_rates=rates)))
    Chain().try_transaction(change(replace(FREE, version=1, base_rates=rates[1:])))


def test_approval_is_a_validators() -> None:
    chain = Chain(a_genesis(validators=4))
    decision = NewParameters(replace(FREE, version=1))
    for keys in ((*KEYS, key_of("stranger")), (*KEYS[:2], key_of("stranger"))):
        with pytest.raises(ApprovalRefused, match="no validator"):
            chain.try_transaction(approve(decision, keys=keys, genesis_hash=GENESIS_HASH))


def test_approval_fits_no_other_decision() -> None:
    chain = Chain(a_genesis(validators=4))
    approved = change(replace(FREE, version=1), chain=chain)
    other = replace(approved, decision=NewParameters(replace(FREE, version=1, fee_claim=1)))
    with pytest.raises(InvalidSignature, match="approval"):
        chain.verify(other)


def test_approval_counts_once() -> None:
    chain = Chain(a_genesis(validators=4))
    approved = change(replace(FREE, version=1), chain=chain)
    one = approved.approvals[0]
    with pytest.raises(MalformedMessage, match="do not rise"):
        chain.verify(replace(approved, approvals=(one, one, *approved.approvals[1:])))
    with pytest.raises(MalformedMessage, match="do not rise"):
        chain.verify(replace(approved, approvals=approved.approvals[::-1]))


def test_whose_approvals_it_has_is_no_part_of_its_id() -> None:
    three, four = (
        approve(NewParameters(FREE), keys=KEYS[:count], genesis_hash=GENESIS_HASH)
        for count in (3, 4)
    )
    assert three.id(GENESIS_HASH) == four.id(GENESIS_HASH)
    assert three.encode() != four.encode()
