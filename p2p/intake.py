"""What peers gossip to us: read with limits, judged in order, and only then passed on.

Overrides of the library's Pubsub, which dies from an unreadable message or key, gives every message
a task, counts its own sequence from whole seconds, and lets a forged message censor the real one by
marking it as seen before its signature is checked. A message costs its sender if it is malformed;
its order of checks is size, topic, seen, signature, then the sink's verdict.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

import trio
from google.protobuf.message import DecodeError

from chain.errors import PeerError
from p2p.compat import (
    ID,
    BasicHost,
    INetStream,
    LastSeenCache,
    Libp2pIOError,
    Pubsub,
    RpcQueue,
    StreamEOF,
    encode_uvarint,
    rpc_pb2,
)
from p2p.gossip_wire import READ_BYTES, check_counts, check_names, is_signed, known_parts, read_rpc
from p2p.mesh import Mesh
from p2p.verdicts import Verdict

SEEN_MAX = 65_536
SEEN_S = 120.0
MALFORMED_WEIGHT = 50
FORGED_WEIGHT = 20
REJECTED_WEIGHT = 25

log = logging.getLogger(__name__)

Sink = Callable[[str, str, bytes], Awaitable[Verdict]]
"""Judges a payload, given its topic's name and who passed it on; waiting slows that peer only."""


class Gate(Protocol):
    """What the intake asks of the one who knows the peers."""

    async def admit(self, peer: str, size_bytes: int) -> None:
        """Wait until the peer may send this much.

        Raises:
            PeerError: it is banned.
        """
        ...

    def penalise(self, peer: str, weight: int, reason: str) -> None:
        """Lower a peer's score."""
        ...


class SeenMessages(LastSeenCache):
    """Ids of recent messages, bounded in number, without the library's thread."""

    def __init__(self) -> None:
        """Start empty."""
        self._seen: dict[bytes, float] = {}

    def has(self, key: bytes) -> bool:
        """Tell whether a message was seen within ``SEEN_S``."""
        return self._seen.get(key, -SEEN_S) > trio.current_time() - SEEN_S

    def add(self, key: bytes) -> bool:
        """Remember a message; return whether it is new."""
        is_new = not self.has(key)
        self._seen.pop(key, None)
        self._seen[key] = trio.current_time()
        while len(self._seen) > SEEN_MAX:
            del self._seen[next(iter(self._seen))]
        return is_new


class Intake(Pubsub):
    """Pubsub that survives what it reads."""

    def __init__(
        self, host: BasicHost, mesh: Mesh, *, gate: Gate, sink: Sink, counter: int
    ) -> None:
        """Subscribe nothing yet.

        Args:
            host: where the streams come from.
            mesh: where valid messages go.
            gate: knows the peers.
            sink: judges payloads.
            counter: above every sequence number that this key has used, such as the time in
                nanoseconds; peers drop what they think they have seen.
        """
        super().__init__(host, mesh, strict_signing=True, allowed_topics=mesh.topics)
        self.seen_messages.stop()
        self.seen_messages = SeenMessages()
        self.counter = counter
        self._gate = gate
        self._sink = sink

    async def continuously_read_stream(self, stream: INetStream) -> None:
        """Read RPCs until the stream ends; what cannot be read costs the peer its stream."""
        peer = stream.muxed_conn.peer_id
        buffer = bytearray()
        try:
            while True:
                data = await read_rpc(stream, buffer)
                await self._gate.admit(peer.to_base58(), len(data))
                await self._take(data, peer)
        except StreamEOF:
            await stream.close()
        except (DecodeError, PeerError) as error:
            self._gate.penalise(peer.to_base58(), MALFORMED_WEIGHT, f"gossip: {error}")
            await stream.reset()
        except Libp2pIOError:
            await stream.reset()

    async def handle_sending_messages(
        self, peer_id: ID, stream: INetStream, queue: RpcQueue
    ) -> None:
        """Send what waits for a peer, and notice when the peer ends the stream.

        The library notices at the next write, and what it had taken from the queue is lost. This
        task alone writes on the stream, so that messages cannot interleave.
        """
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_await_end, stream, nursery.cancel_scope)
                while (rpc := await queue.pop()) is not None:
                    data = rpc.SerializeToString()
                    await stream.write(encode_uvarint(len(data)) + data)
                nursery.cancel_scope.cancel()
        except* Libp2pIOError as errors:
            log.debug("gossip to %s ended: %s", peer_id, errors.exceptions)
        if self.peers.get(peer_id) is stream:
            await stream.reset()
            self._handle_dead_peer(peer_id)

    def _handle_dead_peer(self, peer_id: ID) -> None:
        """Open a new stream to a peer whose stream ended, and remember what it listens to.

        The library forgets that, and the peer, whose own stream to us lives, does not say it again.
        """
        known = {topic for topic, peers in self.peer_topics.items() if peer_id in peers}
        is_connected = self._peer_is_connected(peer_id)
        super()._handle_dead_peer(peer_id)
        if is_connected:
            self._peer_subscription_count[peer_id] = len(known)
            for topic in known:
                self.peer_topics.setdefault(topic, set()).add(peer_id)

    async def _take(self, data: bytes, peer: ID) -> None:
        """Do what one RPC says.

        Raises:
            DecodeError: it is no RPC.
            PeerError: it holds more entries than allowed, or a topic that is no text.
        """
        rpc = rpc_pb2.RPC()
        rpc.ParseFromString(data)
        check_counts(rpc)
        check_names(rpc)
        for subscription in rpc.subscriptions:
            self.handle_subscription(peer, subscription)
        for message in rpc.publish:
            await self.push_msg(peer, message)
            await trio.lowlevel.checkpoint()
        if rpc.HasField("control"):
            await self.router.handle_rpc(rpc, peer)

    async def push_msg(self, msg_forwarder: ID, msg: rpc_pb2.Message) -> None:
        """Judge one message, and pass it on if it is valid and new."""
        if msg_forwarder == self.my_id:
            self._mark_msg_seen(msg)
        elif not await self._is_welcome(msg_forwarder.to_base58(), msg):
            return
        await self.router.publish(msg_forwarder, known_parts(msg))

    async def _is_welcome(self, peer: str, msg: rpc_pb2.Message) -> bool:
        """Return whether a peer's message is ours to pass on."""
        topics = list(msg.topicIDs)
        if len(topics) != 1 or topics[0] not in self.topic_ids:
            return False
        if msg.from_id == self.my_id.to_bytes() or self._is_msg_seen(msg):
            return False
        if not is_signed(msg):
            self._gate.penalise(peer, FORGED_WEIGHT, "gossip with a bad signature")
            return False
        self._mark_msg_seen(msg)
        verdict = await self._sink(topics[0], peer, msg.data)
        if verdict is Verdict.REJECT:
            self._gate.penalise(
                peer, REJECTED_WEIGHT, f"a forged or malformed payload: {topics[0]}"
            )
        return verdict is Verdict.ACCEPT

    def get_hello_packet(self) -> rpc_pb2.RPC:
        """Return our subscriptions, without the signed address record."""
        options = [rpc_pb2.RPC.SubOpts(subscribe=True, topicid=topic) for topic in self.topic_ids]
        return rpc_pb2.RPC(subscriptions=options)


async def _await_end(stream: INetStream, scope: trio.CancelScope) -> None:
    """Wait until a peer ends a stream on which it never writes."""
    try:
        while True:
            await stream.read(READ_BYTES)
    except Libp2pIOError:
        scope.cancel()
