"""Promises about money: the chain's executor against a second, naive one."""

from scripts.promised.promise import Promise, Shown, Size
from tests.judge.steps import RunFailed, Tally, play

STEPS_OF_A_RUN = 600
FIRST_SEED = 0


def _money(size: Size) -> Shown:
    tally, wanted = Tally(), size.choose(full=60_000, quick=600)
    seed = FIRST_SEED
    while tally.steps < wanted:
        try:
            tally.add(play(seed, steps=STEPS_OF_A_RUN))
        except RunFailed as failed:
            return Shown(f"{tally.steps:,} steps, then {failed}", is_kept=False)
        seed += 1
    said = f"{tally.steps:,} random steps in {tally.blocks:,} blocks: two executors agree on each"
    return Shown(said, is_kept=True)


PROMISES = (
    Promise(
        "No money is made or lost; a receipt is paid at most once; what is reserved is paid or "
        "returned",
        "every kind of transaction in any order, repeated, expired, disputed, refused",
        _money,
    ),
)
