"""The command: runs what was asked for, one after the other."""

import secrets
import sys

import click

from scripts.soaks import expiries, images, jobs, ledger, machine, rounds, seats, seeds
from tests.support.chaos_plan import Kind

SEEDS = 1_000_000
NOTHING = (
    "say what to run: --seeds, --ledger, --machine, --expiries, --images, --rounds, --validators "
    "or --jobs"
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--ledger", "ledger_steps", type=click.IntRange(1), help="Random steps to compare.")
@click.option("--seeds", "plans", type=click.IntRange(1), help="Networks of nodes to simulate.")
@click.option("--seed", type=click.IntRange(0), help="First seed of networks, steps or faults.")
@click.option("--machine", "machine_steps", type=click.IntRange(1), help="Steps of Hypothesis.")
@click.option("--expiries", "expiring", type=click.IntRange(1), help="Expiries in one height.")
@click.option("--images", "image_count", type=click.IntRange(1), help="Disks without power.")
@click.option("--rounds", "fault_rounds", type=click.IntRange(1), help="Rounds of faults.")
@click.option(
    "--fault", type=click.Choice([kind.value for kind in Kind]), help="The only kind of the rounds."
)
@click.option("--validators", "most", type=click.IntRange(4), help="Validators that come and go.")
@click.option("--jobs", "job_count", type=click.IntRange(6), help="Jobs for miners under fire.")
def main(  # noqa: PLR0913 - each kind of run has its option
    *,
    ledger_steps: int | None,
    plans: int | None,
    seed: int | None,
    machine_steps: int | None,
    expiring: int | None,
    image_count: int | None,
    fault_rounds: int | None,
    fault: str | None,
    most: int | None,
    job_count: int | None,
) -> None:
    """Run long and say calmly how it goes."""
    wanted = (plans, ledger_steps, machine_steps, expiring, image_count, fault_rounds, most)
    if not any((*wanted, job_count)):
        raise click.UsageError(NOTHING)
    sound = True
    first = secrets.randbelow(SEEDS) if seed is None else seed
    if plans:
        sound &= seeds.run(seeds=plans, first_seed=first)
    if ledger_steps:
        sound &= ledger.run(steps=ledger_steps, first_seed=first)
    if machine_steps:
        sound &= machine.run(steps=machine_steps)
    if expiring:
        expiries.run(count=expiring)
    if image_count:
        sound &= images.run_all(images=image_count, seed=first)
    if fault_rounds:
        sound &= rounds.run(
            count=fault_rounds, seed=first, kind=None if fault is None else Kind(fault)
        )
    if most:
        sound &= seats.run(most=most, seed=first)
    if job_count:
        sound &= jobs.run(jobs=job_count, seed=first)
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
