"""Promises about real processes: struck, frozen, cut off, joining and leaving."""

import statistics
import tempfile
from pathlib import Path

from chain.errors import AitbcError
from scripts.promised.promise import Promise, Shown, Size
from scripts.soaks import rounds, seats
from tests import test_wrong_clock
from tests.support.chaos_net import chaos_net
from tests.support.chaos_plan import Deck, Kind

SEED = 1


def _rounds(size: Size) -> Shown:
    count = size.choose(full=14, quick=1)
    with tempfile.TemporaryDirectory(prefix="aitbc-promises-") as folder:
        try:
            deck = Deck(SEED, kinds=tuple(Kind))
            chaos, compared = rounds.play(Path(folder), deck, count=count, seed=SEED)
        except (AssertionError, AitbcError) as failed:
            return Shown(str(failed), is_kept=False)
    faults = sum(len(report.faults) for report in chaos.reports)
    figure = f"{count} rounds, {faults} faults survived, {compared} blocks the same on four nodes, "
    figure += f"{len(chaos.transfers.sent):,} transfers final exactly once, longest gap "
    return Shown(f"{figure}{chaos.agreement.longest_gap_ms / 1_000:.1f} s", is_kept=True)


def _halt(size: Size) -> Shown:
    count = size.choose(full=5, quick=1)
    with tempfile.TemporaryDirectory(prefix="aitbc-promises-") as folder:
        try:
            deck = Deck(SEED, kinds=(Kind.TWO_KILLED,))
            chaos, _ = rounds.play(Path(folder), deck, count=count, seed=SEED)
        except (AssertionError, AitbcError) as failed:
            return Shown(str(failed), is_kept=False)
    seconds = [report.recovery_s for report in chaos.reports]
    middle, worst = statistics.median(seconds), max(seconds)
    figure = f"{count} halts; from process start to the next block on all four {middle:.1f} s "
    return Shown(f"{figure}(median), {worst:.1f} s (worst)", is_kept=True)


def _seats(size: Size) -> Shown:
    most = size.choose(full=7, quick=4)
    with tempfile.TemporaryDirectory(prefix="aitbc-promises-") as folder:
        try:
            run, _ = seats.play(Path(folder), most=most, seed=SEED)
        except (AssertionError, AitbcError) as failed:
            return Shown(str(failed), is_kept=False)
    figure = f"1 to {most} to {seats.FEW} validators and a changed key, "
    figure += f"{len(run.transfers.sent):,} transfers meanwhile, none failed, at most "
    kept = run.rounds_max <= seats.ROUNDS_MAX
    return Shown(f"{figure}{run.rounds_max} rounds for a block", is_kept=kept)


def _clock(_: Size) -> Shown:
    with tempfile.TemporaryDirectory(prefix="aitbc-promises-") as folder:
        try:
            with chaos_net(Path(folder) / "devnet") as net:
                blocks = test_wrong_clock.blocks_by_clock(net, test_wrong_clock.TEN_MINUTES_MS)
        except (AssertionError, AitbcError) as failed:
            return Shown(str(failed), is_kept=False)
    own = sum(one["proposer"] == test_wrong_clock.WRONG_KEY for one in blocks)
    more = test_wrong_clock.rounds(blocks)
    figure = f"{len(blocks)} heights, {own} of its proposals accepted, {more} rounds more"
    return Shown(figure, own == 0)


PROMISES = (
    Promise(
        "Four real nodes keep one chain, and what was submitted becomes final exactly once",
        "processes killed, frozen and restarted, links slow and cut, partitions, all at once",
        _rounds,
    ),
    Promise(
        "Without a quorum the chain halts, and goes on by itself when there is one again",
        "two of four validators killed",
        _halt,
    ),
    Promise(
        "Validators come and go, and change keys, without a halt",
        "on a running chain while people pay",
        _seats,
    ),
    Promise(
        "A wrong clock stops nothing but the proposals of its validator",
        "one of four validators is ten minutes ahead",
        _clock,
    ),
)
