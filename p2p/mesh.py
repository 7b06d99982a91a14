"""The gossip mesh: whom to send to, and what a peer's control messages may do.

Overrides of the library's router, which remembers what strangers name, answers one wish for a
message with a gigabyte, dials addresses that peers mention, writes beside the sender's own task,
and drops what exceeds 32 queued messages. Offered is /meshsub/1.1.0 alone.
"""

from collections import deque
from collections.abc import Collection

import trio

from p2p.compat import ID, GossipSub, MessageCache, RpcQueue, TProtocol, install_queue, rpc_pb2

MESHSUB = TProtocol("/meshsub/1.1.0")
DEGREE, DEGREE_LOW, DEGREE_HIGH = 6, 4, 12
"""Peers in the mesh of a topic (libp2p specification, gossipsub 1.1, "Parameters")."""

HEARTBEAT_S = 1
QUEUE_BYTES_MAX = 16 * 1024 * 1024
"""Bytes queued for one peer; a peer that far behind gets the rest by asking for it."""

CACHE_BYTES_MAX = 32 * 1024 * 1024
"""Bytes of recent messages kept for peers that ask for them by id."""

WANTED_MAX = 64
"""Messages sent for one wish."""

OFFERED_MAX = 1_000
"""Messages offered at once for one topic, and asked for after one offer."""

BACK_OFF_S_MAX = 600
"""Longest time that a peer may keep us out of its mesh, and so in our table."""


class ByteQueue(RpcQueue):
    """What waits for one peer, bounded by bytes rather than by count; control goes first."""

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self._urgent: deque[rpc_pb2.RPC] = deque()
        self._plain: deque[rpc_pb2.RPC] = deque()
        self._filled = trio.Event()
        self.bytes = 0
        self.refused = 0

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._urgent) + len(self._plain)

    def push(self, rpc: rpc_pb2.RPC, priority: bool = False) -> bool:  # noqa: FBT001, FBT002 # theirs
        """Queue a message; return False when the queue is full or closed."""
        size = rpc.ByteSize()
        if self._closed or self.bytes + size > QUEUE_BYTES_MAX:
            self.refused += 1
            return False
        (self._urgent if priority else self._plain).append(rpc)
        self.bytes += size
        self._filled.set()
        return True

    async def pop(self) -> rpc_pb2.RPC | None:
        """Return the next message, or None once the queue is closed."""
        while not self._closed:
            line = self._urgent or self._plain
            if line:
                rpc = line.popleft()
                self.bytes -= rpc.ByteSize()
                return rpc
            self._filled = trio.Event()
            await self._filled.wait()
        return None

    def close(self) -> None:
        """Let the sender's task end."""
        super().close()
        self._filled.set()


class BoundedCache(MessageCache):
    """Recent messages, bounded by bytes as well as by heartbeats."""

    def __init__(self, window_size: int, history_size: int) -> None:
        """Start empty."""
        super().__init__(window_size, history_size)
        self._bytes = 0

    def put(self, msg: rpc_pb2.Message) -> None:
        """Keep a message; forget the oldest heartbeats when it does not fit."""
        before = len(self.msgs)
        super().put(msg)
        if len(self.msgs) > before:
            self._bytes += msg.ByteSize()
        for _ in self.history:
            if self._bytes <= CACHE_BYTES_MAX:
                return
            self.shift()

    def shift(self) -> None:
        """Forget the oldest heartbeat."""
        gone = [self.msgs.get(entry.mid) for entry in self.history[-1]]
        super().shift()
        self._bytes -= sum(msg.ByteSize() for msg in gone if msg is not None)


