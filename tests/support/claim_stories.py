"""One reservation and its claims, told block by block on a stored chain without fees."""

# ruff: noqa: ANN401 -- builders hand fields on by name, and mypy checks the constructors they reach

from typing import Any

from chain.approval import ApprovedTransaction, Resolution, approve
from chain.crypto import sha256
from chain.payloads import Accept, Dispute, Payload
from chain.primitives import Hash
from chain.receipt import Receipt
from chain.transaction import SignedTransaction
from tests.support.builders import GENESIS_HASH, a_claim, a_receipt, a_reserve, a_signed, key_of
from tests.support.stored_chain import StoredChain

REASON = sha256(b"the work is not what was asked for")


class ClaimStory:
    """A session of three jobs for the miner, made in block 1 with 1,000 base units.

    Attributes:
        stored: the chain and its database.
        reservation_id: of the session.
    """

    def __init__(self, stored: StoredChain, **terms: Any) -> None:
        """Reserve; ``terms`` change the session's."""
        self.stored = stored
        session = {"jobs_max": 3, "cap": 1_000, "dispute_window": 5} | terms
        self.reserve = a_reserve(**session)
        self.reservation_id = self.reserve.id(GENESIS_HASH)
        self.nonce = self.reserve.nonce + 1

    def receipt(self, price: int, *, job_id: str = "job-1", **fields: Any) -> Receipt:
        """Return the document of a job, known to whoever proposes."""
        receipt = a_receipt(
            reservation_id=self.reservation_id, job_id=job_id, price=price, **fields
        )
        return self.stored.chain.keep(receipt)

    def claimed(self, price: int = 200, *, final: bool = False) -> Receipt:
        """Store two blocks: the reservation, and a claim that waits."""
        receipt = self.receipt(price)
        self.stored.block(self.reserve)
        self.stored.block(a_claim(receipt, final=final))
        return receipt

    def _signed(self, payload: Payload, fee: int) -> SignedTransaction:
        self.nonce += 1
        return a_signed(payload, nonce=self.nonce - 1, fee=fee)

    def accept(self, receipt: Receipt, *, fee: int = 0) -> SignedTransaction:
        """Return the client's acceptance by transaction."""
        payload = Accept(
            reservation_id=self.reservation_id, receipt_hash=receipt.hash, amount=receipt.price
        )
        return self._signed(payload, fee)

    def dispute(self, receipt: Receipt, *, fee: int = 0) -> SignedTransaction:
        """Return the client's dispute."""
        payload = Dispute(
            reservation_id=self.reservation_id, receipt_hash=receipt.hash, reason_hash=REASON
        )
        return self._signed(payload, fee)

    def resolve(self, receipt: Receipt, amount: int, *, opened_at: int) -> ApprovedTransaction:
        """Return what the validators decide of a dispute."""
        decision = Resolution(
            reservation_id=Hash(self.reservation_id),
            receipt_hash=receipt.hash,
            opened_at=opened_at,
            provider_amount=amount,
        )
        return approve(decision, keys=self.stored.chain.validators, genesis_hash=GENESIS_HASH)


CLIENT, MINER = key_of("client").address, key_of("miner").address
