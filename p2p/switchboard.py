"""Connects the core with the peers: what it orders goes out, what they send is reported.

It reads no message of consensus: who may say what is the core's to judge.
"""

import logging
from typing import assert_never

import trio

from chain.codec import Reader, decode_whole, u64
from chain.errors import MalformedMessage, PeerError
from chain.exchange import Topic
from chain.primitives import Hash, Height
from p2p import orders, reports
from p2p.beat import Beat
from p2p.core_link import CoreLink
from p2p.gossip import Gossip
from p2p.lanes import Lane, LaneRules
from p2p.network import Network, split_address
from p2p.peers import Peers
from p2p.protocols import CONSENSUS_BYTES_MAX, consensus_name, status_name
from p2p.requests import Requests
from p2p.scores import Traffic
from p2p.settings import EdgeSettings
from p2p.verdicts import Checks

STATUS_S = 3.0
"""How often the status is repeated; it is the sign of life that ``peers.py`` waits for."""

STATUS_BYTES = 40
CONSENSUS_COUNT_MAX = 8_192
CONSENSUS_QUEUE_BYTES_MAX = 64 * 1024 * 1024
"""What may wait for one peer; peers share the bytes of a broadcast."""

REQUESTS_MAX = 256
"""Questions of the core under way at once."""

STRANGE_STATUS_WEIGHT = 25
FAILED_STREAM_WEIGHT = 20

log = logging.getLogger(__name__)


