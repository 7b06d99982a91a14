"""The first state of a chain."""

from dataclasses import replace

import pytest

from chain.errors import ConfigError
from chain.genesis import genesis_ledger
from chain.primitives import AMOUNT_MAX
from chain.records import TREASURY_KEY, balance_key
from tests.support.builders import GENESIS_HASH, a_genesis, key_of, payee_of, validator_keys
from tests.support.chain import check_invariants


def test_first_state_holds_what_the_document_gives() -> None:
    genesis = a_genesis({"client": 70, "miner": 0}, validators=4, treasury=30)
    ledger = genesis_ledger(genesis)
    assert (ledger.height, ledger.tip_hash) == (0, GENESIS_HASH)
    assert ledger.tip_time_ms == genesis.time_ms
    assert ledger.records[balance_key(key_of("client").address)] == 70
    assert ledger.records[balance_key(key_of("miner").address)] == 0
    assert ledger.records[TREASURY_KEY] == 30
    assert ledger.supply == ledger.total() == genesis.supply == 100
    assert ledger.validators == ledger.next_validators == genesis.validators
    check_invariants(ledger)


def test_payees_of_validators_have_accounts() -> None:
    ledger = genesis_ledger(a_genesis(validators=4))
    assert all(balance_key(payee_of(key)) in ledger.records for key in validator_keys(4))


def test_payee_may_begin_with_money() -> None:
    genesis = a_genesis()
    [validator] = genesis.validators
    richer = replace(genesis, balances=(*genesis.balances, (validator.payee, 9)))
    assert genesis_ledger(richer).records[balance_key(validator.payee)] == 9


def test_supply_is_bounded() -> None:
    assert genesis_ledger(a_genesis({"client": AMOUNT_MAX})).supply == AMOUNT_MAX
    with pytest.raises(ConfigError):
        genesis_ledger(a_genesis({"client": AMOUNT_MAX}, treasury=1))


def test_same_genesis_same_root() -> None:
    roots = {genesis_ledger(a_genesis(validators=4)).commitment.root for _ in range(2)}
    assert len(roots) == 1
    other = genesis_ledger(a_genesis({"client": 1}, validators=4)).commitment.root
    assert other not in roots
