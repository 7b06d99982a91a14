"""Whom we are connected to: dialling again, noticing silence, keeping the score, banning, cutting.

A connected peer that says nothing for ``SILENCE_S`` is disconnected, be it frozen, cut off, or of
another chain and so without our protocols: each side repeats its status every few seconds.
"""

import logging
from collections.abc import Mapping

import trio

from chain.errors import PeerError
from p2p.network import Network
from p2p.scores import Scores, Traffic

REDIAL_S, REDIAL_MAX_S, REDIAL_GROWTH = 0.5, 5.0, 1.6
"""Seconds between two attempts. After a partition a chain without a quorum stands still until the
next attempt, and one in five seconds costs nobody anything."""

YIELD_S = 1.0
"""Of two nodes that name each other, the one with the higher id lets the other dial first, so that
they do not end up with two connections."""

SILENCE_S = 12.0
"""Four times the pause between two statuses, and longer than any block we execute."""

SILENCE_STEP_S = 1.0
WAIT_TOLD_S = 5.0
HURRY_WEIGHT = 2

log = logging.getLogger(__name__)


class Peers:
    """The peers of one edge."""

    def __init__(self, network: Network, persistent: Mapping[str, str]) -> None:
        """Know the peers to stay connected with.

        Args:
            network: dials and disconnects.
            persistent: address by peer id.
        """
        self._network = network
        self._persistent = {
            peer: where for peer, where in persistent.items() if peer != network.peer
        }
        self._scores = Scores(frozenset(self._persistent))
        self._heard_s: dict[str, float] = {}
        self._leaving: set[str] = set()
        self._cut: frozenset[str] = frozenset()
        self._nursery: trio.Nursery | None = None

    @property
    def bans(self) -> int:
        """How many were banned since the start."""
        return self._scores.bans

    async def run(self) -> None:
        """Dial, listen for silence, and disconnect whom the score condemns."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            for peer in self._cut:
                self._leave(peer)
            for peer, address in self._persistent.items():
                nursery.start_soon(self._redial, peer, address)
            nursery.start_soon(self._drop_silent)

    def greet(self, peer: str) -> bool:
        """Take note of a new peer; return whether it may stay."""
        if peer in self._cut or self._scores.is_banned(peer, now_s=trio.current_time()):
            self._leave(peer)
            return False
        self._heard_s[peer] = trio.current_time()
        return True

    def heard(self, peer: str) -> None:
        """Take note that a peer is alive."""
        if peer in self._heard_s:
            self._heard_s[peer] = trio.current_time()

    def forget(self, peer: str) -> None:
        """Take note that a peer is gone; its score stays."""
        self._heard_s.pop(peer, None)

    async def admit(self, peer: str, size_bytes: int, traffic: Traffic) -> None:
        """Wait until a peer may send this much: who hurries is slowed, and nothing is lost.

        Raises:
            PeerError: the peer is banned, or we are cut off from it.
        """
        if peer in self._cut:
            raise PeerError(detail=f"cut off from {peer}")
        now_s = trio.current_time()
        if self._scores.is_banned(peer, now_s=now_s):
            raise PeerError(detail=f"{peer} is banned")
        wait_s = self._scores.wait_s(peer, traffic, size_bytes, now_s=now_s)
        if wait_s > WAIT_TOLD_S:
            self.penalise(peer, HURRY_WEIGHT, f"sends {traffic.name.lower()} faster than allowed")
        if wait_s > 0:
            await trio.sleep(wait_s)

    def penalise(self, peer: str, weight: int, reason: str) -> None:
        """Lower a peer's score; a ban disconnects it.

        What breaks because we are cut off from a peer is not that peer's fault.
        """
        if peer in self._cut:
            return
        log.info("%s pays %d: %s", peer, weight, reason)
        if self._scores.penalise(peer, weight, now_s=trio.current_time()):
            log.warning("%s is banned: %s", peer, reason)
            self._leave(peer)

    def cut(self, peers: frozenset[str]) -> None:
        """Have nothing to do with exactly these peers from now on; the others may come again.

        Raises:
            PeerError: one of them is no peer id; nothing has changed.
        """
        linked = [peer for peer in sorted(peers) if self._network.is_connected(peer)]
        log.warning("cut off from %d peers by the operator", len(peers))
        self._cut = peers
        for peer in linked:
            self._leave(peer)

    def _leave(self, peer: str) -> None:
        """Disconnect a peer, in the background and once at a time."""
        if self._nursery is None or peer in self._leaving:
            return
        self._leaving.add(peer)
        self._nursery.start_soon(self._disconnect, peer)

    async def _disconnect(self, peer: str) -> None:
        """Disconnect a peer, and again if it came back while its connection closed."""
        while self._network.is_connected(peer):
            await self._network.disconnect(peer)
        self._leaving.discard(peer)

    async def _drop_silent(self) -> None:
        """Disconnect every peer that has said nothing for too long."""
        while True:
            await trio.sleep(SILENCE_STEP_S)
            oldest_s = trio.current_time() - SILENCE_S
            for peer in [peer for peer, heard_s in self._heard_s.items() if heard_s < oldest_s]:
                log.info("%s is silent", peer)
                self.forget(peer)
                self._leave(peer)

    async def _redial(self, peer: str, address: str) -> None:
        """Stay connected with a persistent peer."""
        if self._network.peer > peer:
            await trio.sleep(YIELD_S)
        pause_s = REDIAL_S
        while True:
            if peer in self._cut or self._network.is_connected(peer):
                pause_s = REDIAL_S
            else:
                try:
                    await self._network.dial(peer, address)
                except PeerError as error:
                    log.debug("%s", error)
                    pause_s = min(pause_s * REDIAL_GROWTH, REDIAL_MAX_S)
            await trio.sleep(pause_s)
