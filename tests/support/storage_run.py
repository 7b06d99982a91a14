"""The runs on failing disks, each spread over processes that have nothing else in them.

A life is forked at every point, its calls are replaced for good and its limits lowered, so all of
it happens in interpreters of its own: ``python -m tests.support.storage_run NAME CASES SEED PART
PARTS`` writes pickled figures.
"""

import os
import pickle
import platform
import subprocess
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from tests.support.storage_crashes import crash_matrix
from tests.support.storage_faults import faults
from tests.support.storage_figures import Figures, total
from tests.support.storage_flips import database_flips, log_flips, wal_flips
from tests.support.storage_life import Plan, hurry_the_disk, make_plan
from tests.support.storage_power import forget_to_sync, power_loss, restart_matrix
from tests.support.storage_processes import warm_up

ROOT = Path(__file__).resolve().parents[2]

ALL = 1 << 62
"""Every point there is."""

PLAN_SEED = 3
"""Of the buyers and sellers whose blocks are stored."""

PROCESSES = 2
"""At once; the machine of the tests has two cores."""

DEADLINE_S = 3_600


class Run(StrEnum):
    """What can be run."""

    CRASHES = "crashes"
    RESTARTS = "restarts"
    POWER = "power"
    CONTROL = "control"
    FAULTS = "faults"
    DATABASE_FLIPS = "database"
    WAL_FLIPS = "wal"
    LOG_FLIPS = "log"


def why_not() -> str | None:
    """Return why these runs cannot be made here, or None."""
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"):
        return "the storage layer is watched on 64-bit Linux only"
    return None


def run(what: Run, *, cases: int = ALL, seed: int = 0) -> Figures:
    """Run something with so many cases at most, in several processes.

    Args:
        what: to run.
        cases: points, images or harmed files; those of a matrix are spread evenly over it.
        seed: of what is thrown with dice.

    Raises:
        RuntimeError: a process failed; holds what it said.
    """
    command = [sys.executable, "-m", "tests.support.storage_run", what, str(cases), str(seed)]
    started = [
        subprocess.Popen(
            [*command, str(part), str(PROCESSES)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for part in range(PROCESSES)
    ]
    try:
        said = [process.communicate(timeout=DEADLINE_S) for process in started]
    finally:
        for process in started:
            process.kill()
    for process, (_, complaint) in zip(started, said, strict=True):
        if process.returncode:
            raise RuntimeError(complaint.decode())
    return total(pickle.loads(figures) for figures, _ in said)


def run_part(what: Run, *, cases: int, seed: int, part: int, parts: int) -> Figures:
    """Run one process's part of it in this process, whose limits and pragmas change."""
    hurry_the_disk()
    plan = make_plan(PLAN_SEED)
    warm_up(plan)
    share = len(range(part, cases, parts))
    thrown: dict[Run, Callable[..., Figures]] = {
        Run.POWER: power_loss,
        Run.CONTROL: _control,
        Run.DATABASE_FLIPS: database_flips,
        Run.WAL_FLIPS: wal_flips,
        Run.LOG_FLIPS: log_flips,
    }
    if what in thrown:
        return thrown[what](plan, count=share, seed=seed * parts + part)
    matrix = {Run.CRASHES: crash_matrix, Run.RESTARTS: restart_matrix, Run.FAULTS: faults}[what]
    return matrix(plan, cases=cases, part=part, parts=parts)


def _control(plan: Plan, *, count: int, seed: int) -> Figures:
    forget_to_sync()
    return power_loss(plan, count=count, seed=seed)


if __name__ == "__main__":
    name, *numbers = sys.argv[1:]
    cases, seed, part, parts = map(int, numbers)
    figures = run_part(Run(name), cases=cases, seed=seed, part=part, parts=parts)
    with os.fdopen(1, "wb") as stream:
        pickle.dump(figures, stream)
