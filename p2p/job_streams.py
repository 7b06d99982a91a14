"""Jobs between a client and a miner: a stream for each, encrypted by Noise, and nobody between.

A job is one conversation. The client sends a request; the miner sends an empty message every few
seconds as a sign of life, and then its answer; the client sends its verdict, or nothing. What the
messages say is not known here. A miner listens for this protocol alone: it gossips nothing, and
what passes here reaches no node.
"""

import logging
import secrets
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import trio

from chain.errors import AitbcError, MalformedMessage, PeerError
from chain.primitives import Hash
from p2p.identity import SEED_BYTES, keys_of_seed, load_keys
from p2p.network import Network, PeerStream, open_network, split_address
from p2p.protocols import (
    JOB_ANSWER_BYTES_MAX,
    JOB_REQUEST_BYTES_MAX,
    JOB_VERDICT_BYTES_MAX,
    job_name,
)
from p2p.streams import MessageReader, write_message

CONNECTIONS_MAX = 128
SERVING_MAX = 64
"""Conversations at once; with requests of 1 MiB and answers of 8 they fit into 600 MiB."""

SERVING_PER_PEER_MAX = 16

ALIVE_EVERY_S = 3.0
SILENCE_S = 15.0
"""A miner that says nothing for this long, no sign of life either, has gone."""

REQUEST_TIMEOUT_S = 30.0
VERDICT_TIMEOUT_S = 10.0
"""How long a miner waits for the client's word before it claims without."""

FAREWELL_S = 5.0
LOOK_EVERY_S = 0.05

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)

log = logging.getLogger(__name__)


class Ticket(Protocol):
    """One request that a desk has taken."""

    def find_answer(self) -> bytes | None:
        """Return the answer once there is one; never waits."""
        ...

    def conclude(self, verdict: bytes | None) -> None:
        """Take the client's word about the answer, or None where none came; may wait."""
        ...


class Desk(Protocol):
    """Who does a miner's work."""

    def take(self, request: bytes, /) -> Ticket:
        """Take a request, whatever it is; may wait."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPort:
    """Where a miner is reached.

    Attributes:
        genesis_hash: of its chain; its start is in the protocol's name.
        node_key: path of the key of its peer identity; made when it does not exist.
        listen: multiaddress to listen on; port 0 takes a free one.
    """

    genesis_hash: Hash
    node_key: Path
    listen: str


class JobServer:
    """Serves conversations on a running host."""

    def __init__(self, network: Network, genesis_hash: Hash, desk: Desk) -> None:
        """Serve every stream of the protocol from now on."""
        self._desk = desk
        self._serving: Counter[str] = Counter()
        network.serve(job_name(genesis_hash), self._serve)

    async def _serve(self, stream: PeerStream) -> None:
        """Hold one conversation; who wants too many at once is refused."""
        peer = stream.peer
        is_full = self._serving.total() >= SERVING_MAX
        if is_full or self._serving[peer] >= SERVING_PER_PEER_MAX:
            await stream.reset()
            return
        self._serving[peer] += 1
        try:
            await self._converse(stream)
        except (MalformedMessage, PeerError) as error:
            log.info("a conversation with %s ended: %s", peer, error)
            await stream.reset()
        finally:
            self._serving -= Counter((peer,))

    async def _converse(self, stream: PeerStream) -> None:
        """Read a request, send the answer, and hand the client's verdict to the desk.

        Raises:
            MalformedMessage: a message is too large.
            PeerError: the request did not come in time, or the stream failed before the answer.
        """
        reader = MessageReader(stream, limit=JOB_REQUEST_BYTES_MAX)
        request = None
        with trio.move_on_after(REQUEST_TIMEOUT_S):
            request = await reader.next()
        if not request:
            raise PeerError(detail="it asked nothing")
        ticket = await trio.to_thread.run_sync(self._desk.take, request)
        verdict = None
        try:
            await write_message(stream, await _wait_for_answer(stream, ticket))
            verdict = await _read_verdict(reader)
        finally:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(ticket.conclude, verdict)
        await stream.close()


async def _wait_for_answer(stream: PeerStream, ticket: Ticket) -> bytes:
    """Return the answer, and show the client meanwhile that somebody works.

    Raises:
        PeerError: the client has gone.
    """
    next_sign_s = trio.current_time() + ALIVE_EVERY_S
    while (answer := ticket.find_answer()) is None:
        if trio.current_time() >= next_sign_s:
            next_sign_s += ALIVE_EVERY_S
            await write_message(stream, b"")
        await trio.sleep(LOOK_EVERY_S)
    return answer


async def _read_verdict(reader: MessageReader) -> bytes | None:
    """Return the client's verdict, or None where none comes; the work is done either way."""
    with trio.move_on_after(VERDICT_TIMEOUT_S):
        try:
            verdict = await reader.next()
        except (MalformedMessage, PeerError):
            return None
        return verdict if verdict and len(verdict) <= JOB_VERDICT_BYTES_MAX else None
    return None


