"""Gossip: our payloads out to the mesh, and what passes the checks in to the core."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from chain.errors import PeerError
from chain.exchange import Topic
from chain.primitives import Hash
from p2p.compat import background_trio_service
from p2p.intake import Intake
from p2p.lanes import Gate
from p2p.mesh import Mesh
from p2p.network import Network
from p2p.scores import Traffic
from p2p.topics import TOPIC_BYTES_MAX, topic_name, topic_names
from p2p.verdicts import Checks, Verdict

Deliver = Callable[[Topic, str, bytes], Awaitable[None]]
"""Hands an accepted payload in, with who passed it on; waiting slows that peer only."""


class Gossip:
    """All topics of one chain."""

    def __init__(
        self,
        network: Network,
        genesis_hash: Hash,
        *,
        checks: Checks,
        gate: Gate,
        deliver: Deliver,
        counter: int,
    ) -> None:
        """Prepare the topics.

        Args:
            network: where the streams come from.
            genesis_hash: 32 bytes; its start is in every topic's name.
            checks: judge payloads.
            gate: knows the peers.
            deliver: takes what was accepted.
            counter: above every sequence number this key has used, such as nanoseconds since 1970.
        """
        self._genesis_hash = genesis_hash
        self._topics = topic_names(genesis_hash)
        self._checks = checks
        self._gate = gate
        self._deliver = deliver
        self._mesh = Mesh(self._topics)
        self._intake = Intake(
            network.host, self._mesh, gate=self, sink=self._judge, counter=counter
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take part for as long as the block lasts."""
        async with background_trio_service(self._intake), background_trio_service(self._mesh):
            await self._intake.wait_until_ready()
            for name in self._topics:
                await self._intake.subscribe(name)
            yield

    def listeners(self, topic: Topic) -> int:
        """Return how many peers listen to a topic and can be written to."""
        name = topic_name(self._genesis_hash, topic)
        known = self._intake.peer_topics.get(name, set())
        return len(known & self._intake.peer_queues.keys())

    async def publish(self, topic: Topic, payload: bytes) -> None:
        """Gossip a payload of ours.

        Raises:
            PeerError: it is too large for its topic.
        """
        if len(payload) > TOPIC_BYTES_MAX[topic]:
            raise PeerError(detail=f"{len(payload)} bytes are too many for {topic.name}")
        await self._intake.publish(topic_name(self._genesis_hash, topic), payload)

    async def admit(self, peer: str, size_bytes: int) -> None:
        """Wait until the peer may send this much gossip.

        Raises:
            PeerError: it is banned.
        """
        await self._gate.admit(peer, size_bytes, Traffic.GOSSIP)

    def penalise(self, peer: str, weight: int, reason: str) -> None:
        """Lower a peer's score."""
        self._gate.penalise(peer, weight, reason)

    async def _judge(self, name: str, peer: str, payload: bytes) -> Verdict:
        """Check a payload, and hand in what is accepted."""
        topic = self._topics[name]
        if len(payload) > TOPIC_BYTES_MAX[topic]:
            return Verdict.REJECT
        verdict = self._checks.check_gossip(topic, payload)
        if verdict is Verdict.ACCEPT:
            await self._deliver(topic, peer, payload)
        return verdict
