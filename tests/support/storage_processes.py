"""Processes that live and die on a disk, and those that look at what is left."""

import gc
import os
import pickle
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from tests.support.storage_calls import Call, Kind, Watch
from tests.support.storage_imports import import_slot
from tests.support.storage_life import Disk, Loss, Plan, Promise, Stored, examine, go_on, live

NEVER = 1 << 62
"""Number of a call that no life comes to."""

Say = Callable[[object], None]
Moment = Call | Promise


class How(StrEnum):
    """When a process dies."""

    BEFORE = "before"
    TORN = "torn"


@dataclass
class Killer:
    """Ends its process at one call.

    Attributes:
        place: number of the call, from 0.
        how: before it, or with half of its bytes written.
        say: told of each call that was made; None for nobody.
        seen: calls so far.
    """

    place: int = NEVER
    how: How = How.BEFORE
    say: Say | None = None
    seen: int = 0

    def handle(self, call: Call, perform: Callable[[bytes], int]) -> int:
        """Perform the call unless it is the last."""
        if self.seen == self.place:
            if self.how is How.TORN:
                self._do(replace(call, data=call.data[: len(call.data) // 2]), perform)
            os.kill(os.getpid(), signal.SIGKILL)
        self.seen += 1
        return self._do(call, perform)

    def _do(self, call: Call, perform: Callable[[bytes], int]) -> int:
        done = perform(call.data)
        if self.say is not None:
            self.say(call)
        return done


def in_child(work: Callable[[Say], None]) -> tuple[list[Any], int]:
    """Fork, and return what the child said until it ended, and its exit code.

    Args:
        work: done by the child; what it says is kept even when it is killed.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _work_and_exit(work, writing)
    os.close(writing)
    said = []
    with os.fdopen(reading, "rb") as stream:
        while stream.peek(1):
            said.append(pickle.load(stream))
    _, status = os.waitpid(child, 0)
    return said, os.waitstatus_to_exitcode(status)


def _work_and_exit(work: Callable[[Say], None], writing: int) -> NoReturn:
    """Do a child's work, and end without coming back to what the parent was doing."""
    real_write = os.write

    def say(thing: object) -> None:
        data = memoryview(pickle.dumps(thing))
        while data:
            data = data[real_write(writing, data) :]

    code = 1
    try:
        work(say)
        code = 0
    except Exception as error:  # noqa: BLE001 - the parent judges whatever it was
        say(described(error))
    finally:
        os._exit(code)


def described(error: Exception) -> str:
    """Return an error's kind and its words."""
    return f"{type(error).__name__}: {error}"[:500]


def warm_up(plan: Plan) -> None:
    """Do in this process once what each of its children would do for the first time."""
    import_slot("fsync")
    with TemporaryDirectory() as name:
        live(Path(name), plan, lambda _: None, last=2)
        _recover(Path(name), plan, [Stored(2)])
    gc.collect()
    gc.freeze()


def record(folder: Path, plan: Plan, *, place: int = NEVER, how: How = How.BEFORE) -> list[Moment]:
    """Live in a folder until the end or a kill; return all that happened until then."""

    def work(say: Say) -> None:
        Watch(folder).observer = Killer(place, how, say)
        live(folder, plan, say)

    return _until_killed(work)


def record_calls(plan: Plan) -> list[Call]:
    """Return the calls of an undisturbed life."""
    with TemporaryDirectory() as name:
        return [one for one in record(Path(name), plan) if isinstance(one, Call)]


def kill_at(folder: Path, plan: Plan, *, place: int, how: How) -> list[Promise]:
    """Live in a folder until a kill; return what was promised until then."""

    def work(say: Say) -> None:
        Watch(folder).observer = Killer(place, how)
        live(folder, plan, say)

    return _until_killed(work)


def _until_killed(work: Callable[[Say], None]) -> list[Any]:
    said, code = in_child(work)
    assert code in (0, -signal.SIGKILL), said[-1]
    return said


def is_torn_by(call: Call) -> bool:
    """Tell whether a process may die in the middle of a call."""
    return call.kind is Kind.WRITE and len(call.data) > 1


def judge(root: Path, plan: Plan, cases: Sequence[tuple[Path, Sequence[Promise]]]) -> list[Any]:
    """Recover folders below ``root`` in a process of its own.

    Args:
        root: no file of it is waited for.
        plan: what was decided in these lives.
        cases: each folder with what was promised in it.

    Returns:
        For each what is lost, a ``Loss``, or what is wrong, a sentence.
    """

    def work(say: Say) -> None:
        Watch(root)
        for folder, promises in cases:
            try:
                say(_recover(folder, plan, promises))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the verdict
                say(described(error))

    said, code = in_child(work)
    missing = len(cases) - len(said)
    return said + [f"the process ended with {code}"] * missing


def _recover(folder: Path, plan: Plan, promises: Sequence[Promise]) -> Loss:
    """Examine what a crash left, live on to the next block, and examine that too.

    Raises:
        AssertionError: something is not whole.
        StoreError: it does not open.
    """
    disk = Disk.open(folder, plan)
    try:
        loss = examine(disk, plan, promises)
        more = list(promises) if loss == Loss(0, 0) else []
        go_on(disk, plan, more.append, last=disk.ledger.height + 1)
    finally:
        disk.close()
    again = Disk.open(folder, plan)
    try:
        if more:
            assert examine(again, plan, more) == Loss(0, 0), "what came after the crash is lost"
    finally:
        again.close()
    return loss
