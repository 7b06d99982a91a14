"""A stored chain with one of everything that the ``eth_`` view shows, and an edge's services."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chain.primitives import ZERO_ADDRESS
from node.api.services import Services
from tests.support.builders import (
    GENESIS_HASH,
    PRICED,
    a_batch,
    a_receipt,
    a_reserve,
    a_transfer,
)
from tests.support.small_chain import StoredChain, services_of, stored_chain

TRANSFER = a_transfer(100, memo="for the work", fee=500)
RESERVE = a_reserve(nonce=1, fee=600, dispute_window=2, jobs_max=3, cap=4_000)
UNCLAIMED = a_reserve(
    nonce=2, fee=600, job_id="unclaimed", provider=ZERO_ADDRESS, dispute_window=1, expires_at=5
)
FIRST, SECOND = (
    a_receipt(
        reservation_id=RESERVE.id(GENESIS_HASH),
        receipt_id=name,
        job_id=name,
        price=2_000,
        units=10_000_000,
    )
    for name in ("first", "second")
)
BATCH = a_batch(FIRST, SECOND)


@dataclass
class EthChain:
    """What happened.

    1 a transfer and two reservations; 2 a batch of two claims, which wait; 4 both are paid; 5 the
    money of the reservation that nobody claimed comes back.

    Attributes:
        stored: the chain, of six blocks.
        services: an edge's, on its database.
    """

    stored: StoredChain
    services: Services


@contextmanager
def an_eth_chain(folder: Path) -> Iterator[EthChain]:
    """Make the chain; it stays open while the context lasts."""
    with stored_chain(folder, parameters=PRICED) as stored:
        stored.block(TRANSFER, RESERVE, UNCLAIMED)
        for receipt in (FIRST, SECOND):
            stored.chain.keep(receipt)
        stored.block(BATCH)
        for _ in range(4):
            stored.block()
        with services_of(folder) as services:
            yield EthChain(stored, services)
