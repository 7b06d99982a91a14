"""Jobs through real miners while workers crash, prices are wrong, and processes are killed."""

import os
import shutil
import tempfile
import time
from pathlib import Path

from chain.errors import AitbcError
from chain.primitives import BASE_UNITS
from node.market.job_book import AttemptState, JobState
from tests.support.market_audit import Audit, audit
from tests.support.market_faults import Scale, market_run

MINERS = 4
VALIDATORS = 4
INTERVAL_MS = 1_000
THREADS = 12
KILL_EVERY_S = 15.0
SECONDS_PER_JOB = 20


def run(*, jobs: int, seed: int) -> bool:
    """Have so many jobs done and print what became of them.

    Args:
        jobs: how many.
        seed: decides what goes wrong with which, and who is killed when.

    Returns:
        Whether each was paid once or returned in full, and all sums agree with the chain.
    """
    scale = Scale(
        jobs=jobs,
        miners=MINERS,
        validators=VALIDATORS,
        interval_ms=INTERVAL_MS,
        threads=THREADS,
        kill_every_s=KILL_EVERY_S,
        within_s=600 + SECONDS_PER_JOB * jobs,
    )
    load = os.getloadavg()[0]
    print(f"jobs: {jobs} through {MINERS} miners, seed {seed}, load {load:.1f}", flush=True)
    # Not a context: what failed stays there to be looked into.
    folder = Path(tempfile.mkdtemp(prefix="aitbc-jobs-"))
    started = time.monotonic()
    try:
        with market_run(folder, scale, seed=seed) as market:
            market.play()
            took_s = time.monotonic() - started
            found = audit(market)
            killed = market.killed_miners, market.killed_clients + market.killed_by_others
    except (AssertionError, AitbcError) as failed:
        print(f"jobs: FAILED, {failed}\njobs: journals, logs and databases are in {folder}")
        return False
    shutil.rmtree(folder)
    tell(found, took_s=took_s, killed=killed)
    return True


def tell(found: Audit, *, took_s: float, killed: tuple[int, int]) -> None:
    """Print what became of the jobs."""
    states = dict.fromkeys(JobState, 0)
    for (_, state), count in found.jobs.items():
        states[state] += count
    attempts = ", ".join(f"{state} {count}" for state, count in sorted(found.attempts.items()))
    print(
        f"jobs: {states[JobState.DONE]} paid exactly once, {states[JobState.FAILED]} returned in "
        f"full, {took_s:.0f} s, {killed[0]} kills of miners, {killed[1]} of clients"
    )
    for kind in sorted({kind for kind, _ in found.jobs}):
        ends = ", ".join(
            f"{found.jobs[kind, state]} {state}" for state in JobState if found.jobs[kind, state]
        )
        print(f"  {kind}: {ends}")
    print(f"  attempts: {attempts}")
    print("  why returned: " + ", ".join(f"{why} {n}" for why, n in found.reasons.most_common()))
    paid, fees = found.paid / BASE_UNITS, found.fees / BASE_UNITS
    print(
        f"jobs: clients paid {paid:.6f} AITBC and {fees:.6f} for transactions; miners got the same "
        "less fees, and every balance is what the chain's receipts say"
    )
    assert found.attempts[AttemptState.PAID] == states[JobState.DONE]
