"""The sign of life that an edge sends to its core, whichever edge it is."""

from dataclasses import dataclass
from typing import ClassVar, Self

from chain import codec
from p2p.frames import FrameKind


@dataclass(frozen=True, slots=True)
class Beat:
    """The edge is alive: sent every half second.

    Attributes:
        rss_bytes: memory of its process, for the supervisor to cap.
        peers: connected peers that speak consensus.
        shed: consensus messages dropped since the start because a peer took none.
        connections: connected peers of whatever kind.
        bans: peers banned since the start.
    """

    KIND: ClassVar[int] = FrameKind.BEAT

    rss_bytes: int
    peers: int
    shed: int
    connections: int = 0
    bans: int = 0

    def encode(self) -> bytes:
        """Return the body."""
        own = codec.u64(self.rss_bytes) + codec.u16(self.peers) + codec.u64(self.shed)
        return own + codec.u16(self.connections) + codec.u64(self.bans)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body."""
        return codec.decode_whole(
            body, lambda read: cls(read.u64(), read.u16(), read.u64(), read.u16(), read.u64())
        )
