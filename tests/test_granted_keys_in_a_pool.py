"""What granted keys left waiting goes when their grants go: it could never be included."""

from chain.mempool import Mempool
from chain.policy_payloads import Revoke
from tests.support.builders import a_claim, a_genesis, a_receipt, a_reserve, a_signed, key_of
from tests.support.chain import Chain
from tests.support.policy import a_grant

SESSION = a_reserve(jobs_max=9, cap=900)


def test_transactions_of_a_revoked_key_are_dropped() -> None:
    chain = Chain()
    chain.block(a_signed(a_grant()))
    pool = Mempool(chain.ledger)
    pool.add(chain.verify(a_reserve(by="gate", account="client", nonce=0)))
    pool.add(chain.verify(a_reserve(by="client", nonce=2, job_id="job-2")))
    revoke = Revoke(public_key=key_of("gate").public_key)
    pool.settle(chain.block(a_signed(revoke, nonce=1)).state.changes)
    assert [one.transaction.nonce for one in pool.transactions.values()] == [2]


def test_claims_of_an_expired_key_are_dropped() -> None:
    chain = Chain(a_genesis())
    chain.block(SESSION, a_signed(a_grant("box", expires_at=4), by="miner"))
    pool = Mempool(chain.ledger)
    for signer, job_id in (("box", "a"), ("miner", "b")):
        receipt = a_receipt(
            signer=signer,
            job_id=job_id,
            receipt_id=job_id,
            reservation_id=SESSION.id(chain.genesis.hash),
        )
        pool.add_claims(chain.verify(a_claim(receipt, signer=signer)), [receipt])
    for _ in range(4):
        pool.settle(chain.block().state.changes)
    assert chain.height == 5
    waiting = [one.transaction.claim.job_id for one in pool.transactions.values()]
    assert waiting == ["b"]
    assert len(pool.receipts) == 1