class Mesh(GossipSub):
    """The router, with a bound on everything a peer can make it do."""

    def __init__(self, topics: Collection[str]) -> None:
        """Offer 1.1 only, and only these topics."""
        super().__init__(
            protocols=[MESHSUB],
            degree=DEGREE,
            degree_low=DEGREE_LOW,
            degree_high=DEGREE_HIGH,
            heartbeat_interval=HEARTBEAT_S,
            adaptive_gossip_enabled=False,  # it slows a small mesh down to a heartbeat a minute
            spam_protection_enabled=False,  # it drops our own publications above ten a second
            eclipse_protection_enabled=False,  # it wants three addresses; a devnet has one
            max_pending_messages_per_peer=1,
            pending_messages_ttl=0.0,
        )
        self.topics = frozenset(topics)
        self.mcache = BoundedCache(window_size=3, history_size=5)
        self.scorer = None  # ``peers.py`` keeps the score

    async def publish(self, msg_forwarder: ID, pubsub_msg: rpc_pb2.Message) -> None:
        """Pass a valid message on: our own to all who listen, up to the high degree."""
        assert self.pubsub is not None
        self.mcache.put(pubsub_msg)
        (topic,) = pubsub_msg.topicIDs
        listeners = self.pubsub.peer_topics.get(topic, set())
        is_own = msg_forwarder == self.pubsub.my_id
        if is_own and len(listeners) <= DEGREE_HIGH:
            chosen = set(listeners)
        else:
            chosen = self.mesh.get(topic, set()) & listeners
        rpc = rpc_pb2.RPC(publish=[pubsub_msg])
        for peer in chosen - {msg_forwarder, ID(pubsub_msg.from_id)}:
            self.send_rpc(peer, rpc)

    def send_rpc(self, peer_id: ID, rpc: rpc_pb2.RPC, priority: bool = False) -> None:  # noqa: FBT001, FBT002 # theirs
        """Queue a message for a peer, whole; what does not fit is counted by the queue."""
        assert self.pubsub is not None
        queue = self.pubsub.peer_queues.get(peer_id)
        if queue is not None:
            queue.push(rpc, priority=priority)

    async def emit_control_message(self, control_msg: rpc_pb2.ControlMessage, to_peer: ID) -> None:
        """Send control, bounded, and without the address record that only this library reads."""
        for offer in control_msg.ihave:
            del offer.messageIDs[OFFERED_MAX:]  # the newest come first
        self.send_rpc(to_peer, rpc_pb2.RPC(control=control_msg), priority=True)

    async def flush_pending_messages(self, peer_id: ID) -> None:
        """Do nothing: nothing is ever pending, and the sender's task alone may write."""

    async def send_recent_messages(self, peer_id: ID, topic: str) -> None:
        """Offer recent messages to a new listener, which asks for those it lacks.

        The library sends them all, beside the sender's own task, and breaks the listener's stream.
        """
        recent = self.mcache.window(topic)
        if recent:
            await self.emit_ihave(topic, recent, peer_id)

    async def handle_rpc(self, rpc: rpc_pb2.RPC, sender_peer_id: ID) -> None:
        """Obey the control messages about our topics, without the addresses in them."""
        taken = rpc_pb2.RPC()
        control, kept = rpc.control, taken.control
        kept.iwant.extend(control.iwant)
        kept.ihave.extend(offer for offer in control.ihave if offer.topicID in self.topics)
        kept.graft.extend(graft for graft in control.graft if graft.topicID in self.topics)
        for prune in control.prune:
            if prune.topicID in self.topics:
                kept.prune.add(topicID=prune.topicID, backoff=min(prune.backoff, BACK_OFF_S_MAX))
        await super().handle_rpc(taken, sender_peer_id)

    async def handle_ihave(self, ihave_msg: rpc_pb2.ControlIHave, sender_peer_id: ID) -> None:
        """Ask for what we have not seen, a bounded number at a time."""
        assert self.pubsub is not None
        if not self._check_ihave_rate_limit(sender_peer_id, ihave_msg.topicID):
            return
        seen = self.pubsub.seen_messages
        unseen = [mid for mid in ihave_msg.messageIDs[:OFFERED_MAX] if not seen.has(mid)]
        if unseen:
            await self.emit_iwant(unseen, sender_peer_id)

    async def handle_iwant(self, iwant_msg: rpc_pb2.ControlIWant, sender_peer_id: ID) -> None:
        """Send each wanted message once, as its own RPC, as far as the peer's queue has room."""
        if not self._check_iwant_rate_limit(sender_peer_id):
            return
        for mid in dict.fromkeys(iwant_msg.messageIDs[:WANTED_MAX]):
            message = self.mcache.get(mid)
            if message is not None:
                self.send_rpc(sender_peer_id, rpc_pb2.RPC(publish=[message]))


install_queue(ByteQueue)
