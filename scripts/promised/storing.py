"""Promises of the disk: killed, without power, failing, full, rotten."""

from collections.abc import Callable

from scripts.promised.promise import Promise, Shown, Size
from tests.support.storage_run import ALL, Run, run, why_not

_FEW = 24


def _showing(*runs: Run, cases: int = ALL) -> Callable[[Size], Shown]:
    """Return what makes these runs, none of whose disks may lose anything."""

    def show(size: Size) -> Shown:
        reason = why_not()
        if reason is not None:
            return Shown(f"not shown here: {reason}", is_kept=False)
        figures = [run(one, cases=size.choose(full=cases, quick=_FEW)) for one in runs]
        count = sum(one.cases for one in figures)
        lost = sum(one.lost for one in figures)
        forgotten = sum(one.forgotten for one in figures)
        damaged = sum(len(one.damaged) for one in figures)
        said = f"{count:,} disks: {lost} lost a block, {forgotten} forgot a vote, {damaged} damaged"
        return Shown(said, all(one.is_sound for one in figures))

    return show


def _power(size: Size) -> Shown:
    shown = _showing(Run.POWER, cases=1_000)(size)
    if why_not() is not None:
        return shown
    control = run(Run.CONTROL, cases=size.choose(full=100, quick=_FEW))
    said = (
        f"{shown.figure}; without the syncs, as a control, {control.lost} of {control.cases} lost"
    )
    return Shown(said, shown.is_kept and control.lost > 0)


PROMISES = (
    Promise(
        "A block that was acknowledged is never lost, a vote that was sent never contradicted",
        "SIGKILL before, after and in the middle of every call that changes the disk",
        _showing(Run.CRASHES, Run.RESTARTS),
    ),
    Promise("The same", "loss of power: any part of what was not synced is gone or torn", _power),
    Promise(
        "A disk that fails or is full stops the node, which goes on where it was",
        "an I/O error or no space at every call",
        _showing(Run.FAULTS),
    ),
    Promise(
        "Damage is noticed at the start or harms nothing",
        "flipped bits in database, its log and the sign log",
        _showing(Run.DATABASE_FLIPS, Run.WAL_FLIPS, Run.LOG_FLIPS, cases=400),
    ),
)
