"""Who joins and who leaves: tables of what is allowed, and from which height it holds."""

from dataclasses import replace

import pytest

from chain.approval import approve
from chain.new_validators import NewValidators, accept_validator
from chain.primitives import ACCEPTANCE_HEIGHTS_MAX, VALIDATORS_MAX, PublicKey
from chain.refusals import ApprovalRefused
from chain.state import State
from chain.validator_change import change_validators, seats_max
from chain.validators import Validator
from tests.support.builders import GENESIS_HASH, a_genesis, a_transfer, payee_of
from tests.support.chain import Chain, rebuilt
from tests.support.scenario import Scenario, play_scenarios
from tests.support.seats import (
    a_change,
    a_validator,
    an_acceptance,
    coming,
    new_validators,
    numbers_of,
    seat_key,
)


@play_scenarios("""
scenario: a validator joins two heights later
  account  client 1000
  validators 1
  seats    join 1
  height   1       voting 0      coming 0,1
  blocks   1
  height   2       voting 0,1    coming 0,1

scenario: a key is replaced in one change, even the only one
  validators 1
  account  client 1000
  seats    join 1 leave 0
  coming   1
  blocks   1
  voting   1
  seats    join 2 leave 1
  blocks   1
  voting   2

scenario: the only validator cannot leave
  validators 1
  account  client 1000
  seats    leave 0 -> ApprovalRefused

scenario: fewer than a third of the seats change in a block
  validators 4
  account  client 1000
  seats    join 4,5 -> ApprovalRefused
  seats    leave 0,1 -> ApprovalRefused
  seats    join 4,5 leave 0 -> ApprovalRefused
  seats    join 4 leave 0,1 -> ApprovalRefused
  seats    join 4 leave 0
  seats    join 5
  seats    join 6
  seats    join 0
  coming   0,1,2,3,4,5,6
  seats    join 7,8,9 -> ApprovalRefused
  seats    join 7,8 leave 1,2
  coming   0,3,4,5,6,7,8

scenario: the versions follow each other
  validators 4
  account  client 1000
  seats    join 4 version 0 -> ApprovalRefused
  seats    join 4 version 2 -> ApprovalRefused
  seats    join 4 version 1
  seats    leave 4 version 1 -> ApprovalRefused
  seats    leave 4 version 2

scenario: more than two thirds approve
  validators 4
  account  client 1000
  seats    join 4 approvals 0 -> ApprovalRefused
  seats    join 4 approvals 2 -> ApprovalRefused
  seats    join 4 approvals 3

scenario: who is there cannot join and who is not cannot leave
  validators 4
  account  client 1000
  seats    join 0 -> ApprovalRefused
  seats    leave 4 -> ApprovalRefused
  seats    join 0 leave 0 -> ApprovalRefused
  seats -> ApprovalRefused
  seats    join 4
  seats    join 4 -> ApprovalRefused
  seats    leave 4
  seats    join 4
  seats    leave 0
  seats    leave 0 -> ApprovalRefused

scenario: an acceptance holds for a while
  validators 4
  account  client 1000
  blocks   9
  seats    join 4 until 9 -> ApprovalRefused
  seats    join 4 until 3611 -> ApprovalRefused
  seats    join 4 until 10
  seats    join 5 until 3611

scenario: the new ones approve from their first height on
  validators 1
  account  client 1000
  seats    join 1
  seats    join 2 approvals 1
  seats    join 3 approvals 1 -> ApprovalRefused
  seats    join 3 approvals 2
  coming   0,1,2,3
""")
def test_changes(scenario: Scenario) -> None:
    scenario.run()


def test_votes_and_headers_name_the_new_set_two_heights_later() -> None:
    chain = Chain(a_genesis(validators=4))
    old = chain.ledger.validators
    change = chain.block(a_change(chain.ledger, chain.validators, join=[4], leave=[0]))
    new = chain.ledger.next_validators
    assert numbers_of(new) == [1, 2, 3, 4]
    announcing, first = chain.block(), chain.block()
    headers = [one.block.header for one in (change, announcing, first)]
    assert [one.validators_hash for one in headers] == [old.hash, old.hash, new.hash]
    assert [one.next_validators_hash for one in headers] == [old.hash, new.hash, new.hash]
    assert chain.last_commit is not None
    assert chain.last_commit.validators_hash == new.hash
    chain.blocks_until(8)
    proposers = {one.block.header.proposer for one in chain.blocks[2:]}
    assert proposers == {seat_key(number).public_key for number in (1, 2, 3, 4)}


