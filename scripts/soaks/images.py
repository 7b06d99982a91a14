"""Disks that were killed, lost their power, failed or rotted, by the thousand."""

import time

from tests.support.storage_figures import Figures
from tests.support.storage_run import ALL, Run, run, why_not

CONTROLS, FLIPS = 10, 5
"""Images for one image of the control, and for one flipped bit of each kind of file."""

_MATRICES = (Run.CRASHES, Run.RESTARTS, Run.FAULTS)


def run_all(*, images: int, seed: int) -> bool:
    """Make so many images of a lost power, and what else there is in proportion; print counts.

    Returns:
        Whether nothing was lost, and the control lost something.
    """
    reason = why_not()
    if reason is not None:
        print(f"images: NOT RUN, {reason}")
        return False
    verdicts = [_one(what, images=images, seed=seed) for what in Run]
    return all(verdicts)


def _cases(what: Run, images: int) -> int:
    if what in _MATRICES:
        return ALL
    shares = {Run.POWER: 1, Run.CONTROL: CONTROLS}
    return -(-images // shares.get(what, FLIPS))


def _one(what: Run, *, images: int, seed: int) -> bool:
    started = time.monotonic()
    figures = run(what, cases=_cases(what, images), seed=seed)
    taken = time.monotonic() - started
    print(f"{what}: {describe(figures)}, {taken:.0f} s", flush=True)
    for one in figures.damaged:
        print(f"  {one}")
    if what is Run.CONTROL:
        return figures.lost > 0
    if not figures.is_sound:
        print(f"{what}: FAILED; repeat with --images {images} --seed {seed}")
    return figures.is_sound


def describe(figures: Figures) -> str:
    """Return the counts of a run in words."""
    notes = ", ".join(f"{what} {count:,}" for what, count in sorted(figures.notes.items()))
    return (
        f"{figures.cases:,} disks ({notes}), {figures.lost:,} lost blocks, "
        f"{figures.forgotten:,} forgot votes, {len(figures.damaged):,} damaged"
    )
