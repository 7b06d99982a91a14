from collections.abc import Iterator
from dataclasses import replace

import pytest

from chain.certificate import VoteKind, vote_signing_bytes
from chain.proof import ReceiptProof, build_proof
from chain.proof_parts import open_proof
from chain.set_change import SetChange
from chain.store import proof_rows
from chain.store.queries import ChainReader
from chain.trust import Trust
from chain.verification import verify_proof
from node.receipt_check import verify_receipt
from tests.support.builders import (
    a_batch,
    a_claim,
    a_receipt,
    a_reserve,
    a_transfer,
    a_validator_set,
    validator_keys,
)
from tests.support.changed_proofs import ChangedChain, a_changed_chain
from tests.support.proofs import parts_of
from tests.support.stored_chain import StoredChain, Story


def proof_of(reader: ChainReader, receipt_hash: bytes) -> ReceiptProof:
    found = next(one for one in reader.receipts_page().receipts if one.receipt_hash == receipt_hash)
    return reader.prove_receipt(found)


def test_every_receipt_of_a_real_chain_is_proven(stored: StoredChain, story: Story) -> None:
    stored.blocks_until(8)
    genesis = stored.chain.genesis
    trust = Trust(genesis.hash, genesis.chain_id, genesis.validators)
    reader = stored.reader()
    expected = ((story.receipt, 250, 0), (story.second, 200, 0), (story.third, 0, 100))
    for receipt, paid, pending in expected:
        proof = proof_of(reader, receipt.hash)
        found = verify_proof(proof, trust, data=proof.encode())
        assert found.is_final, found.report
        assert (found.paid, found.pending) == (paid, pending)
    reader.close()


@pytest.mark.parametrize("place", range(2))
def test_proof_is_that_of_the_decided_block(stored: StoredChain, place: int) -> None:
    reserves = [a_reserve(nonce=nonce, job_id=f"job-{nonce}") for nonce in range(2)]
    idle = a_reserve(nonce=2, job_id="idle", expires_at=2)
    stored.block(*reserves, idle)
    receipts = [
        stored.chain.keep(
            a_receipt(
                reservation_id=reserve.id(stored.chain.genesis.hash),
                receipt_id=f"receipt-{number}",
                job_id=f"job-{number}",
            )
        )
        for number, reserve in enumerate(reserves)
    ]
    claims = [a_claim(receipt) for receipt in receipts]
    executed = stored.block(a_transfer(nonce=3), claims[0], a_transfer(nonce=4), claims[1])
    assert executed.due_outcomes, "the idle reservation expires with this block"
    stored.block()
    reader = stored.reader()
    certificate = reader.find_certificate(2)
    assert certificate is not None
    parts = parts_of(executed, certificate.encode())
    expected = build_proof(parts, receipt_index=place, claim_index=1 + 2 * place)
    assert proof_of(reader, receipts[place].hash) == expected
    assert open_proof(expected).receipt == receipts[place]
    reader.close()


def test_each_receipt_of_a_batch_is_proven(stored: StoredChain) -> None:
    genesis = stored.chain.genesis
    reserve = a_reserve(jobs_max=2, cap=600, job_id="session")
    stored.block(reserve)
    receipts = [
        stored.chain.keep(
            a_receipt(
                reservation_id=reserve.id(genesis.hash),
                receipt_id=f"receipt-{number}",
                job_id=f"job-{number}",
                price=100 + number,
            )
        )
        for number in range(2)
    ]
    stored.block(a_batch(*receipts))
    reader = stored.reader()
    trust = Trust(genesis.hash, genesis.chain_id, genesis.validators)
    proofs = [proof_of(reader, receipt.hash) for receipt in receipts]
    for proof, paid in zip(proofs, (100, 101), strict=True):
        found = verify_proof(proof, trust, data=proof.encode())
        assert found.is_final, found.report
        assert found.paid == paid
    swapped = replace(proofs[0], outcome=proofs[1].outcome)
    assert not verify_proof(swapped, trust, data=swapped.encode())
    reader.close()


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChangedChain]:
    with a_changed_chain(tmp_path_factory.mktemp("changed")) as made:
        yield made


@pytest.mark.parametrize(("place", "height", "changes"), [(0, 6, 2), (1, 6, 3)])
def test_receipt_after_changes_is_proven_by_the_genesis_document_alone(
    changed: ChangedChain, place: int, height: int, changes: int
) -> None:
    proof = changed.prove(place)
    assert len(proof.changes) == changes
    found = verify_receipt(proof.encode(), genesis=changed.document)
    assert found.is_final, found.report
    assert (found.height, found.paid) == (height, 300)


def test_proof_from_before_the_first_change_has_no_changes(
    stored: StoredChain, story: Story
) -> None:
    reader = stored.reader()
    proof = proof_of(reader, story.receipt.hash)
    assert proof.changes == ()
    assert b"changes" not in proof.encode()
    reader.close()


def test_too_many_changes_are_left_out_and_it_says_so(
    changed: ChangedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof_rows, "CHANGES_MAX", 1)
    proof = changed.prove(0)
    assert proof.changes == ()
    found = verify_receipt(proof, genesis=changed.genesis)
    assert not found
    assert "the validators of block 6 are not those that genesis and the changes" in found.reason
    given = changed.reader.validators(6)
    assert verify_receipt(proof, genesis=changed.genesis, validators=given).is_final


@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.slow), 11])
def test_no_changed_bit_of_a_change_goes_unnoticed(changed: ChangedChain, step: int) -> None:
    proof = changed.prove(0)
    data = proof.encode()
    first, last = data.index(b'"changes"'), data.index(b'"claim"')
    for place in range(first, last, step):
        altered = bytearray(data)
        altered[place] ^= 1 << place % 8
        found = verify_receipt(bytes(altered), genesis=changed.genesis)
        assert not found, f"byte {place}"
        assert found.reason


def test_change_by_those_who_left_is_refused(changed: ChangedChain) -> None:
    """The first validators sign another history: a set of their friends from height 4 on."""
    proof = changed.prove(0)
    forged = open_proof(proof).changes[0]
    header = replace(forged.header, next_validators_hash=a_validator_set(7).hash)
    chain = changed.stored.chain
    message = vote_signing_bytes(
        VoteKind.PRECOMMIT, chain.genesis.hash, height=3, round_=0, block_hash=header.hash
    )
    keys = validator_keys(4)
    for signers, said in ((2, "2 signed"), (3, "are not those that genesis")):
        certificate = replace(
            forged.certificate,
            block_hash=header.hash,
            signatures=tuple((n, keys[n].sign(message)) for n in range(signers)),
        )
        change = SetChange(header.encode(), certificate.encode(), a_validator_set(7).encode())
        found = verify_receipt(replace(proof, changes=(change,)), genesis=changed.genesis)
        assert not found
        assert said in found.reason
