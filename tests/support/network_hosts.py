"""Real hosts on the loopback within one test, and what stands around the piece under test."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import trio

from chain.errors import PeerError
from chain.exchange import ProtocolId, Topic
from p2p.identity import keys_of_seed
from p2p.network import Network, open_network, split_address
from p2p.scores import Traffic
from p2p.settings import EdgeSettings
from p2p.verdicts import Verdict
from tests.support.network import free_port

PATIENCE_S = 60.0
STEP_S = 0.01

_seeds = itertools.count(1)


def run(test: Callable[[], Awaitable[None]]) -> None:
    """Run an asynchronous test under trio, with a deadline."""

    async def in_time() -> None:
        with trio.fail_after(3 * PATIENCE_S):
            await test()

    trio.run(in_time)


async def until(happened: Callable[[], object]) -> None:
    """Wait until something is true; nothing tells us when, so look again and again."""
    with trio.fail_after(PATIENCE_S):
        while not happened():  # noqa: ASYNC110 # the library has no event for it
            await trio.sleep(STEP_S)


@asynccontextmanager
async def networks(count: int, *, connections_max: int = 32) -> AsyncIterator[list[Network]]:
    """Run hosts that are not connected yet."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                open_network(
                    keys_of_seed(next(_seeds).to_bytes(32, "big")),
                    [f"/ip4/127.0.0.1/tcp/{free_port()}"],
                    connections_max=connections_max,
                )
            )
            for _ in range(count)
        ]


async def connect(dialler: Network, other: Network) -> None:
    """Connect two hosts, seen from both."""
    peer, address = split_address(other.addresses()[0])
    await dialler.dial(peer, address)
    await until(lambda: other.is_connected(dialler.peer))


class OpenGate:
    """Admits everyone who is not in ``banned``, and remembers who had to pay for what."""

    def __init__(self) -> None:
        """Start with nothing against anyone."""
        self.paid: list[tuple[str, int, str]] = []
        self.admitted: list[tuple[str, int, Traffic]] = []
        self.banned: set[str] = set()

    async def admit(self, peer: str, size_bytes: int, traffic: Traffic) -> None:
        """Admit at once.

        Raises:
            PeerError: the peer is banned.
        """
        if peer in self.banned:
            raise PeerError(detail="banned")
        self.admitted.append((peer, size_bytes, traffic))

    def penalise(self, peer: str, weight: int, reason: str) -> None:
        """Remember it."""
        self.paid.append((peer, weight, reason))


class WordChecks:
    """Judges a payload by its first word, and echoes questions."""

    def check_gossip(self, topic: Topic, payload: bytes) -> Verdict:  # noqa: ARG002 # interface
        """Judge by the first word; anything else is accepted."""
        return _verdict(payload)

    def check_response(self, protocol: ProtocolId, payload: bytes) -> Verdict:  # noqa: ARG002 # interface
        """Judge by the first word; anything else is accepted."""
        return _verdict(payload)

    def serve(self, protocol: ProtocolId, peer: str, payload: bytes) -> bytes | None:  # noqa: ARG002 # interface
        """Echo, or leave the question to the core when it says so."""
        return None if payload.startswith(b"core") else payload


def _verdict(payload: bytes) -> Verdict:
    """Return what the first word says."""
    if payload.startswith(b"raise"):
        raise ZeroDivisionError
    words = {b"ignore": Verdict.IGNORE, b"reject": Verdict.REJECT}
    return words.get(payload.split(b" ")[0], Verdict.ACCEPT)


def make_word_checks(_: EdgeSettings) -> WordChecks:
    """Make the checks for an edge's settings."""
    return WordChecks()
