"""Whose signatures count, from genesis and the changes that a proof brings."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chain.errors import ChainError
from chain.light import LightClient
from chain.proof import ReceiptProof
from chain.proof_parts import open_proof
from chain.trust import Trust
from tests.support.changed_proofs import ChangedChain, a_changed_chain
from tests.support.seats import numbers_of


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChangedChain]:
    with a_changed_chain(Path(tmp_path_factory.mktemp("changed"))) as made:
        yield made


def numbers_at(trust: Trust, proof: ReceiptProof, height: int) -> list[int] | None:
    validators_at = trust.validators_of(open_proof(proof))
    return None if validators_at is None else numbers_of(validators_at(height))


def test_genesis_and_changes_lead_to_the_set_of_every_height(world: ChangedChain) -> None:
    trust, proof = Trust(genesis=world.genesis), world.prove(1)
    found = [numbers_at(trust, proof, height) for height in (1, 3, 4, 5, 8, 9, 11)]
    assert found == [
        *([[0, 1, 2, 3]] * 2),
        [1, 2, 3, 4],
        *([[2, 3, 4]] * 2),
        *([[2, 3, 4, 5]] * 2),
    ]


def test_validators_that_are_given_count_alone(world: ChangedChain) -> None:
    given = world.reader.validators(6)
    trust = Trust(validators=given, genesis=world.genesis)
    assert numbers_at(trust, world.prove(0), 1) == [2, 3, 4]
    client = LightClient(world.genesis)
    assert numbers_at(Trust(validators=client), world.prove(0), 6) == [0, 1, 2, 3]


def test_nobody_is_trusted_without_genesis_or_validators(world: ChangedChain) -> None:
    assert numbers_at(Trust(), world.prove(0), 1) is None


def test_every_change_up_to_the_proven_blocks_is_needed(world: ChangedChain) -> None:
    proof = world.prove(1)
    for missing in range(3):
        changes = proof.changes[:missing] + proof.changes[missing + 1 :]
        with pytest.raises(ChainError):
            numbers_at(Trust(genesis=world.genesis), replace(proof, changes=changes), 6)
    with pytest.raises(ChainError, match="validators of block 6 are not those that genesis"):
        numbers_at(Trust(genesis=world.genesis), replace(proof, changes=()), 6)
    short = replace(proof, changes=proof.changes[:2])
    with pytest.raises(ChainError, match="validators of block 11 are not those that genesis"):
        numbers_at(Trust(genesis=world.genesis), short, 6)


def test_changes_come_in_their_order_and_once(world: ChangedChain) -> None:
    proof = world.prove(1)
    for changes in (proof.changes[::-1], (proof.changes[0], *proof.changes)):
        with pytest.raises(ChainError):
            numbers_at(Trust(genesis=world.genesis), replace(proof, changes=changes), 6)
