"""A devnet of real processes for tests, and what its users look at."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from chain.errors import PeerError
from node.clock import monotonic_ms, pause
from node.devnet import Devnet, DevnetNode
from node.rpc_client import call

T = TypeVar("T")

POLL_S = 0.05


@contextmanager
def running_devnet(home: Path, *, validators: int = 4, interval_ms: int = 500) -> Iterator[Devnet]:
    """Make and run a devnet; stop it whatever happens."""
    net = Devnet(home)
    net.make(validators=validators, block_interval_ms=interval_ms)
    try:
        net.start()
        net.wait_ready()
        yield net
    finally:
        net.stop()


def wait_for(look: Callable[[], T | None], *, what: str, within_s: float) -> T:
    """Return the first thing that ``look`` finds; fail when nothing comes in time."""
    deadline_ms = monotonic_ms() + int(within_s * 1_000)
    while True:
        found = look()
        if found is not None and found is not False:
            return found
        assert monotonic_ms() < deadline_ms, f"no {what} within {within_s} s"
        pause(POLL_S)


def find_height(node: DevnetNode) -> int | None:
    """Return a node's height, or None while it does not answer."""
    try:
        height: int = call(node.rpc, "ait_status", timeout_s=2)["height"]
    except PeerError:
        return None
    return height


def wait_height(node: DevnetNode, height: int, *, within_s: float) -> None:
    """Wait until a node has a height."""
    wait_for(
        lambda: (find_height(node) or 0) >= height or None,
        what=f"height {height} on {node.name}",
        within_s=within_s,
    )


def wait_block_since(node: DevnetNode, time_ms: int, *, within_s: float) -> None:
    """Wait until a node's latest block is not older than a moment, in unix milliseconds."""

    def is_new() -> bool:
        try:
            latest: int = call(node.rpc, "ait_getBlock", "latest", timeout_s=2)["timeMs"]
        except PeerError:
            return False
        return latest >= time_ms

    wait_for(is_new, what=f"block of this time on {node.name}", within_s=within_s)


def block(node: DevnetNode, height: int) -> dict[str, Any]:
    """Return a block as a node's RPC shows it."""
    shown: dict[str, Any] = call(node.rpc, "ait_getBlock", height)
    return shown


def stays_at_its_height(node: DevnetNode, *, for_s: float) -> bool:
    """Tell whether a node makes no block for a while, after one that may be on its way."""
    pause(1.0)
    before = find_height(node)
    pause(for_s)
    return find_height(node) == before
