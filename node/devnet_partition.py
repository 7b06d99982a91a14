"""Cutting a devnet in parts that have nothing to do with each other, until they are healed.

Both ends of every link between two parts are told, on the operator's socket of each node, so a
validator that is killed and started again stays apart: its other ends still refuse it. Nothing is
written down: the nodes know what is cut, and ``devnet_status.py`` asks them.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chain.errors import ConfigError, PeerError
from node.clock import monotonic_ms, pause
from node.devnet import POLL_S, Devnet, DevnetNode
from node.home import Home
from node.process import is_running
from node.rpc_client import call
from node.unix_http import SCHEME

Part = tuple[int, ...]
"""The numbers of validators, in order."""

ASK_S = 5.0
"""Seconds that a node has to answer its operator."""

SETTLE_MS = 20_000
"""Milliseconds until what was cut is apart, or what was healed is linked; a node dials again within
a second, and a handshake on a busy machine takes some more."""


def parts_of(groups: Iterable[Sequence[int]], *, count: int) -> tuple[Part, ...]:
    """Return the parts of a devnet: the groups, and all who are in none as one more.

    Args:
        groups: numbers of validators, from 0.
        count: how many validators there are.

    Raises:
        ConfigError: a validator is not there or named twice, or nothing would be cut.
    """
    parts: list[Part] = []
    left = set(range(count))
    for group in groups:
        for number in group:
            if not 0 <= number < count:
                detail = f"there is no validator {number}; there are 0 to {count - 1}"
                raise ConfigError(detail=detail)
            if number not in left:
                raise ConfigError(detail=f"validator {number} is named twice")
            left.discard(number)
        parts.append(tuple(sorted(group)))
    if left:
        parts.append(tuple(sorted(left)))
    if len(parts) < 2:  # noqa: PLR2004 - one part is the whole
        raise ConfigError(detail="that is one part of all validators; name some of them alone")
    return tuple(parts)


def separate(net: Devnet, parts: Sequence[Part]) -> None:
    """Cut a devnet in parts, and in no others; those that do not run are cut off by the rest.

    Raises:
        ConfigError: no validator runs.
        PeerError: one of them does not answer its operator.
    """
    nodes = net.nodes()
    peers = {number: peer_of(node) for number, node in enumerate(nodes)}
    cut = {
        nodes[number].name: [peers[other] for other in peers if other not in part]
        for part in parts
        for number in part
    }
    _tell(net, cut)


def heal(net: Devnet) -> None:
    """Let every validator be linked with every other again.

    Raises:
        ConfigError: no validator runs.
        PeerError: one of them does not answer its operator.
    """
    _tell(net, {node.name: [] for node in net.nodes()})


def wait_apart(net: Devnet) -> None:
    """Wait until no validator is linked with one that it is cut off from.

    Raises:
        PeerError: it still is after the time for it, or does not answer.
    """

    def is_apart(_: DevnetNode, seen: dict[str, Any]) -> bool:
        return set(seen["cut"]).isdisjoint(seen["peers"])

    _wait(net, is_apart, "is still linked with whom it is cut off from")


def wait_linked(net: Devnet) -> None:
    """Wait until every validator that runs is linked with every other that does.

    Raises:
        PeerError: it is not after the time for it, or does not answer.
    """
    running = {peer_of(node) for node in _running(net)}

    def is_linked(node: DevnetNode, seen: dict[str, Any]) -> bool:
        return running - {peer_of(node)} <= set(seen["peers"])

    _wait(net, is_linked, "is not linked with the others yet")


def peer_of(node: DevnetNode) -> str:
    """Return a node's peer id."""
    return node.p2p.rpartition("/p2p/")[2]


def ask_operator(
    node: DevnetNode, method: str, params: dict[str, Any], *, timeout_s: float = ASK_S
) -> Any:  # noqa: ANN401 - JSON
    """Call a method on a node's own socket.

    Raises:
        PeerError: it does not answer, or refuses.
    """
    return call(f"{SCHEME}{Home(node.home).admin_socket}", method, params, timeout_s=timeout_s)


def _running(net: Devnet) -> list[DevnetNode]:
    """Return the nodes that run.

    Raises:
        ConfigError: there is none.
    """
    running = [node for node in net.nodes() if is_running(node.pid, node.home)]
    if not running:
        raise ConfigError(detail="no validator runs; start them with: aitbc devnet up")
    return running


def _tell(net: Devnet, cut: dict[str, list[str]]) -> None:
    nodes = _running(net)
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        told = [
            pool.submit(ask_operator, node, "admin_cutPeers", {"peers": cut[node.name]})
            for node in nodes
        ]
    for one in told:
        one.result()


def _wait(net: Devnet, is_so: Callable[[DevnetNode, dict[str, Any]], bool], still: str) -> None:
    deadline_ms = monotonic_ms() + SETTLE_MS
    for node in _running(net):
        while not is_so(node, ask_operator(node, "admin_getPeers", {})):
            if monotonic_ms() > deadline_ms:
                detail = f"{node.name} {still} after {SETTLE_MS // 1_000} s; see its node.log"
                raise PeerError(detail=detail)
            pause(POLL_S)