def test_validators_change_once_a_block() -> None:
    chain = Chain(a_genesis(validators=4))
    first = a_change(chain.ledger, chain.validators, join=[4])
    with pytest.raises(ApprovalRefused, match="already"):
        chain.block(first, a_change(chain.ledger, chain.validators, join=[5]))
    chain.block(first)
    assert coming(chain.ledger).version == 1


def test_fees_go_to_the_payee_who_had_no_account() -> None:
    chain = Chain(a_genesis({"client": 1_000}, validators=1))
    chain.block(a_change(chain.ledger, chain.validators, join=[1], leave=[0]))
    chain.block()
    assert chain.proposer() == seat_key(1)
    before = chain.balance("client")
    chain.block(a_transfer(10, to="miner", fee=50))
    assert chain.balance(payee_of(seat_key(1))) == 25
    assert chain.balance("client") == before - 60


def test_node_that_starts_finds_the_changed_validators() -> None:
    chain = Chain(a_genesis(validators=4))
    genesis = chain.genesis.validators
    chain.block(a_change(chain.ledger, chain.validators, join=[4]))
    started = rebuilt(replace(chain.ledger, next_validators=genesis))
    assert started.next_validators == chain.ledger.next_validators != genesis


def refusal(chain: Chain, change: NewValidators) -> str:
    decision = approve(change, keys=chain.validators, genesis_hash=GENESIS_HASH)
    with pytest.raises(ApprovalRefused) as refused:
        chain.try_transaction(decision)
    return refused.value.detail


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (new_validators(0, join=[4]), "the version must be 1"),
        (new_validators(1), "0 seats change; it must be 1 to 1"),
        (new_validators(1, join=[4, 5]), "2 seats change; it must be 1 to 1"),
        (new_validators(1, join=[0]), "is a validator already"),
        (new_validators(1, leave=[4]), "is no validator and cannot leave"),
        (new_validators(1, join=[4], until=0), "an acceptance holds until 0; it must be 1 to 3601"),
        (
            new_validators(1, join=[4], until=ACCEPTANCE_HEIGHTS_MAX + 2),
            "an acceptance holds until 3602; it must be 1 to 3601",
        ),
        (
            NewValidators(version=1, added=(an_acceptance(4, until=9, name="v1"),)),
            "two validators would share a name",
        ),
        (NewValidators(version=1, added=(an_acceptance(4, until=9, name=""),)), "1 to 64"),
        (NewValidators(version=1, added=(an_acceptance(4, until=9, name="n" * 65),)), "1 to 64"),
    ],
)
def test_each_refusal_says_why(change: NewValidators, words: str) -> None:
    assert words in refusal(Chain(a_genesis(validators=4)), change)


def test_key_of_small_order_cannot_join() -> None:
    """The signature check refuses it too; execution does not rely on that."""
    weak = replace(a_validator(4), public_key=PublicKey(bytes(31) + b"\x80"))
    accepted = replace(an_acceptance(4, until=9), validator=weak)
    chain = Chain(a_genesis(validators=4))
    assert "canonical point" in refusal_of_state(chain, NewValidators(version=1, added=(accepted,)))


def refusal_of_state(chain: Chain, change: NewValidators) -> str:
    """Return why the state refuses what no signature check has seen."""
    with pytest.raises(ApprovalRefused) as refused:
        change_validators(State(chain.ledger), change)
    return refused.value.detail


def test_set_has_a_largest_size() -> None:
    chain = Chain(a_genesis(validators=VALIDATORS_MAX))
    assert "above the limit of 64" in refusal(chain, new_validators(1, join=[VALIDATORS_MAX]))
    chain.block(a_change(chain.ledger, chain.validators, join=[VALIDATORS_MAX], leave=[3]))


def test_seats_that_one_block_may_change() -> None:
    counts = [1, 2, 3, 4, 6, 7, 10, 64]
    assert [seats_max(count) for count in counts] == [1, 1, 1, 1, 1, 2, 3, 21]


def test_acceptance_is_made_by_the_key_it_is_about() -> None:
    stranger = Validator(seat_key(5).public_key, "stranger", a_validator(5).payee)
    with pytest.raises(AssertionError):
        accept_validator(stranger, until=9, key=seat_key(4), genesis_hash=GENESIS_HASH)
