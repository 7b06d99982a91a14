"""The command: runs what was asked for, one after the other."""

import secrets
import sys

import click

from scripts.soaks import expiries, ledger, machine

SEEDS = 1_000_000
NOTHING = "say what to run: --ledger, --machine or --expiries"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--ledger", "ledger_steps", type=click.IntRange(1), help="Random steps to compare.")
@click.option("--seed", type=click.IntRange(0), help="First seed of the random steps.")
@click.option("--machine", "machine_steps", type=click.IntRange(1), help="Steps of Hypothesis.")
@click.option("--expiries", "expiring", type=click.IntRange(1), help="Expiries in one height.")
def main(
    *,
    ledger_steps: int | None,
    seed: int | None,
    machine_steps: int | None,
    expiring: int | None,
) -> None:
    """Run long and say calmly how it goes."""
    if not (ledger_steps or machine_steps or expiring):
        raise click.UsageError(NOTHING)
    sound = True
    if ledger_steps:
        first = secrets.randbelow(SEEDS) if seed is None else seed
        sound &= ledger.run(steps=ledger_steps, first_seed=first)
    if machine_steps:
        sound &= machine.run(steps=machine_steps)
    if expiring:
        expiries.run(count=expiring)
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
