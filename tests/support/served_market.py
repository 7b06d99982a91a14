"""A served chain with a market on it: two receipts, one paid and one that waits, and a grant."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chain.grants import Scope
from chain.policy_payloads import Grant
from chain.primitives import Hash
from chain.receipt import Receipt
from node.keystore import write_key
from tests.support.builders import (
    CHAIN_ID,
    a_claim,
    a_receipt,
    a_reserve,
    a_signed,
    key_of,
    seed_of,
)
from tests.support.served_chain import ServedChain, served_chain
from tests.support.small_chain import StoredChain


@dataclass(frozen=True)
class ServedMarket:
    """What commands are tried on.

    Attributes:
        served: the node and its chain of five blocks.
        url: of its JSON-RPC.
        receipts: the one that is paid, and the one whose window is open.
        keys: key files by the names of people.
    """

    served: ServedChain
    url: str
    receipts: tuple[Receipt, Receipt]
    keys: dict[str, Path]

    @property
    def genesis_hash(self) -> Hash:
        """Genesis hash of the chain."""
        found: Hash = self.served.do(lambda stored: stored.chain.genesis.hash)
        return found


@contextmanager
def served_market(folder: Path) -> Iterator[ServedMarket]:
    """Serve the market while the context lasts."""
    with served_chain(folder) as served:
        receipts = served.do(_fill)
        keys = {}
        for name in ("client", "miner", "stranger"):
            keys[name] = folder / f"{name}.key"
            write_key(keys[name], seed_of(name))
        yield ServedMarket(served, served.url, receipts, keys)


def _fill(stored: StoredChain) -> tuple[Receipt, Receipt]:
    chain = stored.chain
    genesis_hash = chain.genesis.hash
    paid = a_reserve(genesis_hash=genesis_hash)
    waits = a_reserve(nonce=1, job_id="job-2", dispute_window=20, genesis_hash=genesis_hash)
    stored.block(paid, waits)
    ours = {"chain_id": CHAIN_ID, "genesis_hash": genesis_hash.hex()}
    first, second = (
        chain.keep(
            a_receipt(
                reservation_id=one.id(genesis_hash),
                receipt_id=f"receipt-{number}",
                job_id=f"job-{number}",
                **ours,
            )
        )
        for number, one in ((1, paid), (2, waits))
    )
    stored.block(a_claim(first, final=True, genesis_hash=genesis_hash))
    stored.block(a_claim(second, final=True, genesis_hash=genesis_hash))
    grant = Grant(
        label="gateway",
        public_key=key_of("gateway").public_key,
        scopes=Scope.RESERVE | Scope.ACCEPT,
        total_limit=500,
        transaction_limit=200,
        period_limit=300,
        period_heights=10,
        expires_at=90,
    )
    stored.block(a_signed(grant, nonce=2, genesis_hash=genesis_hash))
    return first, second
