"""The core's side of the network edge: reports become events, effects become orders."""

import asyncio
from collections.abc import Callable, Sequence
from typing import assert_never

import structlog

from chain import events
from chain.checked import checked_block, checked_receipt, checked_transaction
from chain.codec import Reader, decode_whole, join_sequences
from chain.errors import ChainError, MalformedMessage
from chain.exchange import ProtocolId, Topic
from chain.fetch import Parts, decode_fetch_answer, decode_sync_answer
from chain.payload_pairs import decode_announcement, decode_claim_bundle, decode_final_block
from chain.primitives import BLOCK_TRANSACTIONS_MAX, TRANSACTION_BYTES_MAX, Hash, Height
from chain.transaction import claims_in
from chain.validation import VerifiedBlock, VerifiedTransaction
from node.clock import monotonic_ms, now_ms
from node.home import Home
from node.links import Link, serve
from p2p import orders, reports
from p2p.beat import Beat
from p2p.topics import TOPIC_BYTES_MAX

SILENCE_MS = 10_000
"""An edge that says nothing for so long is frozen; it beats twice a second."""

GOSSIP_WAIT_S = 0.01
GOSSIP_ITEMS = 256
"""Transactions that come within the wait travel in one message, so many at most: a message of its
own costs each node that passes it on ten times what checking the transaction does."""

FETCH_PAIR_BYTES_MAX = 2 * TRANSACTION_BYTES_MAX

NO_BEAT = Beat(rss_bytes=0, peers=0, shed=0)

log = structlog.get_logger()

Take = Callable[[events.Event], None]


