"""What another process has checked comes out as if it had been checked here."""

import pytest

from chain.checked import checked_block, checked_receipt, checked_transaction
from chain.errors import ChainError
from chain.transaction import Transaction
from chain.validation import verify_block, verify_receipt_document, verify_transaction
from tests.support.builders import (
    CHAIN_ID,
    GENESIS_HASH,
    a_claim,
    a_receipt,
    a_release,
    a_reserve,
    a_transfer,
    an_accepted_claim,
)
from tests.support.chain import Chain


@pytest.mark.parametrize(
    "transaction",
    [a_transfer(memo="m"), a_reserve(), a_release(GENESIS_HASH), a_claim(), an_accepted_claim()],
)
def test_checked_transaction_equals_the_verified_one(transaction: Transaction) -> None:
    data = transaction.encode()
    verified = verify_transaction(data, genesis_hash=GENESIS_HASH)
    assert checked_transaction(data, genesis_hash=GENESIS_HASH) == verified


def test_checked_receipt_equals_the_verified_one() -> None:
    data = a_receipt().document
    verified = verify_receipt_document(data, chain_id=CHAIN_ID, genesis_hash=GENESIS_HASH)
    assert checked_receipt(data) == verified


def test_checked_block_equals_the_verified_one() -> None:
    chain = Chain()
    chain.block(a_reserve())
    chain.keep(a_receipt())
    block = chain.propose(a_transfer(nonce=1), a_claim()).block
    verified = verify_block(block, known={}, known_receipts={})
    assert checked_block(block.encode(), genesis_hash=GENESIS_HASH) == verified


@pytest.mark.parametrize("data", [b"", b"\x01\x01", b"{}"])
def test_bytes_that_are_none_of_these_are_refused(data: bytes) -> None:
    for check in (
        lambda: checked_transaction(data, genesis_hash=GENESIS_HASH),
        lambda: checked_receipt(data),
        lambda: checked_block(data, genesis_hash=GENESIS_HASH),
    ):
        with pytest.raises(ChainError):
            check()
