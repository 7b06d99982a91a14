"""A miner that asks for all that is reserved where a job's name begins with ``greedy``."""

from unittest.mock import patch

from node.__main__ import main
from node.market.bill import Biller
from node.market.chain_states import ReservationState
from tests.support.market_plan import JobKind

_honest = Biller.price


def _price(biller: Biller, units: int, rate: int, reservation: ReservationState) -> int:
    """Return too much for some."""
    if reservation.job_id.startswith(JobKind.GREEDY):
        return reservation.cap
    return _honest(biller, units, rate, reservation)


if __name__ == "__main__":
    with patch.object(Biller, "price", _price):
        main()
