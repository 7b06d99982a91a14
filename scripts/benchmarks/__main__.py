"""The command: runs the parts that were asked for and prints what they found."""

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from chain.errors import AitbcError
from scripts.benchmarks import blocks, latency, lists, machine, paint, siege, signatures, throughput
from scripts.benchmarks.big_chain import FULL, QUICK
from scripts.benchmarks.figures import Part, as_document, format_part, say
from scripts.benchmarks.interrupts import Interrupts

CLOSING = "Quote the ratios: the absolute figures belong to this machine in these minutes."

VALIDATORS = (1, 4)
"""Of the devnets: one alone, and the fewest that can lose one."""


@dataclass(frozen=True)
class Plan:
    """How much is run.

    Attributes:
        quick: whether numbers are small.
        folder: where databases and devnets are made.
        chain: where the long chain is, or is made and kept; None to make it for this run.
        interrupts: held while processes are started and ended.
    """

    quick: bool
    folder: Path
    chain: Path | None
    interrupts: Interrupts

    def choose(self, *, full: int, quick: int) -> int:
        """Return the number for this run."""
        return quick if self.quick else full


def _signatures(plan: Plan) -> Part:
    rounds, checks = plan.choose(full=15, quick=5), plan.choose(full=4_000, quick=1_000)
    return signatures.run(rounds=rounds, checks=checks)


def _blocks(plan: Plan) -> Part:
    return blocks.run(
        plan.folder,
        rounds=plan.choose(full=20, quick=4),
        size=1_000,
        accounts=plan.choose(full=20_000, quick=2_000),
    )


def _throughput(plan: Plan) -> Part:
    return throughput.run(
        plan.folder,
        plan.interrupts,
        validators=VALIDATORS,
        rounds=plan.choose(full=3, quick=1),
        scale=plan.choose(full=100, quick=20),
    )


def _latency(plan: Plan) -> Part:
    return latency.run(
        plan.folder,
        plan.interrupts,
        validators=VALIDATORS,
        paced=plan.choose(full=400, quick=100),
        idle=plan.choose(full=20, quick=4),
    )


def _lists(plan: Plan) -> Part:
    return lists.run(
        plan.chain or plan.folder / "long-chain",
        plan.interrupts,
        size=QUICK if plan.quick else FULL,
        rounds=plan.choose(full=200, quick=10),
    )


def _paint(plan: Plan) -> Part:
    return paint.run(
        plan.chain or plan.folder / "long-chain",
        plan.interrupts,
        size=QUICK if plan.quick else FULL,
        rounds=plan.choose(full=10, quick=3),
    )


def _siege(plan: Plan) -> Part:
    return siege.run(
        plan.folder,
        plan.interrupts,
        turns=plan.choose(full=6, quick=2),
        seconds=plan.choose(full=40, quick=30),
    )


PARTS: Mapping[str, Callable[[Plan], Part]] = {
    signatures.NAME: _signatures,
    blocks.NAME: _blocks,
    throughput.NAME: _throughput,
    latency.NAME: _latency,
    lists.NAME: _lists,
    paint.NAME: _paint,
    siege.NAME: _siege,
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="Small numbers: to see that it works.")
@click.option(
    "--only", multiple=True, type=click.Choice(list(PARTS)), help="This part; may be repeated."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Make databases below this folder, whose disk is then measured.",
)
@click.option(
    "--chain",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the long chain in this folder, and find it there the next time.",
)
def main(
    *, quick: bool, only: tuple[str, ...], as_json: bool, folder: Path | None, chain: Path | None
) -> None:
    """Measure this node on this machine, each figure with its ratio to a baseline."""
    interrupts = Interrupts()
    interrupts.heed()
    with tempfile.TemporaryDirectory(prefix="aitbc-bench-", dir=folder) as place:
        facts = machine.describe(Path(place))
        plan = Plan(quick=quick, folder=Path(place), chain=chain, interrupts=interrupts)
        parts = []
        for name in only or PARTS:
            say(f"{name} begins")
            try:
                parts.append(PARTS[name](plan))
            except AitbcError as error:
                raise click.ClickException(str(error)) from None
        facts["load after"] = machine.load_average()
    if as_json:
        json.dump(as_document(facts, parts), sys.stdout, indent=2)
        print()
        return
    print("machine: " + ", ".join(f"{name} {fact}" for name, fact in facts.items()))
    for part in parts:
        print("\n" + format_part(part))
    print("\n" + CLOSING)


if __name__ == "__main__":
    main()
