"""What each peer has cost us: points that decay, bans, and how fast it may send.

Pure: the time is an argument, in seconds of any clock that only goes forward.
"""

from dataclasses import dataclass, field
from enum import Enum

BAN_POINTS = 100.0
BAN_S = 600.0
DECAY = 0.9
DECAY_STEP_S = 10.0
"""Points lose a tenth every ten seconds: a single slip is forgotten in minutes."""

THROTTLE_S = 60.0
THROTTLE_FACTOR = 10
"""A persistent peer is never banned, for a mistake of ours must not split the validators; for a
minute everything that it sends counts tenfold instead."""

ENTRIES_MAX = 4_096
MEBIBYTE = 1024 * 1024


class Traffic(Enum):
    """Kinds of traffic; value: bytes a second, bytes at once, messages a second, at once."""

    CONSENSUS = (16 * MEBIBYTE, 64 * MEBIBYTE, 1_000, 4_000)
    GOSSIP = (8 * MEBIBYTE, 64 * MEBIBYTE, 1_000, 4_000)
    STATUS = (4_096, 65_536, 20, 200)
    QUESTION = (2 * MEBIBYTE, 8 * MEBIBYTE, 50, 200)
    ANSWER = (16 * MEBIBYTE, 64 * MEBIBYTE, 50, 200)


@dataclass(slots=True)
class Bucket:
    """Tokens for one kind of traffic of one peer; may go into debt, which is then waited for."""

    kind: Traffic
    updated_s: float
    bytes_left: float = 0.0
    messages_left: float = 0.0

    def __post_init__(self) -> None:
        """Start full."""
        _, self.bytes_left, _, self.messages_left = self.kind.value

    def take(self, size_bytes: int, messages: int, *, now_s: float) -> float:
        """Take tokens; return how many seconds to wait before the next are there."""
        byte_rate, byte_burst, message_rate, message_burst = self.kind.value
        passed_s = now_s - self.updated_s
        self.updated_s = now_s
        self.bytes_left = min(byte_burst, self.bytes_left + passed_s * byte_rate) - size_bytes
        self.messages_left = (
            min(message_burst, self.messages_left + passed_s * message_rate) - messages
        )
        return max(0.0, -self.bytes_left / byte_rate, -self.messages_left / message_rate)


@dataclass(slots=True)
class Entry:
    """What we know of one peer."""

    points: float = 0.0
    updated_s: float = 0.0
    banned_until_s: float = float("-inf")
    throttled_until_s: float = float("-inf")
    buckets: dict[Traffic, Bucket] = field(default_factory=dict)


class Scores:
    """The entries of all peers, bounded in number.

    Attributes:
        bans: how many there were.
    """

    def __init__(self, persistent: frozenset[str]) -> None:
        """Start with nothing against anyone; ``persistent`` peers are throttled, never banned."""
        self._persistent = persistent
        self._entries: dict[str, Entry] = {}
        self.bans = 0

    def penalise(self, peer: str, weight: int, *, now_s: float) -> bool:
        """Add points; return whether the peer is banned by them just now."""
        entry = self._entry(peer)
        passed_s = now_s - entry.updated_s
        entry.points = entry.points * DECAY ** (passed_s / DECAY_STEP_S) + weight
        entry.updated_s = now_s
        if entry.points < BAN_POINTS:
            return False
        entry.points = 0.0
        if peer in self._persistent:
            entry.throttled_until_s = now_s + THROTTLE_S
            return False
        entry.banned_until_s = now_s + BAN_S
        self.bans += 1
        return True

    def is_banned(self, peer: str, *, now_s: float) -> bool:
        """Tell whether a peer may not connect."""
        entry = self._entries.get(peer)
        return entry is not None and now_s < entry.banned_until_s

    def is_throttled(self, peer: str, *, now_s: float) -> bool:
        """Tell whether a persistent peer pays tenfold."""
        entry = self._entries.get(peer)
        return entry is not None and now_s < entry.throttled_until_s

    def wait_s(self, peer: str, traffic: Traffic, size_bytes: int, *, now_s: float) -> float:
        """Count a message; return the seconds to wait before reading the next."""
        entry = self._entry(peer)
        bucket = entry.buckets.get(traffic)
        if bucket is None:
            bucket = entry.buckets[traffic] = Bucket(traffic, now_s)
        factor = THROTTLE_FACTOR if now_s < entry.throttled_until_s else 1
        return bucket.take(size_bytes * factor, factor, now_s=now_s)

    def _entry(self, peer: str) -> Entry:
        """Return a peer's entry; a new one may push out the oldest."""
        entry = self._entries.get(peer)
        if entry is None:
            while len(self._entries) >= ENTRIES_MAX:
                del self._entries[next(iter(self._entries))]
            entry = self._entries[peer] = Entry()
        return entry
