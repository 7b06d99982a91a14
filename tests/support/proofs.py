"""A chain of four validators with a genesis document, and a receipt on it with its proof."""

from dataclasses import replace
from functools import cache
from typing import Any

from chain.address import format_address
from chain.claim import ClaimTransaction
from chain.execution import ExecutedBlock, outcome_rows
from chain.genesis import Genesis
from chain.primitives import Hash
from chain.proof import BlockParts, ReceiptProof, build_proof, build_settlement
from chain.receipt import Receipt
from chain.transaction import decode_transaction
from genesis.document import canonical_bytes, parse_genesis
from tests.support.builders import (
    BALANCES,
    CHAIN_ID,
    GENESIS_TIME_MS,
    a_claim,
    a_receipt,
    a_reserve,
    a_transfer,
    a_validator_set,
    key_of,
)
from tests.support.chain import Chain


def a_genesis_document(*, validators: int = 4, chain_id: str = CHAIN_ID) -> dict[str, Any]:
    """Return a genesis document of the validators and people that tests know."""
    flat = ("transfer", "reserve", "claim", "release", "accept", "dispute", "grant", "offer")
    fees = (*flat, "per_byte", "new_account")
    return {
        "version": 1,
        "chain_id": chain_id,
        "time_ms": GENESIS_TIME_MS,
        "parameters": {
            "devnet": True,
            "block_interval_ms": 1_000,
            "fees": dict.fromkeys(fees, "0"),
            "payout_period": 100,
            "base_rates": [],
            "arbiter": {"resolve_heights": 100, "undecided_provider_percent": 50},
        },
        "validators": [
            {
                "name": one.name,
                "public_key": one.public_key.hex(),
                "payee": format_address(one.payee),
            }
            for one in a_validator_set(validators)
        ],
        "accounts": [
            {"address": format_address(key_of(name).address), "balance": str(balance)}
            for name, balance in BALANCES.items()
        ],
        "treasury": "0",
    }


def parts_of(executed: ExecutedBlock, certificate: bytes) -> BlockParts:
    """Return a decided block in encoded parts."""
    return BlockParts(
        header=executed.block.header.encode(),
        certificate=certificate,
        transactions=executed.block.transactions,
        outcomes=outcome_rows(executed.outcomes, executed.claim_outcomes, executed.due_outcomes),
        receipts=executed.block.receipts,
    )


class ProvenChain:
    """Two receipts, claimed in block 2 among transfers; the first is paid, the second in block 7.

    Attributes:
        document: the genesis document.
        genesis: what it means.
        chain: with seven blocks.
        block: the one with the claims.
        receipts: both documents.
        proofs: of the first; of the second while it waited; of the second with its payment.
    """

    def __init__(self, *, chain_id: str = CHAIN_ID) -> None:
        """Let it happen."""
        self.document = a_genesis_document(chain_id=chain_id)
        self.genesis: Genesis = parse_genesis(canonical_bytes(self.document))
        self.chain = Chain(self.genesis)
        genesis_hash = self.genesis.hash
        paid = a_reserve(genesis_hash=genesis_hash)
        waits = a_reserve(nonce=1, job_id="job-2", dispute_window=5, genesis_hash=genesis_hash)
        self.chain.block(paid, waits)
        self.receipts = (
            self._receipt(paid.id(genesis_hash), receipt_id="receipt-1", job_id="job-1"),
            self._receipt(waits.id(genesis_hash), receipt_id="receipt-2", job_id="job-2"),
        )
        claims = [a_claim(one, final=True, genesis_hash=genesis_hash) for one in self.receipts]
        transfers = [
            a_transfer(1 + nonce, by="stranger", nonce=nonce, genesis_hash=genesis_hash)
            for nonce in range(4)
        ]
        self.block = self.chain.block(*transfers[:3], *claims, *transfers[3:])
        assert self.chain.last_commit is not None
        self.parts = parts_of(self.block, self.chain.last_commit.encode())
        paid_proof, waiting = (self._prove(index) for index in range(2))
        self.chain.blocks_until(7)
        payment = parts_of(self.chain.blocks[-1], self.chain.last_commit.encode())
        settled = replace(waiting, settlement=build_settlement(payment, outcome_index=0))
        self.proofs = (paid_proof, waiting, settled)

    def _receipt(self, reservation_id: Hash, **fields: Any) -> Receipt:  # noqa: ANN401 - handed on
        ours = {"chain_id": self.genesis.chain_id, "genesis_hash": self.genesis.hash.hex()}
        return self.chain.keep(a_receipt(reservation_id=reservation_id, **ours, **fields))

    def _prove(self, index: int) -> ReceiptProof:
        places = [
            place
            for place, data in enumerate(self.parts.transactions)
            if isinstance(decode_transaction(data), ClaimTransaction)
        ]
        return build_proof(self.parts, receipt_index=index, claim_index=places[index])


@cache
def proven_chain(chain_id: str = CHAIN_ID) -> ProvenChain:
    """Return the chain; the same object each time, so look and do not touch."""
    return ProvenChain(chain_id=chain_id)
