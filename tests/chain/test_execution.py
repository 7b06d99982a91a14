"""Executing a block: what follows the tip, what is refused, and the same result everywhere."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from chain.block import Block, evidence_hash
from chain.errors import HeaderMismatch, InvalidBlock
from chain.execution import check_last_commit, execute_block
from chain.genesis import genesis_ledger
from chain.primitives import ZERO_HASH
from chain.validation import verify_block
from tests.support.builders import (
    GENESIS_HASH,
    PRICED,
    a_genesis,
    a_ledger,
    a_reserve,
    a_transfer,
)
from tests.support.chain import Chain, forge
from tests.support.evidence import an_evidence

ROOT = Path(__file__).resolve().parents[2]


def test_executing_changes_nothing_that_is_final() -> None:
    chain = Chain(a_genesis(parameters=PRICED, validators=4))
    before, root = dict(chain.ledger.records), chain.ledger.commitment.root
    due = chain.ledger.due.keys
    executed = chain.propose(a_transfer(fee=500), a_reserve(nonce=1, fee=500))
    chain.follow(executed.block)
    assert len(executed.outcomes) == 2
    assert (chain.ledger.records, chain.ledger.commitment.root) == (before, root)
    assert (chain.ledger.due.keys, chain.height) == (due, 0)


def test_header_says_where_the_block_stands() -> None:
    chain = Chain(a_genesis(validators=4))
    first, second = chain.block(), chain.block()
    header = second.block.header
    assert (header.height, header.parent_hash) == (2, first.hash)
    assert first.block.header.parent_hash == GENESIS_HASH
    assert first.block.header.last_commit_hash == ZERO_HASH
    assert header.last_commit_hash != ZERO_HASH
    assert header.validators_hash == chain.genesis.validators.hash
    assert header.params_hash == chain.genesis.parameters.hash
    assert header.state_root == second.update.root == chain.ledger.commitment.root


def test_block_must_follow_the_tip() -> None:
    chain = Chain()
    first = chain.propose().block
    chain.block()
    for wrong in (first, forge(first, height=2), forge(first, parent_hash=chain.ledger.tip_hash)):
        with pytest.raises(InvalidBlock):
            chain.follow(wrong)


def test_time_must_be_after_the_parents() -> None:
    chain = Chain()
    chain.block()
    block = chain.propose().block
    for time_ms in (chain.ledger.tip_time_ms, chain.ledger.tip_time_ms - 1, 0):
        with pytest.raises(InvalidBlock, match="time"):
            chain.follow(forge(block, time_ms=time_ms))
    chain.follow(forge(block, time_ms=chain.ledger.tip_time_ms + 1))


def test_first_block_has_no_parent_to_certify() -> None:
    chain = Chain()
    certificate = chain.certify(GENESIS_HASH)
    with pytest.raises(InvalidBlock):
        check_last_commit(a_ledger(), certificate)
    check_last_commit(a_ledger(), None)


def test_evidence_is_part_of_what_a_block_does() -> None:
    chain = Chain(a_genesis(validators=4))
    evidence = an_evidence(2)
    block = chain.propose(evidence=[evidence]).block
    assert block.header.evidence_hash == evidence_hash((evidence.encode(),))
    assert chain.follow(block).verified.evidence == (evidence,)
    for other in ((), (an_evidence(3).encode(),)):
        with pytest.raises(HeaderMismatch, match="state_root"):
            chain.follow(forge(replace(block, evidence=other)))


def test_block_with_evidence_that_does_not_count_is_invalid() -> None:
    chain = Chain(a_genesis(validators=4))
    for evidence, reason in (
        ([an_evidence(2, height=2)], "has not come"),
        ([an_evidence(7)], "no validator's"),
        ([an_evidence(2), an_evidence(2, round_=1)], "punished already"),
    ):
        block = replace(chain.propose().block, evidence=tuple(one.encode() for one in evidence))
        with pytest.raises(InvalidBlock, match=reason):
            chain.follow(forge(block))


def test_mismatch_names_the_field() -> None:
    chain = Chain()
    with pytest.raises(HeaderMismatch, match="outcomes_root") as refusal:
        chain.follow(forge(chain.propose(a_transfer()).block, outcomes_root=ZERO_HASH))
    assert refusal.value.detail == "outcomes_root"


def test_transaction_that_cannot_be_applied_spoils_its_block() -> None:
    chain = Chain()
    block = chain.propose().block
    with pytest.raises(InvalidBlock, match="cannot be applied"):
        chain.follow(forge(block, transactions=(a_transfer(nonce=1).encode(),)))


def test_two_followers_agree_through_many_blocks() -> None:
    chain = Chain(a_genesis(parameters=PRICED, validators=4))
    other = genesis_ledger(chain.genesis)
    for number in range(10):
        chain.block(a_transfer(nonce=number, to=f"person {number}", fee=500))
        data = chain.blocks[-1].block.encode()
        executed = execute_block(
            other, verify_block(Block.decode(data), known={}, known_receipts={})
        )
        other.advance(
            executed.state,
            executed.update,
            height=executed.block.header.height,
            tip_hash=executed.hash,
            tip_time_ms=executed.block.header.time_ms,
        )
        assert other.commitment.root == chain.ledger.commitment.root
        assert (other.height, other.tip_hash) == (chain.height, chain.ledger.tip_hash)


def test_draft_of_another_ledger_or_height_is_not_taken_over() -> None:
    chain = Chain()
    early = chain.propose(a_transfer())
    chain.block()
    place = {"tip_hash": early.hash, "tip_time_ms": 0}
    with pytest.raises(AssertionError):
        chain.ledger.advance(early.state, early.update, height=2, **place)
    with pytest.raises(AssertionError):
        a_ledger().advance(early.state, early.update, height=1, **place)


ROOT_OF_A_RUN = """
from tests.support.random_run import play
print(play(seed=7, blocks=12).chain.ledger.commitment.root.hex())
"""


def test_order_of_hashing_in_memory_changes_no_root() -> None:
    """Sets and dictionaries of bytes are ordered by a seed of the process; roots must not be."""
    roots = {
        subprocess.run(
            [sys.executable, "-c", ROOT_OF_A_RUN],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(roots) == 1
    assert len(roots.pop().strip()) == 64
