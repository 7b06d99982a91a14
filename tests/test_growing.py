"""Validators join, leave and change their keys on a running chain, and nobody's payment fails."""

import secrets
from pathlib import Path

import pytest

from tests.support.growing_net import growing_net
from tests.support.seat_run import SeatRun

pytestmark = [pytest.mark.network, pytest.mark.slow]

SEEDS = 1_000_000
ROUNDS_MAX = 2
"""Rounds that a height may take while validators come and go."""


def test_validators_come_and_go_while_people_pay(tmp_path: Path) -> None:
    with growing_net(tmp_path / "devnet", interval_ms=500) as net:
        run = SeatRun(net, seed=secrets.randbelow(SEEDS))
        with run.paying():
            run.grow(4)
            run.shrink(3)
            run.rotate()
        assert run.rounds_max <= ROUNDS_MAX
        assert [change.count for change in run.changes] == [2, 3, 4, 3, 3]
    assert run.agreement.check_files() >= run.changes[-1].height + 2
