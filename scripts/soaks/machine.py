"""Hypothesis plays the rules of the ledger for long."""

import time

from scripts.soaks.ledger import print_tally
from tests.judge.machine import run_machine

STEPS_OF_A_RUN = 50


def run(*, steps: int) -> bool:
    """Play about so many rules.

    Returns:
        Whether every invariant held.
    """
    # Hypothesis ends some runs early; a fifth more of them make up for it.
    runs = -(-steps * 6 // (5 * STEPS_OF_A_RUN))
    print(f"machine: {runs:,} runs of {STEPS_OF_A_RUN} rules, always the same ones", flush=True)
    started = time.monotonic()
    try:
        tally = run_machine(runs=runs, steps=STEPS_OF_A_RUN)
    except AssertionError as failed:
        print(f"machine: FAILED, {failed}\n" + "\n".join(getattr(failed, "__notes__", ())))
        return False
    taken = time.monotonic() - started
    print(f"machine: {tally.rules:,} rules in {tally.blocks:,} blocks, {taken:.0f} s, all sound")
    print_tally(tally)
    return True
