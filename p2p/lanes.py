"""One lasting stream to each peer for each protocol that pushes: consensus and status.

Each side writes on the stream that it opened and reads on the one that the other opened. A stream
that breaks is opened again at once, for as long as the peer is connected.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import trio

from chain.errors import MalformedMessage, PeerError
from p2p.network import Network, PeerStream
from p2p.scores import Traffic
from p2p.streams import MessageReader, Outbox, write_message

INBOUND_MAX = 4
"""Streams of one lane that a peer may have open with us: one, and dying ones beside it."""

REOPEN_S, REOPEN_MAX_S = 0.1, 2.0
MALFORMED_WEIGHT = 50

log = logging.getLogger(__name__)


class Gate(Protocol):
    """What streams ask of the one who knows the peers."""

    async def admit(self, peer: str, size_bytes: int, traffic: Traffic) -> None:
        """Wait until the peer may send this much.

        Raises:
            PeerError: it is banned.
        """
        ...

    def penalise(self, peer: str, weight: int, reason: str) -> None:
        """Lower a peer's score."""
        ...


@dataclass(frozen=True, slots=True)
class LaneRules:
    """What a lane carries.

    Attributes:
        protocol: its name on the wire.
        traffic: how fast a peer may send.
        message_max: bytes of one message.
        count_max: messages that may wait for one peer.
        bytes_max: bytes that may wait for one peer.
    """

    protocol: str
    traffic: Traffic
    message_max: int
    count_max: int
    bytes_max: int


MessageTaker = Callable[[str, bytes], Awaitable[None]]
LinkWatcher = Callable[[str], Awaitable[None]]


class Lane:
    """One protocol to all peers."""

    def __init__(
        self,
        network: Network,
        rules: LaneRules,
        *,
        gate: Gate,
        take: MessageTaker,
        up: LinkWatcher,
        down: LinkWatcher,
    ) -> None:
        """Serve the protocol; no peer has a link yet.

        Args:
            network: where streams come from.
            rules: what the lane carries.
            gate: knows the peers.
            take: called with each message; waiting slows that peer only.
            up: called when a peer's link opens.
            down: called when it ends, before it opens again.
        """
        self._network = network
        self._rules = rules
        self._gate = gate
        self._take = take
        self._up = up
        self._down = down
        self._outboxes: dict[str, Outbox] = {}
        self._inbound: Counter[str] = Counter()
        self.dropped = 0
        network.serve(rules.protocol, self._receive)

    def linked(self) -> list[str]:
        """Return the peers whose link is open."""
        return list(self._outboxes)

    def send(self, peer: str, message: bytes) -> None:
        """Queue a message for a peer.

        Raises:
            PeerError: it has no link.
        """
        outbox = self._outboxes.get(peer)
        if outbox is None:
            raise PeerError(detail=f"no link to {peer}")
        self.dropped += outbox.put(message)

    def broadcast(self, message: bytes) -> None:
        """Queue a message for every linked peer."""
        for outbox in self._outboxes.values():
            self.dropped += outbox.put(message)

    async def keep_link(self, peer: str) -> None:
        """Keep a stream to a peer open for as long as the peer is connected."""
        pause_s = REOPEN_S
        while self._network.is_connected(peer):
            try:
                stream = await self._network.open_stream(peer, self._rules.protocol)
            except PeerError:
                await trio.sleep(pause_s)
                pause_s = min(2 * pause_s, REOPEN_MAX_S)
                continue
            pause_s = REOPEN_S
            await self._use_link(peer, stream)

    async def _use_link(self, peer: str, stream: PeerStream) -> None:
        """Send what waits for a peer until its stream ends."""
        outbox = Outbox(count_max=self._rules.count_max, bytes_max=self._rules.bytes_max)
        self._outboxes[peer] = outbox
        try:
            await self._up(peer)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_await_end, stream, nursery.cancel_scope)
                await _send_all(stream, outbox)
        except* PeerError as errors:
            log.debug("the link to %s ended: %s", peer, errors.exceptions)
        finally:
            del self._outboxes[peer]
            await stream.reset()
            await self._down(peer)

    async def _receive(self, stream: PeerStream) -> None:
        """Take the messages of a stream that a peer opened."""
        peer = stream.peer
        if self._inbound[peer] >= INBOUND_MAX:
            await stream.reset()
            return
        self._inbound[peer] += 1
        try:
            await self._take_all(peer, MessageReader(stream, limit=self._rules.message_max))
        except MalformedMessage as error:
            self._gate.penalise(peer, MALFORMED_WEIGHT, str(error))
        except PeerError as error:
            log.debug("%s of %s: %s", self._rules.protocol, peer, error)
        finally:
            self._inbound -= Counter((peer,))
            await stream.reset()

    async def _take_all(self, peer: str, reader: MessageReader) -> None:
        """Take messages until the peer closes its side.

        Raises:
            MalformedMessage: a message is too large.
            PeerError: the stream failed, or the peer is banned.
        """
        while (message := await reader.next()) is not None:
            await self._gate.admit(peer, len(message), self._rules.traffic)
            await self._take(peer, message)


async def _send_all(stream: PeerStream, outbox: Outbox) -> None:
    """Send message after message.

    Raises:
        PeerError: the stream failed.
    """
    while True:
        message = await outbox.first()
        await write_message(stream, message)
        outbox.done(message)


async def _await_end(stream: PeerStream, scope: trio.CancelScope) -> None:
    """Wait until the peer ends a stream that it never writes on.

    Raises:
        PeerError: the stream failed.
    """
    while await stream.read():
        pass
    scope.cancel()
