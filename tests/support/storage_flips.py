"""Single bits that flip in the files of a node that is not running, and files cut short."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pysqlite3  # type: ignore[import-untyped]  # it publishes no types

from chain.errors import StoreError
from chain.store.full_check import check_chain
from chain.store.side_tables import SCHEMA
from tests.support.storage_calls import Kind, Watch
from tests.support.storage_figures import Figures
from tests.support.storage_life import DATABASE, LOG, SEGMENT_ROWS, Disk, Loss, Plan, Promise, live
from tests.support.storage_processes import (
    How,
    Say,
    described,
    in_child,
    judge,
    kill_at,
    record_calls,
)

WAL = f"{DATABASE}-wal"

BATCH = 16
"""Nodes that one process looks at."""

ADVICE = ("move it away and let the node sync again", "new key", "start it with the genesis")
"""What the sentence of a refusal says to do, one of these."""

Rows = dict[str, list[tuple[object, ...]]]
Harm = Callable[[Path, random.Random], None]


def flip(path: Path, dice: random.Random) -> None:
    """Flip one bit of a file."""
    data = bytearray(path.read_bytes())
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(data)


def cut(path: Path, dice: random.Random) -> None:
    """Cut a file short."""
    data = path.read_bytes()
    path.write_bytes(data[: dice.randrange(len(data))])


@dataclass(frozen=True)
class Node:
    """The files of a node that does not run, and what they hold.

    Attributes:
        folder: where they are.
        plan: what was decided.
        promises: what was promised in its life.
        rows: every row of every table.
    """

    folder: Path
    plan: Plan
    promises: list[Promise]
    rows: Rows


def stopped_node(folder: Path, plan: Plan) -> Node:
    """Live in a folder and end; all is in the database's own file."""
    promises: list[Promise] = []
    live(folder, plan, promises.append)
    return Node(folder, plan, promises, read_rows(folder))


def killed_node(folder: Path, plan: Plan) -> Node:
    """Live in a folder and be killed after the last commit, so that a write-ahead log is left."""
    written = [
        place
        for place, one in enumerate(record_calls(plan))
        if (one.kind, one.name) == (Kind.WRITE, WAL)
    ]
    promises = kill_at(folder, plan, place=written[-1] + 2, how=How.BEFORE)  # after its sync
    assert (folder / WAL).stat().st_size > 0
    return Node(folder, plan, promises, {})


def read_rows(folder: Path) -> Rows:
    """Return every row of every table, as a program would that believes the file."""
    connection = pysqlite3.connect(folder / DATABASE)
    try:
        return {
            name: connection.execute(f'SELECT * FROM "{name}" ORDER BY 1, 2').fetchall()
            for name in SCHEMA
        }
    finally:
        connection.close()


def database_flips(plan: Plan, *, count: int, seed: int) -> Figures:
    """Harm a database in so many ways, and look at what becomes of each."""
    return _harm(plan, stopped_node, DATABASE, _judge_database, count=count, seed=seed)


def log_flips(plan: Plan, *, count: int, seed: int) -> Figures:
    """Flip bits of a sign log, and look at what becomes of each."""
    return _harm(plan, stopped_node, LOG, _judge_log, count=count, seed=seed)


def wal_flips(plan: Plan, *, count: int, seed: int) -> Figures:
    """Harm a write-ahead log in so many ways, and look at what becomes of each."""
    return _harm(plan, killed_node, WAL, _judge_wal, count=count, seed=seed)


def _judge_database(root: Path, node: Node, folders: list[Path]) -> list[str]:
    """Start each node; where one starts and has other rows, the full check must find it."""

    def work(say: Say) -> None:
        Watch(root)
        for folder in folders:
            say(_start(folder, node))

    said, code = in_child(work)
    return said + [f"the process ended with {code}"] * (len(folders) - len(said))


def _start(folder: Path, node: Node) -> str:
    try:
        disk = Disk.open(folder, node.plan)
        height = disk.ledger.height
        is_same = disk.ledger.records == node.plan.states[height]
        certificate = disk.writer.last_certificate()
        disk.close()
        if not is_same or (height and certificate != node.plan.blocks[height - 1][1]):
            return "WRONG: another state"
        if height == len(node.plan.blocks) and _has_rows(folder, node.rows):
            return "harmless"
        check_chain(
            folder / DATABASE,
            node.plan.genesis,
            scratch=folder / "scratch.db",
            segment_rows=SEGMENT_ROWS,
        )
    except StoreError as error:
        if not any(advice in str(error) for advice in ADVICE):
            return f"WRONG: says not what to do, {error}"
        return "found by the full check" if (folder / "scratch.db").exists() else "refused"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the verdict
        return f"WRONG: {described(error)}"
    return "WRONG: served other rows"


def _has_rows(folder: Path, rows: Rows) -> bool:
    try:
        return read_rows(folder) == rows
    except (pysqlite3.DatabaseError, UnicodeDecodeError):
        return False


def _judge_log(root: Path, node: Node, folders: list[Path]) -> list[str]:
    """Start each validator: one that starts must remember all that it sent."""
    cases = [(folder, node.promises) for folder in folders]
    return [_verdict_on_log(one) for one in judge(root, node.plan, cases)]


def _verdict_on_log(verdict: Loss | str) -> str:
    match verdict:
        case Loss(blocks=0, messages=0):
            return "harmless"
        case str() if "sign log" in verdict and "new key" in verdict:
            return "refused"
        case _:
            return f"WRONG: {verdict}"


def _judge_wal(root: Path, node: Node, folders: list[Path]) -> list[str]:
    """Start each validator: blocks may be gone from the end, but none of its votes."""
    cases = [(folder, node.promises) for folder in folders]
    return [_verdict_on_wal(one) for one in judge(root, node.plan, cases)]


def _verdict_on_wal(verdict: Loss | str) -> str:
    match verdict:
        case Loss(blocks=0, messages=0):
            return "harmless"
        case Loss(messages=0):
            return "last blocks gone, votes kept"
        case str() if any(advice in verdict for advice in ADVICE):
            return "refused"
        case _:
            return f"WRONG: {verdict}"


def _harm(
    plan: Plan,
    make: Callable[[Path, Plan], Node],
    name: str,
    verdicts: Callable[[Path, Node, list[Path]], list[str]],
    *,
    count: int,
    seed: int,
) -> Figures:
    """Harm one file of a node so many times, and count what became of it."""
    figures = Figures()
    with TemporaryDirectory() as place:
        root = Path(place)
        (root / "sound").mkdir()
        node = make(root / "sound", plan)
        for first in range(0, count, BATCH):
            numbers = range(first, min(first + BATCH, count))
            folders = [root / str(number) for number in numbers]
            for number, folder in zip(numbers, folders, strict=True):
                shutil.copytree(node.folder, folder)
                harm = cut if number % 10 == 9 and name != LOG else flip
                harm(folder / name, random.Random(f"{seed} {number}"))
            for number, verdict in zip(numbers, verdicts(root, node, folders), strict=True):
                figures.cases += 1
                figures.note(verdict.split(":")[0])
                if verdict.startswith("WRONG"):
                    figures.damaged.append(f"{name}, seed {seed}, number {number}: {verdict}")
            for folder in folders:
                shutil.rmtree(folder)
    return figures
