from dataclasses import replace

import pytest

from chain.proof import ReceiptProof, build_proof
from chain.proof_parts import open_proof
from chain.store.queries import ChainReader
from chain.verification import Trust, verify_proof
from tests.support.builders import a_batch, a_claim, a_receipt, a_reserve, a_transfer
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