class NetworkSide:
    """The link to the network edge; there is at most one.

    Attributes:
        beat: its last sign of life; of zeros while there is no edge.
    """

    def __init__(self, *, genesis_hash: Hash, take: Take, silence_ms: int = SILENCE_MS) -> None:
        """Start without an edge.

        Args:
            genesis_hash: 32 bytes.
            take: brings an event to the engine.
            silence_ms: after which the edge is killed.
        """
        self._silence_ms = silence_ms
        self._genesis_hash, self._take = genesis_hash, take
        self._link: Link[reports.Report] | None = None
        self.beat = NO_BEAT
        self._status = orders.Status(Height(0), genesis_hash)
        self._cut = orders.Cut(())
        self._asked: dict[int, ProtocolId] = {}
        self._peers: set[str] = set()
        self._gossip: dict[Topic, list[bytes]] = {Topic.TX: [], Topic.RECEIPT: []}

    @property
    def peers(self) -> int:
        """How many peers speak consensus with us."""
        return len(self._peers)

    @property
    def peer_ids(self) -> list[str]:
        """Who they are, in order."""
        return sorted(self._peers)

    @property
    def cut_peers(self) -> list[str]:
        """Whom the operator has cut us off from, in order."""
        return sorted(self._cut.peers)

    def cut(self, peers: Sequence[str]) -> None:
        """Be cut off from exactly these peers until told otherwise, or until the core ends."""
        log.warning("cut_off_by_operator" if peers else "healed_by_operator", peers=len(peers))
        self._cut = orders.Cut(tuple(peers))
        self._send(self._cut)

    async def serve(self, home: Home) -> asyncio.Server:
        """Listen for the edge."""
        return await serve(home.network_socket, reports.REPORTS, self._serve_link)

    async def _serve_link(self, link: Link[reports.Report]) -> None:
        if self._link is not None:
            self._link.abort()
            self._lose()
        self._link = link
        link.send(self._status)
        if self._cut.peers:
            link.send(self._cut)
        try:
            async for report in link.messages():
                self._receive(report)
        finally:
            if self._link is link:
                self._lose()

    def _lose(self) -> None:
        """Forget the edge: its peers are gone and its requests have failed."""
        self._link, self.beat = None, NO_BEAT
        for peer in sorted(self._peers):
            self._take(events.PeerDown(peer))
        self._peers.clear()
        for request in sorted(self._asked):
            self._take(events.RequestFailed(peer="", request=request, now_ms=now_ms()))
        self._asked.clear()

    def abort(self) -> None:
        """Cut the link."""
        if self._link is not None:
            self._link.abort()

    def watch(self) -> None:
        """Kill an edge that has gone silent; the supervisor starts another."""
        link = self._link
        if link is not None and monotonic_ms() - link.last_heard_ms > self._silence_ms:
            log.error("network_edge_silent", pid=link.peer_pid)
            link.kill_peer()

    def set_status(self, height: int, tip_hash: Hash) -> None:
        """Tell peers how far we are."""
        self._status = orders.Status(Height(height), tip_hash)
        self._send(self._status)

    def _send(self, order: orders.Order) -> bool:
        if self._link is None or self._link.is_closed:
            return False
        self._link.send(order)
        return True

    # Effects.

    def perform(self, effect: events.NetworkEffect) -> None:
        """Perform an effect that concerns peers."""
        match effect:
            case events.SendConsensus(peer=None):
                self._send(orders.Broadcast(effect.data))
            case events.SendConsensus():
                assert effect.peer is not None
                self._send(orders.Send(effect.peer, effect.data))
            case events.Gossip(topic=Topic.BLOCK):
                self._send(orders.Publish(Topic.BLOCK, effect.payload))
            case events.Gossip():
                self._collect(effect.topic, effect.payload)
            case events.Ask():
                self._ask(effect)
            case events.Answer():
                self._send(orders.Answer(effect.request, effect.payload))
            case events.Punish():
                self._send(orders.Punish(effect.peer, effect.weight))
            case _:
                assert_never(effect)

    def _collect(self, topic: Topic, payload: bytes) -> None:
        """Let what is gossiped within a moment travel as one message."""
        waiting = self._gossip[topic]
        size = sum(map(len, waiting)) + len(payload)
        if len(waiting) == GOSSIP_ITEMS or size > TOPIC_BYTES_MAX[topic]:
            self._publish(topic)
        if not waiting:
            asyncio.get_running_loop().call_later(GOSSIP_WAIT_S, self._publish, topic)
        waiting.append(payload)

    def _publish(self, topic: Topic) -> None:
        waiting = self._gossip[topic]
        if waiting:
            self._send(orders.Publish(topic, join_sequences(waiting)))
            waiting.clear()

    def _ask(self, effect: events.Ask) -> None:
        order = orders.Request(effect.request, effect.protocol, effect.peer, effect.payload)
        if self._send(order):
            self._asked[effect.request] = effect.protocol
        else:
            failed = events.RequestFailed(peer=effect.peer, request=effect.request, now_ms=now_ms())
            asyncio.get_running_loop().call_soon(self._take, failed)

    # Reports.

    def _receive(self, report: reports.Report) -> None:  # noqa: C901 - one arm a report
        match report:
            case reports.Consensus():
                self._take(events.ConsensusReceived(report.peer, report.message, now_ms()))
            case reports.Gossip():
                for event in self._gossiped(report):
                    self._take(event)
            case reports.Response():
                self._responded(report)
            case reports.Incoming(protocol=ProtocolId.FETCH):
                self._take(events.FetchAsked(report.peer, report.id, report.payload))
            case reports.Incoming():
                self._send(orders.Answer(report.id, b""))
            case reports.PeerStatus():
                self._take(events.PeerStatus(report.peer, report.height, now_ms()))
            case reports.PeerUp():
                self._peers.add(report.peer)
                self._take(events.PeerUp(report.peer))
                log.info("peer_up", peer=report.peer, peers=len(self._peers))
            case reports.PeerDown():
                self._peers.discard(report.peer)
                self._take(events.PeerDown(report.peer))
                log.info("peer_down", peer=report.peer, peers=len(self._peers))
            case reports.Ready():
                log.info("network_ready", addresses=list(report.addresses))
            case Beat():
                self.beat = report

    def _gossiped(self, report: reports.Gossip) -> list[events.Event]:
        """Return the events of a payload that the edge has checked."""
        if report.topic is Topic.BLOCK:
            compact, certificate = decode_announcement(report.payload)
            return [events.BlockAnnounced(report.peer, compact, certificate, now_ms())]
        items = _items(report.payload)
        if report.topic is Topic.TX:
            return [events.TransactionArrived(self._lone(item)) for item in items]
        bundles = [decode_claim_bundle(item) for item in items]
        return [
            events.TransactionArrived(
                self._transaction(claim), tuple(checked_receipt(one) for one in documents)
            )
            for documents, claim in bundles
        ]

    def _lone(self, data: bytes) -> VerifiedTransaction:
        """Return a transaction that needs no document.

        Raises:
            ChainError: the edge let through what is none, or a claim by itself.
        """
        verified = self._transaction(data)
        if claims_in(verified.transaction):
            raise MalformedMessage(detail="a claim comes without its document")
        return verified

    def _transaction(self, data: bytes) -> VerifiedTransaction:
        return checked_transaction(data, genesis_hash=self._genesis_hash)

    def _responded(self, report: reports.Response) -> None:
        protocol = self._asked.pop(report.id, None)
        if protocol is None:
            return
        try:
            event = self._response_event(protocol, report)
        except ChainError as error:
            log.warning("answer_unreadable", peer=report.peer, reason=str(error))
            event = None
        self._take(event or events.RequestFailed(report.peer, report.id, now_ms()))

    def _response_event(
        self, protocol: ProtocolId, report: reports.Response
    ) -> events.Event | None:
        """Return the event of a good answer; None for a failed or empty one.

        Raises:
            ChainError: the edge let through what does not decode.
        """
        if not report.ok or not report.payload:
            return None
        if protocol is ProtocolId.SYNC:
            pairs = [decode_final_block(item) for item in decode_sync_answer(report.payload)]
            blocks = tuple((self._block(block), certificate) for block, certificate in pairs)
            return events.BlocksReceived(report.peer, blocks, report.id, now_ms())
        answer = decode_fetch_answer(report.payload)
        if isinstance(answer, Parts):
            return events.PartsReceived(
                peer=report.peer,
                transactions=tuple(self._transaction(one) for one in answer.transactions),
                receipts=tuple(checked_receipt(one) for one in answer.receipts),
                request=report.id,
                now_ms=now_ms(),
            )
        block = ((self._block(answer), None),)
        return events.BlocksReceived(report.peer, block, report.id, now_ms())

    def _block(self, data: bytes) -> VerifiedBlock:
        return checked_block(data, genesis_hash=self._genesis_hash)


def _items(payload: bytes) -> list[bytes]:
    def read(reader: Reader) -> list[bytes]:
        return reader.sequence(count_max=BLOCK_TRANSACTIONS_MAX, item_max=FETCH_PAIR_BYTES_MAX)

    return decode_whole(payload, read)
