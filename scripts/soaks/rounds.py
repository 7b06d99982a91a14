"""Rounds of faults on four real validators: killed, frozen, restarted, cut off from each other."""

import os
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from chain.errors import AitbcError
from tests.support.chaos_net import ChaosNet, chaos_net
from tests.support.chaos_plan import Deck, Kind
from tests.support.chaos_run import ChaosRun, RoundReport

FAULTS_MAX = 2
"""Faults of one round in every third round; the others have one, which is then to blame."""


def run(*, count: int, seed: int, kind: Kind | None = None) -> bool:
    """Play so many rounds and print what they showed.

    Args:
        count: how many rounds.
        seed: decides the faults, their times and the transfers.
        kind: the only one; every kind when None.

    Returns:
        Whether every fault was survived.
    """
    print(f"rounds: {count} with seed {seed}, load {os.getloadavg()[0]:.1f}", flush=True)
    kinds = tuple(Kind) if kind is None else (kind,)
    # Not a context: what failed stays there to be looked into.
    folder = Path(tempfile.mkdtemp(prefix="aitbc-rounds-"))
    started = time.monotonic()
    try:
        chaos, compared = play(folder, Deck(seed, kinds=kinds), count=count, seed=seed)
    except (AssertionError, AitbcError) as failed:
        print(f"rounds: FAILED, {failed}\n" + "\n".join(getattr(failed, "__notes__", ())))
        print(f"rounds: repeat with --rounds {count} --seed {seed}")
        print(f"rounds: the nodes' logs and databases are in {folder}")
        return False
    shutil.rmtree(folder)
    _print_recoveries(chaos.reports)
    _print_gaps(chaos)
    again, sent = chaos.transfers.offered_again, len(chaos.transfers.sent)
    print(f"rounds: {sent} transfers, each final exactly once; {again} had to be offered again")
    gap_s, took_s = chaos.agreement.longest_gap_ms / 1_000, time.monotonic() - started
    print(
        f"rounds: every fault survived, the same chain everywhere: {compared} blocks, "
        f"{gap_s:.1f} s the longest gap, {took_s:.0f} s"
    )
    return True


def play(folder: Path, deck: Deck, *, count: int, seed: int) -> tuple[ChaosRun, int]:
    """Play so many rounds of a deck on a new devnet, and print each.

    Returns:
        What the rounds showed, and how many blocks are the same in all databases.

    Raises:
        AssertionError: something does not hold; says what.
        AitbcError: a node that should does not answer, or the devnet does not start.
    """
    with chaos_net(folder / "devnet") as net:
        chaos = _play(net, deck, count=count, seed=seed)
    return chaos, chaos.agreement.check_files()


def _play(net: ChaosNet, deck: Deck, *, count: int, seed: int) -> ChaosRun:
    chaos = ChaosRun(net, seed=seed)
    for number in range(1, count + 1):
        faults = deck.deal(most=1 if number % 3 else FAULTS_MAX)
        print(f"  {number:3}  {' and '.join(map(str, faults))}", flush=True)
        report = chaos.play(faults)
        print(
            f"       new block everywhere after {report.recovery_s:.1f} s, "
            f"heights {report.first} to {report.last}, "
            f"longest gap {report.longest_gap_ms / 1_000:.1f} s, "
            f"{report.sent} transfers, load {report.load:.1f}",
            flush=True,
        )
    chaos.finish()
    return chaos


def _print_recoveries(reports: list[RoundReport]) -> None:
    """Print how long each kind of fault took to heal, where it came alone."""
    by_kind: dict[str, list[float]] = defaultdict(list)
    for report in reports:
        kind = report.faults[0].kind if len(report.faults) == 1 else "two at once"
        by_kind[kind].append(report.recovery_s)
    print(
        "rounds: seconds from healing, which is the process start of what was killed, to the next"
    )
    print("        block on every node")
    for kind, seconds in sorted(by_kind.items()):
        middle, worst = statistics.median(seconds), max(seconds)
        print(f"  {kind:22} {len(seconds):3} times  median {middle:5.1f}  worst {worst:5.1f}")


def _print_gaps(chaos: ChaosRun) -> None:
    """Print the longest gap between two blocks, and the longest while a quorum was up."""
    widest = max(chaos.reports, key=lambda report: report.longest_gap_ms)
    what = " and ".join(map(str, widest.faults))
    print(f"rounds: the longest gap, {widest.longest_gap_ms / 1_000:.1f} s: {what}")
    calm = [report for report in chaos.reports if report.keeps_a_quorum]
    if calm:
        widest = max(calm, key=lambda report: report.longest_gap_ms)
        what = " and ".join(map(str, widest.faults))
        print(f"  while a quorum was up, {widest.longest_gap_ms / 1_000:.1f} s: {what}")
