"""Lives recorded on the real storage layer, and losses of power at any moment of them."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

from chain.store import connection as store_connection
from chain.store.durable_file import write_all
from chain.store.sign_log import SignLog
from tests.support.storage_calls import Call, Kind
from tests.support.storage_disk import Kept, ModelDisk
from tests.support.storage_figures import Figures, spread
from tests.support.storage_life import Plan, Promise, Stored
from tests.support.storage_processes import How, Moment, judge, record, record_calls

KILLS = 2
"""How often a recorded node is killed and started again before its power goes, at most."""

IMAGES_OF_A_RECORDING = 25

SYNCS = (Kind.SYNC, Kind.SYNC_FOLDER)


def forget_to_sync() -> None:
    """Let this process be the control that must lose.

    Its databases are opened with ``synchronous=NORMAL``, and its sign logs only write.
    """
    pragmas = (pragma.replace("FULL", "NORMAL") for pragma in store_connection._PRAGMAS)
    vars(store_connection)["_PRAGMAS"] = tuple(pragmas)

    def add(self: SignLog, data: bytes) -> None:
        write_all(self._file, data)
        self._size_bytes += len(data)

    SignLog._add = add  # type: ignore[method-assign]  # for good, in a process of its own


def power_loss(plan: Plan, *, count: int, seed: int) -> Figures:
    """Look at so many disks that lost their power; the seed repeats them."""
    calls = record_calls(plan)
    figures = Figures(calls=len(calls))
    while figures.cases < count:
        images = min(IMAGES_OF_A_RECORDING, count - figures.cases)
        with TemporaryDirectory() as name:
            dice = random.Random(f"{seed} {figures.cases}")
            (Path(name) / "life").mkdir()
            moments = record_with_kills(Path(name) / "life", plan, dice, calls)
            _lose_power(Path(name), plan, moments, _cuts(moments, dice, images), dice, figures)
    return figures


def restart_matrix(plan: Plan, *, cases: int, part: int, parts: int) -> Figures:
    """Kill a life before each sync, start it again, and let the power go at its first promise.

    What the second process finds and believes was written by the first, and is on no disk yet.
    """
    calls = record_calls(plan)
    syncs = [place for place, call in enumerate(calls) if call.kind in SYNCS]
    figures = Figures(calls=len(calls))
    for place in spread(syncs, cases)[part::parts]:
        with TemporaryDirectory() as name:
            root = Path(name)
            (root / "life").mkdir()
            moments = record(root / "life", plan, place=place)
            again = record(root / "life", plan)
            first = next(number for number, one in enumerate(again) if isinstance(one, Stored))
            cuts = [len(moments) + first + 1] * len(Kept)
            _lose_power(root, plan, moments + again, cuts, random.Random(place), figures)
    return figures


def record_with_kills(
    folder: Path, plan: Plan, dice: random.Random, calls: list[Call]
) -> list[Moment]:
    """Return what happens in a life whose process is killed now and then and started again.

    Half of the kills come before a sync: what the next process finds is then on no disk yet.
    """
    syncs = [place for place, call in enumerate(calls) if call.kind in SYNCS]
    moments: list[Moment] = []
    for _ in range(dice.randint(0, KILLS)):
        place = dice.choice(dice.choice((syncs, range(len(calls)))))
        moments += record(folder, plan, place=place, how=dice.choice(tuple(How)))
    return moments + record(folder, plan)


def _cuts(moments: list[Moment], dice: random.Random, count: int) -> list[int]:
    """Return when to lose power: anywhere, right after a promise or right before a sync."""
    promised = [place + 1 for place, one in enumerate(moments) if not isinstance(one, Call)]
    unsafe = [
        place for place, one in enumerate(moments) if isinstance(one, Call) and one.kind in SYNCS
    ]
    places = (promised, unsafe, range(len(moments) + 1))
    return sorted(dice.choice(dice.choice(places)) for _ in range(count))


def _lose_power(
    root: Path,
    plan: Plan,
    moments: list[Moment],
    cuts: list[int],
    dice: random.Random,
    figures: Figures,
) -> None:
    """Lose power after so many moments of a recording, and look at each disk."""
    disk, done = ModelDisk(), 0
    promises: list[Promise] = []
    cases, labels = [], []
    for number, cut in enumerate(cuts):
        for moment in moments[done:cut]:
            if isinstance(moment, Call):
                disk.perform(moment)
            else:
                promises.append(moment)
        done = cut
        folder, kept = root / str(number), tuple(Kept)[number % len(Kept)]
        folder.mkdir()
        disk.lose_power(folder, kept, dice)
        figures.note(kept)
        cases.append((folder, tuple(promises)))
        labels.append(f"image {figures.cases + number}, {kept} after moment {cut}")
    for label, verdict in zip(labels, judge(root, plan, cases), strict=True):
        figures.add(label, verdict)
