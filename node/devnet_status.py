"""How a devnet is, as people want to see it: each node in a row, and whether blocks come."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from chain.errors import PeerError
from node.clock import now_ms
from node.devnet import Devnet, DevnetNode
from node.process import is_running
from node.rpc_client import call

ASK_S = 1.5
"""Seconds that a node has to answer; one that is frozen shows as silent."""

LATE_INTERVALS = 10
"""Block intervals without a block after which a chain counts as halted."""


@dataclass(frozen=True, slots=True)
class NodeState:
    """One node at one moment; None where it does not say.

    Attributes:
        name: such as ``validator-0``.
        is_running: whether its process is there.
        height: of its last block.
        age_ms: of that block, in milliseconds.
        round: in which it tries the next one.
        peers: that it is linked with.
        mempool: transactions that wait.
        catching_up: whether it is behind.
    """

    name: str
    is_running: bool
    height: int | None = None
    age_ms: int | None = None
    round: int | None = None
    peers: int | None = None
    mempool: int | None = None
    catching_up: bool | None = None

    @property
    def word(self) -> str:
        """What it does, in a word."""
        if not self.is_running:
            return "stopped"
        if self.height is None:
            return "silent"
        if self.peers is None:
            return "starting"
        return "catching up" if self.catching_up else "ok"


def look(net: Devnet) -> list[NodeState]:
    """Ask every node at once how it is."""
    nodes = net.nodes()
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        return list(pool.map(_look_at, nodes))


def _look_at(node: DevnetNode) -> NodeState:
    if not is_running(node.pid, node.home):
        return NodeState(node.name, is_running=False)
    try:
        status: dict[str, Any] = call(node.rpc, "ait_status", timeout_s=ASK_S)
    except PeerError:
        return NodeState(node.name, is_running=True)
    return NodeState(
        name=node.name,
        is_running=True,
        height=status["height"],
        age_ms=max(now_ms() - status["timeMs"], 0),
        round=status["round"],
        peers=status["peers"],
        mempool=status["mempool"],
        catching_up=status["catchingUp"],
    )


def verdict(states: Sequence[NodeState], *, interval_ms: int) -> str:
    """Return whether blocks come, in a sentence.

    Args:
        states: of all validators; each has one vote.
        interval_ms: milliseconds between blocks, as the chain means it.
    """
    voters, quorum = len(states), 2 * len(states) // 3 + 1
    awake = sum(one.height is not None for one in states)
    ages = [one.age_ms for one in states if one.age_ms is not None]
    if awake < quorum:
        return f"HALTED: {awake} of {voters} validators are there, {quorum} must agree on a block"
    if ages and min(ages) > LATE_INTERVALS * interval_ms:
        seconds = min(ages) // 1_000
        return f"WAITING: no block for {seconds} s, although {awake} of {voters} are there"
    spare = awake - quorum
    more = "none may fail" if spare == 0 else f"{spare} more may fail"
    return f"FINAL: {awake} of {voters} validators vote, {quorum} are enough; {more}"


def rows(states: Sequence[NodeState]) -> list[tuple[str, ...]]:
    """Return the cells of a table, the head first."""
    head = ("node", "height", "round", "last block", "peers", "waiting", "state")
    return [head, *(_cells(one) for one in states)]


def plain_table(states: Sequence[NodeState]) -> str:
    """Return the table as text without colours."""
    return "\n".join(
        f"{name:<14}{height:>8} {round_:>5} {age:>12} {peers:>5} {waiting:>7}  {word}"
        for name, height, round_, age, peers, waiting, word in rows(states)
    )


def _cells(one: NodeState) -> tuple[str, ...]:
    age = "-" if one.age_ms is None else f"{one.age_ms // 1_000}.{one.age_ms % 1_000 // 100} s ago"
    numbers = (one.height, one.round, one.peers, one.mempool)
    height, round_, peers, waiting = ("-" if value is None else str(value) for value in numbers)
    return (one.name, height, round_, age, peers, waiting, one.word)
