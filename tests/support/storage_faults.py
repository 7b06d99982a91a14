"""A disk that fails at any call, once or for good, and a node that must stop there."""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from chain.errors import StoreError
from tests.support.storage_calls import Call, Kind, Watch
from tests.support.storage_figures import Figures, spread
from tests.support.storage_life import Disk, Plan, Promise, go_on
from tests.support.storage_processes import NEVER, Say, in_child, is_torn_by, judge, record_calls

BATCH = 16
"""Disks that one process looks at."""


class Fault(StrEnum):
    """How a disk fails."""

    ONCE = "input/output error once"
    HALF = "input/output error in the middle of a write"
    DEAD = "input/output errors from there on"
    FULL = "no space from there on"


@dataclass
class Failing:
    """Lets the calls of its process fail.

    Attributes:
        place: number of the call that fails first, from 0.
        fault: how.
        seen: calls so far.
    """

    place: int
    fault: Fault
    seen: int = 0

    def handle(self, call: Call, perform: Callable[[bytes], int]) -> int:
        """Perform the call, or a part of it, or raise."""
        number, self.seen = self.seen, self.seen + 1
        if number < self.place:
            return perform(call.data)
        match self.fault:
            case Fault.FULL if call.kind in (Kind.CREATE, Kind.WRITE):
                if number == self.place and is_torn_by(call):
                    return perform(call.data[: len(call.data) // 2])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            case Fault.DEAD:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            case Fault.ONCE if number == self.place:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            case Fault.HALF if number == self.place:
                perform(call.data[: len(call.data) // 2])
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        return perform(call.data)


@dataclass(frozen=True, slots=True)
class Stopped:
    """The node stopped.

    Attributes:
        because: the sentence it says.
    """

    because: str


def suffer(folder: Path, plan: Plan, failing: Failing, say: Say) -> None:
    """Live on a failing disk until the node stops, or to the end where it may go on.

    Raises:
        AssertionError: the sign log goes on after it failed.
    """
    Watch(folder).observer = failing
    try:
        disk = Disk.open(folder, plan)
    except StoreError as error:
        say(Stopped(str(error)))
        return
    try:
        go_on(disk, plan, say)
    except StoreError as error:
        say(Stopped(str(error)))
        failing.place = NEVER  # the disk is well again, and nobody may believe it
        _check_log_refuses(disk, because=str(error))
    finally:
        disk.close()


def _check_log_refuses(disk: Disk, *, because: str) -> None:
    if "sign log" not in because:
        return
    record = disk.record()
    height = 1 if record is None else record.height
    is_refused = False
    try:
        disk.log.append(height=height, record=disk.log.record or b"", blocks={})
    except StoreError:
        is_refused = True
    assert is_refused, "the sign log goes on after it failed"


def fault_points(calls: list[Call]) -> list[tuple[int, Fault]]:
    """Return every call with every way in which it can fail."""
    return [
        (place, fault)
        for place, call in enumerate(calls)
        for fault in Fault
        if fault is not Fault.HALF or is_torn_by(call)
    ]


def faults(plan: Plan, *, cases: int, part: int, parts: int) -> Figures:
    """Let the disk fail at each point, or at so many of them, and look at what is left."""
    calls = record_calls(plan)
    points = spread(fault_points(calls), cases)[part::parts]
    figures = Figures(calls=len(calls))
    for start in range(0, len(points), BATCH):
        _fail_and_judge(plan, points[start : start + BATCH], figures)
    return figures


def _fail_and_judge(plan: Plan, points: list[tuple[int, Fault]], figures: Figures) -> None:
    with TemporaryDirectory() as name:
        root = Path(name)
        cases: list[tuple[Path, list[Promise]]] = []
        labels: list[str] = []
        for place, fault in points:
            folder, label = root / str(len(labels)), f"call {place}, {fault}"
            folder.mkdir()
            said, code = in_child(partial(suffer, folder, plan, Failing(place, fault)))
            stops = [one.because for one in said if isinstance(one, Stopped)]
            if code != 0:
                figures.damaged.append(f"{label}: the node ended with {code}, {said[-1]}")
            figures.note("stopped" if stops else "went on")
            figures.sentences.update(stops)
            cases.append((folder, [one for one in said if not isinstance(one, Stopped | str)]))
            labels.append(label)
        for label, verdict in zip(labels, judge(root, plan, cases), strict=True):
            figures.add(label, verdict)
