"""Validators come and go on a running chain of real nodes while people pay each other."""

import os
import shutil
import tempfile
import time
from pathlib import Path

from chain.consensus.events import TimerKind
from chain.consensus.timing import Timing
from chain.errors import AitbcError
from tests.support.growing_net import growing_net
from tests.support.seat_run import SeatRun

FEW = 4
INTERVAL_MS = 2_000
"""Milliseconds from block to block: seven nodes are 21 processes, which may share two cores."""

ROUNDS_MAX = 2


def run(*, most: int, seed: int) -> bool:
    """Grow from one validator by way of four, shrink to four, change a key; print what it took.

    Args:
        most: validators in between.
        seed: decides the transfers.

    Returns:
        Whether every transfer became final exactly once and no height took too many rounds.
    """
    print(
        f"validators: 1 to {most} to {FEW}, seed {seed}, load {os.getloadavg()[0]:.1f}", flush=True
    )
    # Not a context: what failed stays there to be looked into.
    folder = Path(tempfile.mkdtemp(prefix="aitbc-validators-"))
    started = time.monotonic()
    try:
        seats, compared = play(folder, most=most, seed=seed)
    except (AssertionError, AitbcError) as failed:
        print(f"validators: FAILED, {failed}")
        print(f"validators: the nodes' logs and databases are in {folder}")
        return False
    shutil.rmtree(folder)
    gap_s, took_s = seats.agreement.longest_gap_ms / 1_000, time.monotonic() - started
    print(
        f"validators: {len(seats.transfers.sent)} transfers, each final exactly once, none failed"
    )
    print(
        f"validators: {compared} blocks, the same everywhere, at most {seats.rounds_max} rounds "
        f"for one, the longest gap {gap_s:.1f} s (two rounds: {two_rounds_s():.1f} s), "
        f"{took_s:.0f} s"
    )
    return seats.rounds_max <= ROUNDS_MAX


def play(folder: Path, *, most: int, seed: int) -> tuple[SeatRun, int]:
    """Let validators come and go on a new chain, and print each change.

    Returns:
        What the changes showed, and how many blocks are the same in all databases.

    Raises:
        AssertionError: something does not hold; says what.
        AitbcError: a node that should does not answer, or does not start.
    """
    with growing_net(folder / "devnet", interval_ms=INTERVAL_MS) as net:
        seats = SeatRun(net, seed=seed, told=_print_change)
        with seats.paying():
            seats.grow(most)
            seats.shrink(FEW)
            seats.rotate()
    return seats, seats.agreement.check_files()


def two_rounds_s() -> float:
    """Return the seconds between two blocks when a round failed and the next one just did not."""
    timing = Timing()
    waits_ms = [
        timing.wait_ms(kind, round_)
        for round_ in range(ROUNDS_MAX)
        for kind in (TimerKind.PROPOSE, TimerKind.PREVOTE, TimerKind.PRECOMMIT)
    ]
    return (INTERVAL_MS + sum(waits_ms)) / 1_000


def _print_change(change: object) -> None:
    print(f"  {change}, load {os.getloadavg()[0]:.1f}", flush=True)
