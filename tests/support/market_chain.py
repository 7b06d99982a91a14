"""A stored chain on which keys, prices, a batch, a dispute and payouts were made, for the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from chain.approval import Resolution, approve
from chain.parameters import BaseRate
from chain.receipt import Receipt
from node.api.services import Services
from tests.support.builders import (
    FREE,
    GENESIS_HASH,
    a_batch,
    a_receipt,
    a_reserve,
    a_signed,
    validator_keys,
)
from tests.support.policy import a_grant, about_claim, an_offer
from tests.support.small_chain import StoredChain, services_of, stored_chain

RULES = replace(
    FREE, payout_period=4, base_rates=(BaseRate("llama3.2", "gpu_seconds", 150),), fee_transfer=7
)
"""Payout periods of four heights."""

RESERVE = a_reserve(
    by="gate", account="client", job_id="session", cap=900, jobs_max=3, dispute_window=5
)
RESERVATION_ID = RESERVE.id(GENESIS_HASH)


def a_session_receipt(name: str, price: int) -> Receipt:
    """Return a receipt of the session; its job has its name."""
    return a_receipt(reservation_id=RESERVATION_ID, receipt_id=name, job_id=name, price=price)


ACCEPTED, DISPUTED = a_session_receipt("first", 300), a_session_receipt("second", 200)


@dataclass
class Market:
    """What happened.

    1 a grant and two offers; 2 the granted key reserves; 3 a batch of two claims; 4 the client
    accepts one and disputes the other; 5 it is split; 8 ends the second payout period.

    Attributes:
        stored: the chain, of eight blocks.
        services: an edge's, on its database.
    """

    stored: StoredChain
    services: Services


@contextmanager
def a_market(folder: Path) -> Iterator[Market]:
    """Make the chain; it stays open while the context lasts."""
    with stored_chain(folder, parameters=RULES) as stored:
        stored.block(
            a_signed(a_grant("gate", period_limit=950)),
            a_signed(an_offer(rate=120), by="miner"),
            a_signed(an_offer(rate=100, expires_at=5), by="stranger"),
        )
        stored.block(RESERVE)
        for receipt in (ACCEPTED, DISPUTED):
            stored.chain.keep(receipt)
        stored.block(a_batch(ACCEPTED, DISPUTED))
        stored.block(
            a_signed(about_claim("accept", ACCEPTED, {}), nonce=1),
            a_signed(about_claim("dispute", DISPUTED, {}), nonce=2),
        )
        split = Resolution(RESERVATION_ID, DISPUTED.hash, opened_at=4, provider_amount=150)
        stored.block(approve(split, keys=validator_keys(), genesis_hash=GENESIS_HASH))
        for _ in range(3):
            stored.block()
        with services_of(folder) as services:
            yield Market(stored, services)
