"""Random steps over every kind of transaction: the chain's executor against the judge."""

import time

from tests.judge.steps import RunFailed, Tally, play

STEPS_OF_A_RUN = 600
"""A run is long enough for everything to happen, and short enough to be looked into."""

REPORT_EVERY_S = 10.0


def run(*, steps: int, first_seed: int) -> bool:
    """Play run after run until there are so many steps.

    Returns:
        Whether both always agreed.
    """
    print(f"ledger: {steps:,} steps from seed {first_seed} on", flush=True)
    tally, seed = Tally(), first_seed
    started = told = time.monotonic()
    while tally.steps < steps:
        try:
            tally.add(play(seed, steps=min(STEPS_OF_A_RUN, steps - tally.steps)))
        except RunFailed as failed:
            print(f"ledger: FAILED, {failed}\nledger: repeat with --ledger 600 --seed {seed}")
            return False
        seed += 1
        if time.monotonic() - told > REPORT_EVERY_S:
            told = time.monotonic()
            print(f"ledger: {tally.steps:,} steps, seed {seed}, no disagreement", flush=True)
    taken = time.monotonic() - started
    print(
        f"ledger: {tally.steps:,} steps in {tally.blocks:,} blocks of {seed - first_seed:,} runs, "
        f"{taken:.0f} s, no disagreement"
    )
    print_tally(tally)
    return True


def print_tally(tally: Tally) -> None:
    """Print what happened, the most frequent first."""
    for what, counts in (("outcomes", tally.kinds), ("refusals", tally.refusals)):
        ordered = sorted(counts.items(), key=lambda one: -one[1])
        print(f"  {what}: " + ", ".join(f"{name.lower()} {count:,}" for name, count in ordered))