class Switchboard:
    """All lanes, requests and gossip of one edge."""

    def __init__(
        self, settings: EdgeSettings, network: Network, core: CoreLink, checks: Checks
    ) -> None:
        """Serve every protocol; nobody is dialled yet."""
        persistent = dict(split_address(address) for address in settings.persistent_peers)
        self._network = network
        self._core = core
        self.peers = Peers(network, persistent)
        self._consensus, self._status = self._lanes(settings.genesis_hash)
        self._requests = Requests(
            network,
            settings.genesis_hash,
            checks=checks,
            gate=self.peers,
            core=core,
            candidates=self._candidates,
        )
        self.gossip = Gossip(
            network,
            settings.genesis_hash,
            checks=checks,
            gate=self.peers,
            deliver=self._take_gossip,
            counter=settings.gossip_counter,
        )
        self._own_status = b""  # nothing to say yet, but alive
        self._heights: dict[str, int] = {}
        self._kept: set[str] = set()
        self._requesting = 0
        self._nursery: trio.Nursery | None = None
        network.watch(opened=self._opened, closed=self._closed, failed=self._failed)

    def _lanes(self, genesis_hash: Hash) -> tuple[Lane, Lane]:
        """Return the lanes of consensus and of status."""
        consensus = LaneRules(
            protocol=consensus_name(genesis_hash),
            traffic=Traffic.CONSENSUS,
            message_max=CONSENSUS_BYTES_MAX,
            count_max=CONSENSUS_COUNT_MAX,
            bytes_max=CONSENSUS_QUEUE_BYTES_MAX,
        )
        status = LaneRules(
            protocol=status_name(genesis_hash),
            traffic=Traffic.STATUS,
            message_max=STATUS_BYTES,
            count_max=1,  # only the latest matters
            bytes_max=STATUS_BYTES,
        )
        return (
            Lane(
                self._network,
                consensus,
                gate=self.peers,
                take=self._take_consensus,
                up=self._link_up,
                down=self._link_down,
            ),
            Lane(
                self._network,
                status,
                gate=self.peers,
                take=self._take_status,
                up=self._greet,
                down=self._ignore,
            ),
        )

    async def run(self) -> None:
        """Keep the peers, and repeat the status to them."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            nursery.start_soon(self.peers.run)
            while True:
                await trio.sleep(STATUS_S)
                self._status.broadcast(self._own_status)

    def beat(self, rss_bytes: int) -> Beat:
        """Return a sign of life, given the memory of this process."""
        links = len(self._consensus.linked())
        return Beat(
            rss_bytes=rss_bytes,
            peers=links,
            shed=self._consensus.dropped,
            connections=len(self._network.peers()),
            bans=self.peers.bans,
        )

    async def obey(self, order: orders.Order) -> None:
        """Do what the core orders; what cannot be done for a peer's sake is logged."""
        try:
            await self._obey(order)
        except PeerError as error:
            log.debug("%s was not done: %s", type(order).__name__, error)

    async def _obey(self, order: orders.Order) -> None:
        """Do what the core orders.

        Raises:
            PeerError: the peer it names has no link or no such id, or the payload is too large.
        """
        match order:
            case orders.Broadcast():
                self._consensus.broadcast(order.message)
            case orders.Send():
                self._consensus.send(order.peer, order.message)
            case orders.Publish():
                await self.gossip.publish(order.topic, order.payload)
            case orders.Status():
                self._own_status = u64(order.height) + order.block_hash
                self._status.broadcast(self._own_status)
            case orders.Request():
                await self._start_request(order)
            case orders.Answer():
                self._core.answer(order)
            case orders.Punish():
                self.peers.penalise(order.peer, order.weight, "the core says so")
            case orders.Cut():
                self.peers.cut(frozenset(order.peers))
            case _:
                assert_never(order)

    async def _start_request(self, order: orders.Request) -> None:
        """Ask in the background, unless too many questions are under way."""
        if self._nursery is None or self._requesting >= REQUESTS_MAX:
            reason = b"too many requests are under way"
            failed = reports.Response(id=order.id, ok=False, peer="", payload=reason)
            await self._core.report(failed)
            return
        self._requesting += 1
        self._nursery.start_soon(self._request, order)

    async def _request(self, order: orders.Request) -> None:
        """Ask, and report the answer or why there is none."""
        try:
            answer = await self._requests.ask(order.protocol, order.peer, order.payload)
            report = reports.Response(
                id=order.id, ok=True, peer=answer.peer, payload=answer.payload
            )
        except PeerError as error:
            reason = error.detail.encode("ascii", "replace")
            report = reports.Response(id=order.id, ok=False, peer=order.peer, payload=reason)
        finally:
            self._requesting -= 1
        await self._core.report(report)

    def _candidates(self) -> list[str]:
        """Return the linked peers, the highest first."""
        return sorted(self._consensus.linked(), key=lambda peer: -self._heights.get(peer, 0))

    async def _opened(self, peer: str) -> None:
        """Open the lanes to a new peer that may stay."""
        if self._nursery is not None and self.peers.greet(peer) and peer not in self._kept:
            self._kept.add(peer)
            self._nursery.start_soon(self._keep, peer)

    async def _closed(self, peer: str) -> None:
        """Forget a peer that is gone."""
        self.peers.forget(peer)
        self._requests.forget(peer)
        self._heights.pop(peer, None)

    def _failed(self, peer: str) -> None:
        """Let a peer pay for a stream that could not be handled."""
        self.peers.penalise(peer, FAILED_STREAM_WEIGHT, "its stream could not be handled")

    async def _keep(self, peer: str) -> None:
        """Keep the lanes to a peer open while it is connected."""
        while self._network.is_connected(peer):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._consensus.keep_link, peer)
                nursery.start_soon(self._status.keep_link, peer)
        self._kept.discard(peer)

    async def _link_up(self, peer: str) -> None:
        """Report that a peer takes consensus messages."""
        await self._core.report(reports.PeerUp(peer))

    async def _link_down(self, peer: str) -> None:
        """Report that a peer takes no more of them, even while this process stops."""
        with trio.CancelScope(shield=True, deadline=trio.current_time() + 1.0):
            await self._core.report(reports.PeerDown(peer))

    async def _greet(self, peer: str) -> None:
        """Tell a new peer our status."""
        self._status.send(peer, self._own_status)

    async def _ignore(self, peer: str) -> None:
        """Do nothing."""

    async def _take_consensus(self, peer: str, message: bytes) -> None:
        """Hand a consensus message in."""
        self.peers.heard(peer)
        await self._core.report(reports.Consensus(peer, message))

    async def _take_status(self, peer: str, message: bytes) -> None:
        """Note a sign of life, and hand in what it says."""
        self.peers.heard(peer)
        if not message:
            return
        try:
            height, block_hash = decode_whole(message, _read_status)
        except MalformedMessage:
            self.peers.penalise(peer, STRANGE_STATUS_WEIGHT, "its status is malformed")
            return
        self._heights[peer] = height
        await self._core.report(reports.PeerStatus(peer, height, block_hash))

    async def _take_gossip(self, topic: Topic, peer: str, payload: bytes) -> None:
        """Hand in gossip that passed the checks."""
        self.peers.heard(peer)
        await self._core.report(reports.Gossip(topic, peer, payload))


def _read_status(read: Reader) -> tuple[Height, Hash]:
    """Return the height and the block hash of a status."""
    return Height(read.u64()), read.hash()
