"""Receipts proven on a real database after its validators have changed, approved and fallen."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chain.genesis import Genesis
from chain.proof import ReceiptProof
from chain.receipt import Receipt
from chain.store.queries import ChainReader
from genesis.document import canonical_bytes, parse_genesis
from tests.support.builders import a_claim, a_receipt, a_reserve
from tests.support.evidence import an_evidence
from tests.support.proofs import a_genesis_document
from tests.support.seats import a_change
from tests.support.stored_chain import StoredChain


@dataclass(frozen=True)
class ChangedChain:
    """What happened.

    2 seat 4 joins for 0, from height 4; 3 evidence against 1, which is out at 5; 6 two claims;
    7 seat 5 joins, from 9; 11 pays the second claim.

    Attributes:
        document: the genesis document.
        genesis: what it means.
        receipts: the one that is paid at once, and the one that waits.
        reader: of the database.
        stored: the chain.
    """

    document: dict[str, Any]
    genesis: Genesis
    receipts: tuple[Receipt, Receipt]
    reader: ChainReader
    stored: StoredChain

    def prove(self, index: int) -> ReceiptProof:
        """Return the proof of a receipt as a node gives it."""
        found = self.reader.find_receipt(self.receipts[index].hash)
        assert found is not None
        return self.reader.prove_receipt(found)


@contextmanager
def a_changed_chain(folder: Path) -> Iterator[ChangedChain]:
    """Let it happen; the database is open while the context lasts."""
    document = a_genesis_document(validators=4)
    genesis = parse_genesis(canonical_bytes(document))
    stored = StoredChain(folder, genesis)
    chain = stored.chain
    ours: dict[str, Any] = {"genesis_hash": genesis.hash}
    reserves = [
        a_reserve(nonce=nonce, job_id=f"job-{nonce}", dispute_window=window, **ours)
        for nonce, window in enumerate((0, 5))
    ]
    stored.block(*reserves)
    stored.block(a_change(chain.ledger, chain.validators, join=[4], leave=[0]))
    stored.block(evidence=[an_evidence(1, height=2, **ours)])
    stored.blocks_until(5)
    receipts = tuple(
        chain.keep(
            a_receipt(
                reservation_id=reserve.id(genesis.hash),
                chain_id=genesis.chain_id,
                genesis_hash=genesis.hash.hex(),
                receipt_id=f"receipt-{number}",
                job_id=f"job-{number}",
            )
        )
        for number, reserve in enumerate(reserves)
    )
    stored.block(*(a_claim(one, **ours) for one in receipts))
    stored.block(a_change(chain.ledger, chain.validators, join=[5]))
    stored.blocks_until(12)
    reader = stored.reader()
    try:
        yield ChangedChain(document, genesis, (receipts[0], receipts[1]), reader, stored)
    finally:
        reader.close()
        stored.close()
