"""Which miner a client asks first: by model, then by what it did before, then by price.

A miner is known by its live offer on the chain and reached by its card. What it did before is the
share of its newest receipts that were disputed or refunded, and how often it has failed this very
client lately.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from chain.primitives import Address
from node.market.chain_states import OfferState

FAILURES_MS = 3_600_000
"""Milliseconds in which this client remembers that a miner failed it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A miner that could do a job.

    Attributes:
        provider: its address.
        rate: base units per whole unit.
        paid: of its newest receipts, those that were paid.
        bad: of its newest receipts, those that were disputed, split or refunded.
        failures: how often it has failed this client lately.
    """

    provider: Address
    rate: int
    paid: int
    bad: int
    failures: int

    @property
    def place(self) -> tuple[int, int, int, int, bytes]:
        """Where it stands; the lowest is asked first.

        A tenth of bad receipts more counts above any price, and among equal prices the miner with
        the longer record comes first.
        """
        tenths = 10 * self.bad // (self.paid + self.bad) if self.bad else 0
        return self.failures, tenths, self.rate, -self.paid, self.provider


def choose(
    offers: Iterable[OfferState],
    *,
    model: str,
    unit_type: str,
    max_rate: int,
    known: Collection[Address],
    record: Callable[[Address], tuple[int, int]],
    failures: Callable[[Address], int],
) -> list[Candidate]:
    """Return the miners that may do a job, the best first.

    Args:
        offers: live ones.
        model: that must be offered.
        unit_type: that must be offered.
        max_rate: base units per whole unit that may be asked; 0 for any.
        known: miners whose card is at hand, or the only one that is wanted.
        record: paid and bad receipts of a miner.
        failures: of a miner, to this client.
    """
    rates = {
        one.provider: one.rate
        for one in offers
        if (one.model, one.unit_type) == (model, unit_type)
        and one.provider in known
        and (one.rate <= max_rate or not max_rate)
    }
    found = [
        Candidate(provider, rate, *record(provider), failures(provider))
        for provider, rate in rates.items()
    ]
    return sorted(found, key=lambda one: one.place)