def serve_jobs(port: JobPort, desk: Desk, *, ready: Callable[[str, list[str]], None]) -> None:
    """Serve conversations until SIGINT or SIGTERM.

    Args:
        port: where.
        desk: who does the work.
        ready: told the peer id and the addresses, each ending in it, once the port is open.

    Raises:
        ConfigError: the port is taken, or the key cannot be read.
    """
    _run_alone(_run, port, desk, ready)


def _run_alone(work: Callable[..., Awaitable[None]], *arguments: object) -> None:
    """Run an event loop, and raise the one error that libp2p's nurseries wrapped into groups.

    Raises:
        AitbcError: what the work raised.
    """
    # The library reports whatever a peer does as a fault of its own, with a traceback.
    logging.getLogger("libp2p").setLevel(logging.CRITICAL)
    try:
        trio.run(work, *arguments)
    except* AitbcError as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None


async def _run(port: JobPort, desk: Desk, ready: Callable[[str, list[str]], None]) -> None:
    keys = load_keys(port.node_key)
    with trio.open_signal_receiver(*_STOP_SIGNALS) as signals:
        async with open_network(keys, [port.listen], connections_max=CONNECTIONS_MAX) as network:
            JobServer(network, port.genesis_hash, desk)
            ready(network.peer, network.addresses())
            await anext(aiter(signals))


Judge = Callable[[bytes], bytes]
"""Takes a miner's answer, keeps what must not be lost, and returns the verdict; may wait."""


def ask_miner(
    address: str, genesis_hash: Hash, request: bytes, judge: Judge, *, timeout_s: float
) -> None:
    """Hold one conversation with a miner, in an event loop of its own, under a new identity.

    Args:
        address: where the miner is, ending in ``/p2p/`` and its peer id; nobody else is told.
        genesis_hash: of the chain.
        request: what is asked.
        judge: called with the answer, at most once; an empty verdict is not sent.
        timeout_s: for all of it.

    Raises:
        PeerError: nobody answers there, it is somebody else, it fell silent or took too long.
        ConfigError: the address is none.
    """
    _run_alone(_ask, address, genesis_hash, request, judge, timeout_s)


async def _ask(
    address: str, genesis_hash: Hash, request: bytes, judge: Judge, timeout_s: float
) -> None:
    peer, where = split_address(address)
    keys = keys_of_seed(secrets.token_bytes(SEED_BYTES))
    async with open_network(keys, [], connections_max=2) as network:
        with trio.move_on_after(timeout_s):
            await network.dial(peer, where)
            stream = await network.open_stream(peer, job_name(genesis_hash))
            try:
                await _ask_on(stream, request, judge)
            finally:
                await stream.reset()
            return
        raise PeerError(detail=f"the miner gave no answer within {timeout_s} s")


async def _ask_on(stream: PeerStream, request: bytes, judge: Judge) -> None:
    """Send the request, wait for the answer, and tell the verdict.

    Raises:
        PeerError: no answer came.
    """
    await write_message(stream, request)
    reader = MessageReader(stream, limit=JOB_ANSWER_BYTES_MAX)
    answer = await _read_answer(reader)
    verdict = await trio.to_thread.run_sync(judge, answer)
    if verdict:
        await write_message(stream, verdict)
    await stream.close()
    with trio.move_on_after(FAREWELL_S):  # the miner ends it when it has read the verdict
        await stream.read()


async def _read_answer(reader: MessageReader) -> bytes:
    """Return the first message that is not a mere sign of life.

    Raises:
        PeerError: the miner went away, fell silent, or sends too much.
    """
    while True:
        answer: bytes | None = None
        with trio.move_on_after(SILENCE_S) as patience:
            try:
                answer = await reader.next()
            except MalformedMessage as error:
                raise PeerError(detail=error.detail) from error
        if patience.cancelled_caught:
            raise PeerError(detail=f"the miner has said nothing for {SILENCE_S} s")
        if answer is None:
            raise PeerError(detail="the miner ended the conversation")
        if answer:
            return answer
