"""How a devnet is, as people want to see it: each node in a row, and whether blocks come."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from chain.errors import PeerError
from node.clock import monotonic_ms, now_ms, pause
from node.devnet import POLL_S, READY_MS, Devnet, DevnetNode
from node.devnet_partition import Part, ask_operator, peer_of
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
        cut: numbers of the validators that it is cut off from.
    """

    name: str
    is_running: bool
    height: int | None = None
    age_ms: int | None = None
    round: int | None = None
    peers: int | None = None
    mempool: int | None = None
    catching_up: bool | None = None
    cut: Part = ()

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
    numbers = {peer_of(node): number for number, node in enumerate(nodes)}
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        return list(pool.map(lambda node: _look_at(node, numbers), nodes))


def _look_at(node: DevnetNode, numbers: Mapping[str, int]) -> NodeState:
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
        cut=_cut_of(node, numbers),
    )


def _cut_of(node: DevnetNode, numbers: Mapping[str, int]) -> Part:
    """Return whom a node is cut off from; nobody while its core is away, which keeps the list."""
    try:
        cut = ask_operator(node, "admin_getPeers", {}, timeout_s=ASK_S)["cut"]
    except PeerError:
        return ()
    return tuple(sorted(numbers[peer] for peer in cut if peer in numbers))


@dataclass(frozen=True, slots=True)
class PartState:
    """Validators that hear each other, and nobody else.

    Attributes:
        numbers: of the validators.
        awake: how many of them answer.
        voters: how many validators the whole devnet has.
    """

    numbers: Part
    awake: int
    voters: int

    @property
    def decides(self) -> bool:
        """Whether it can make blocks."""
        return self.awake >= quorum_of(self.voters)

    @property
    def name(self) -> str:
        """Its validators, as the command line takes them."""
        return ",".join(map(str, self.numbers))


def quorum_of(voters: int) -> int:
    """Return how many of so many validators with a vote each must agree on a block."""
    return 2 * voters // 3 + 1


def parts(states: Sequence[NodeState]) -> list[PartState]:
    """Return the parts that a devnet is cut in; one where it is whole.

    Who does not answer is of the part that is not cut off from it.
    """
    left = list(range(len(states)))
    if not any(one.cut for one in states):
        return [_part(left, states)]
    found = []
    while left:
        part = [left.pop(0)]
        for number in part:
            near = [other for other in left if _is_linked(states, number, other)]
            left = [other for other in left if other not in near]
            part += near
        found.append(_part(sorted(part), states))
    return found


def _is_linked(states: Sequence[NodeState], one: int, other: int) -> bool:
    """Tell whether neither is cut off from the other, as far as any of them answers."""
    is_known = states[one].height is not None or states[other].height is not None
    return is_known and one not in states[other].cut and other not in states[one].cut


def _part(numbers: Sequence[int], states: Sequence[NodeState]) -> PartState:
    awake = sum(states[number].height is not None for number in numbers)
    return PartState(tuple(numbers), awake, len(states))


def parts_lines(states: Sequence[NodeState]) -> list[str]:
    """Return a line for each part, whether it can decide; none where the devnet is whole."""
    found = parts(states)
    if len(found) == 1:
        return []
    width = max(len(one.name) for one in found)
    return [
        f"part {one.name:<{width}}  {one.awake} of {one.voters}: "
        f"{'decides' if one.decides else 'halted, as it must'}"
        for one in found
    ]


def parts_json(states: Sequence[NodeState]) -> list[dict[str, Any]]:
    """Return the parts as JSON."""
    return [
        {"validators": list(one.numbers), "awake": one.awake, "decides": one.decides}
        for one in parts(states)
    ]


def verdict(states: Sequence[NodeState], *, interval_ms: int) -> str:
    """Return whether blocks come, in a sentence.

    Args:
        states: of all validators; each has one vote.
        interval_ms: milliseconds between blocks, as the chain means it.
    """
    found = parts(states)
    voters, quorum = len(states), quorum_of(len(states))
    awake = max(one.awake for one in found)
    ages = [one.age_ms for one in states if one.age_ms is not None]
    if awake < quorum and len(found) > 1:
        sizes = " and ".join(str(one.awake) for one in found)
        return f"HALTED: cut in parts of {sizes}, and {quorum} of {voters} must agree on a block"
    if awake < quorum:
        return f"HALTED: {awake} of {voters} validators are there, {quorum} must agree on a block"
    if ages and min(ages) > LATE_INTERVALS * interval_ms:
        seconds = min(ages) // 1_000
        return f"WAITING: no block for {seconds} s, although {awake} of {voters} are there"
    spare = awake - quorum
    more = "none may fail" if spare == 0 else f"{spare} more may fail"
    return f"FINAL: {awake} of {voters} validators vote, {quorum} are enough; {more}"


def wait_for_block(net: Devnet, name: str) -> str:
    """Wait until a node that has been started has a new block, and return the verdict.

    Where too few run in its part for any block, the wait ends as soon as all of them are there.

    Args:
        net: the devnet.
        name: of the node, such as ``validator-0``.
    """
    interval_ms, begun_ms = net.block_interval_ms, monotonic_ms()
    while True:
        waited_ms = monotonic_ms() - begun_ms
        states = look(net)
        number = next(at for at, one in enumerate(states) if one.name == name)
        ours = states[number]
        is_there = ours.age_ms is not None and ours.age_ms < waited_ms
        part = next(one for one in parts(states) if number in one.numbers)
        running = sum(states[one].is_running for one in part.numbers)
        are_too_few = part.awake == running and not part.decides
        if is_there or are_too_few or not ours.is_running or waited_ms > READY_MS:
            return verdict(states, interval_ms=interval_ms)
        pause(POLL_S)


def rows(states: Sequence[NodeState]) -> list[tuple[str, ...]]:
    """Return the cells of a table, the head first."""
    head = ("node", "height", "round", "last block", "peers", "waiting", "state")
    halted = {number for one in parts(states) if not one.decides for number in one.numbers}
    cells = (_cells(one, is_halted=number in halted) for number, one in enumerate(states))
    return [head, *cells]


def plain_table(states: Sequence[NodeState]) -> str:
    """Return the table as text without colours."""
    return "\n".join(
        f"{name:<14}{height:>8} {round_:>5} {age:>12} {peers:>5} {waiting:>7}  {word}"
        for name, height, round_, age, peers, waiting, word in rows(states)
    )


def _cells(one: NodeState, *, is_halted: bool) -> tuple[str, ...]:
    age = "-" if one.age_ms is None else f"{one.age_ms // 1_000}.{one.age_ms % 1_000 // 100} s ago"
    numbers = (one.height, one.round, one.peers, one.mempool)
    height, round_, peers, waiting = ("-" if value is None else str(value) for value in numbers)
    word = "halted" if is_halted and one.peers is not None else one.word
    return (one.name, height, round_, age, peers, waiting, word)
