"""One example of every frame, and a registry of another edge."""

from dataclasses import dataclass
from typing import ClassVar, Self

from chain import codec
from chain.exchange import ProtocolId, Topic
from chain.primitives import Hash, Height
from p2p.beat import Beat
from p2p.frames import KIND_API_MIN, registry_of
from p2p.orders import Answer, Broadcast, Cut, Order, Publish, Punish, Request, Send, Status
from p2p.reports import (
    Consensus,
    Gossip,
    Incoming,
    PeerDown,
    PeerStatus,
    PeerUp,
    Ready,
    Report,
    Response,
)

PEER = "12D3KooWPeer"
A_HASH = Hash(bytes(range(32)))

EVERY_ORDER: tuple[Order, ...] = (
    Broadcast(b"vote"),
    Send(PEER, b"vote"),
    Publish(Topic.TX, b"batch"),
    Status(Height(7), A_HASH),
    Request(1, ProtocolId.SYNC, "", b"from 1"),
    Answer(2, b"blocks"),
    Punish(PEER, 50),
    Cut((PEER, PEER)),
)

EVERY_REPORT: tuple[Report, ...] = (
    Ready(("/ip4/127.0.0.1/tcp/1/p2p/" + PEER,), PEER),
    PeerUp(PEER),
    PeerDown(PEER),
    Consensus(PEER, b"vote"),
    Gossip(Topic.BLOCK, PEER, b"header"),
    PeerStatus(PEER, Height(7), A_HASH),
    Response(id=1, ok=True, peer=PEER, payload=b"blocks"),
    Incoming(2, ProtocolId.FETCH, PEER, b"hashes"),
    Beat(rss_bytes=90_000_000, peers=3, shed=0, connections=4, bans=1),
)


@dataclass(frozen=True, slots=True)
class Note:
    """A kind of another edge."""

    KIND: ClassVar[int] = KIND_API_MIN

    text: str

    def encode(self) -> bytes:
        """Return the body."""
        return codec.text8(self.text)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(body, lambda read: cls(read.text8()))


OTHER_REGISTRY = registry_of((Note,))
