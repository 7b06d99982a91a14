"""What money does: transfers, nonces, fees and lifetimes as tables, and the work that falls due."""

from dataclasses import replace

import pytest

from chain.errors import FeeOutOfRange, TransactionExpired, ValidTooLong, WrongSender
from tests.support.builders import (
    GENESIS_HASH,
    PRICED,
    a_genesis,
    a_transfer,
    key_of,
)
from tests.support.chain import Chain
from tests.support.scenario import Scenario, play_scenarios


@play_scenarios("""
scenario: a transfer moves money and nothing else
  account  ann 1000    account bob 0    treasury 77
  transfer ann bob 300
  balance  ann 700    balance bob 300    holds treasury 77    earned 0
  transfer bob ann 300
  balance  ann 1000    balance bob 0

scenario: nobody sends more than they have
  account  ann 1000    account bob 0
  transfer ann bob 1001 -> InsufficientBalance
  transfer ann bob 1000
  transfer ann bob 1 -> InsufficientBalance
  transfer bob ann 1000
  balance  ann 1000

scenario: nobody sends nothing, too much, or to themselves
  account  ann 1000    account bob 0
  transfer ann bob 0 -> InvalidPayload
  transfer ann bob 9007199254740992 -> InvalidPayload
  transfer ann bob 18446744073709551615 -> InvalidPayload
  transfer ann bob 9007199254740991 -> InsufficientBalance
  transfer ann ann 5 -> InvalidPayload
  nonce    ann 0    balance ann 1000

scenario: somebody without an account has nothing to send
  account  ann 1000
  transfer ghost ann 1 -> InsufficientBalance
""")
def test_transfers(scenario: Scenario) -> None:
    scenario.run()


@play_scenarios("""
scenario: a nonce counts once
  account  ann 1000    account bob 0
  transfer ann bob 100 nonce 0
  transfer ann bob 100 nonce 0 -> WrongNonce
  transfer ann bob 100 nonce 2 -> WrongNonce
  transfer ann bob 100 nonce 1
  nonce    ann 2    balance bob 200

scenario: a refused transaction uses no nonce
  account  ann 1000    account bob 0
  transfer ann bob 1001 -> InsufficientBalance
  nonce    ann 0
  transfer ann bob 100 nonce 0
  nonce    ann 1

scenario: one block takes several transactions of one sender in order
  account  ann 1000    account bob 0
  block
  transfer ann bob 1
  transfer ann bob 2
  transfer bob ann 3
  transfer ann bob 4
  end
  height   1    nonce ann 3    nonce bob 1    balance bob 4

scenario: an enormous nonce is only wrong
  account  ann 1000    account bob 0
  transfer ann bob 1 nonce 18446744073709551615 -> WrongNonce
""")
def test_nonces(scenario: Scenario) -> None:
    scenario.run()


@play_scenarios("""
scenario: a fee is from the least to a hundred times that
  rule     fee_transfer 10
  account  ann 5000    account bob 0
  transfer ann bob 100 fee 9 -> FeeOutOfRange
  transfer ann bob 100 fee 1001 -> FeeOutOfRange
  transfer ann bob 100 fee 18446744073709551615 -> FeeOutOfRange
  transfer ann bob 100 fee 10
  transfer ann bob 100 fee 1000
  balance  ann 3790    earned 505    holds treasury 505

scenario: where fees are free a sender may pay a little
  account  ann 1000    account bob 0
  transfer ann bob 100 fee 0
  transfer ann bob 100 fee 100
  transfer ann bob 100 fee 101 -> FeeOutOfRange
  balance  ann 700    earned 50    holds treasury 50

scenario: half a fee rounds down for the proposer
  rule     fee_transfer 7
  account  ann 1000    account bob 0
  block
  transfer ann bob 1
  transfer ann bob 1
  end
  earned   6    holds treasury 8    balance ann 984

scenario: the fee counts against the balance
  rule     fee_transfer 10
  account  ann 110    account bob 0
  transfer ann bob 101 -> InsufficientBalance
  transfer ann bob 100
  balance  ann 0    balance bob 100

scenario: bytes cost
  rule     fee_per_byte 2
  account  ann 5000    account bob 0
  transfer ann bob 100 fee 341 -> FeeOutOfRange
  transfer ann bob 100 fee 342
  balance  ann 4558
  transfer ann bob 100

scenario: the first credit of an address costs
  rule     new_account_fee 500
  account  ann 1000
  transfer ann bob 501 -> InsufficientBalance
  transfer ann bob 300
  balance  ann 200    balance bob 300    earned 250    holds treasury 250
  transfer ann bob 200
  balance  ann 0    balance bob 500

scenario: an emptied account is known
  rule     new_account_fee 500
  account  ann 1000    account bob 0
  transfer ann bob 1000
  transfer bob ann 1000
  balance  ann 1000    balance bob 0    earned 0

scenario: a release pays its fee
  rule     fee_release 5
  account  client 1000    account miner 4    account rich 5
  reserve  R by client for miner cap 300
  release  R by miner -> InsufficientBalance
  reserve  S by client for rich cap 300
  release  S by rich
  balance  rich 0    balance client 700    holds treasury 3    earned 2
""")
def test_fees(scenario: Scenario) -> None:
    scenario.run()


@play_scenarios("""
scenario: a transaction lives until the height it names
  account  ann 1000    account bob 0
  until    10
  transfer ann bob 1 valid 10 -> TransactionExpired
  transfer ann bob 1 valid 0 -> TransactionExpired
  transfer ann bob 1 valid 11
  height   11

scenario: a transaction lives at most 600 heights
  account  ann 1000    account bob 0
  transfer ann bob 1 valid 602 -> ValidTooLong
  transfer ann bob 1 valid 18446744073709551615 -> ValidTooLong
  transfer ann bob 1 valid 601
""")
def test_lifetimes(scenario: Scenario) -> None:
    scenario.run()


def test_another_accounts_key_moves_nothing() -> None:
    chain = Chain()
    stolen = replace(a_transfer(by="stranger"), sender=key_of("client").address)
    signature = key_of("stranger").sign(stolen.signing_bytes(GENESIS_HASH))
    with pytest.raises(WrongSender):
        chain.try_transaction(replace(stolen, signature=signature))


def test_refusals_say_the_bounds() -> None:
    chain = Chain(a_genesis(parameters=PRICED))
    size = len(a_transfer().encode())
    with pytest.raises(FeeOutOfRange) as fee:
        chain.try_transaction(a_transfer())
    assert (fee.value.minimum, fee.value.maximum) == (10 + size, 100 * (10 + size))
    with pytest.raises(TransactionExpired) as expired:
        chain.try_transaction(a_transfer(valid_until=0))
    assert (expired.value.valid_until, expired.value.height) == (0, 1)
    with pytest.raises(ValidTooLong) as long:
        chain.try_transaction(a_transfer(valid_until=1_000))
    assert long.value.latest == 601
