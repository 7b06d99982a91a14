"""A process killed at every call that changes the disk, and the one that comes after it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.storage_calls import Call
from tests.support.storage_figures import Figures, spread
from tests.support.storage_life import Plan
from tests.support.storage_processes import How, is_torn_by, judge, kill_at, record_calls

BATCH = 16
"""Disks that one process looks at."""


def crash_points(calls: list[Call]) -> list[tuple[int, How]]:
    """Return where to kill: before each call, after the last, and in the middle of each write.

    After a call is before the next one, with every promise between them to be kept.
    """
    before = [(place, How.BEFORE) for place in range(len(calls) + 1)]
    torn = [(place, How.TORN) for place, call in enumerate(calls) if is_torn_by(call)]
    return sorted(before + torn)


def crash_matrix(plan: Plan, *, cases: int, part: int, parts: int) -> Figures:
    """Kill a life at each point, or at so many of them, and look at what is left."""
    calls = record_calls(plan)
    points = spread(crash_points(calls), cases)[part::parts]
    figures = Figures(calls=len(calls))
    for start in range(0, len(points), BATCH):
        _kill_and_judge(plan, points[start : start + BATCH], figures)
    return figures


def _kill_and_judge(plan: Plan, points: list[tuple[int, How]], figures: Figures) -> None:
    with TemporaryDirectory() as name:
        root, cases = Path(name), []
        for place, how in points:
            folder = root / f"{place}-{how}"
            folder.mkdir()
            cases.append((folder, kill_at(folder, plan, place=place, how=how)))
            figures.note(how)
        for (place, how), verdict in zip(points, judge(root, plan, cases), strict=True):
            figures.add(f"call {place} {how}", verdict)
