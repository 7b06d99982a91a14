"""Catching up: which peer to ask for final blocks, and when.

A peer's height is its own claim. It is a reason to ask and no reason to stop: only blocks that
came with their certificates say that we are behind. A peer whose answers bring nothing loses its
claim and is asked after the others from then on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from chain.events import Ask
from chain.exchange import ProtocolId
from chain.fetch import SYNC_BLOCKS_MAX, SyncWanted
from chain.primitives import HEIGHT_MAX
from chain.state import Ledger

FAR_BEHIND = 2
"""Blocks behind at which we ask at once; one block behind is usual and often mends itself."""

CLAIMS_MAX = 256
"""Peers whose claims are held: more than we have connections."""


@dataclass
class CatchUp:
    """What peers claim and what was asked.

    Attributes:
        ledger: the final state.
        next_request: gives a fresh request number.
        claims: height by peer, each above ours when it was made.
        failures: requests in a row that a peer answered with nothing.
        peer: whom we are asking, or None.
        request: the open request's number, or None.
        asked_height: our height when it was asked.
        has_proof: whether the last answer brought final blocks.
        waiting_since: our height at the last tick, to tell a pause from being behind.
    """

    ledger: Ledger
    next_request: Callable[[], int]
    claims: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    peer: str | None = None
    request: int | None = None
    asked_height: int = 0
    has_proof: bool = False
    waiting_since: int = -1

    @property
    def is_active(self) -> bool:
        """Whether blocks are asked for, on somebody's word or not."""
        return self.request is not None

    @property
    def is_advancing(self) -> bool:
        """Whether final blocks came and more are asked for: nobody should vote meanwhile."""
        return self.is_active and self.has_proof

    @property
    def best(self) -> int:
        """The greatest height a peer claims."""
        return max(self.claims.values(), default=0)

    def note(self, peer: str, height: int) -> list[Ask]:
        """Note a peer's claim; ask at once when we are far behind."""
        known = self.claims.get(peer, 0)
        if height <= max(known, self.ledger.height) or not (known or self._has_room()):
            return []
        self.claims[peer] = min(height, HEIGHT_MAX)
        return self.ask() if height >= self.ledger.height + FAR_BEHIND else []

    def _has_room(self) -> bool:
        return len(self.claims) < CLAIMS_MAX

    def gone(self, peer: str) -> None:
        """Forget a peer; its open request fails by itself."""
        self.claims.pop(peer, None)
        self.failures.pop(peer, None)

    def tick(self) -> list[Ask]:
        """Drop claims we have reached; ask for even one block when nothing moved since then."""
        height = self.ledger.height
        self.claims = {peer: claim for peer, claim in self.claims.items() if claim > height}
        stood_still = self.waiting_since == height
        self.waiting_since = height
        return self.ask() if stood_still else []

    def ask(self) -> list[Ask]:
        """Ask for the next blocks, unless a request is open or nobody claims to have them.

        The peer with the fewest failures is asked, of these the one that claims most.
        """
        height = self.ledger.height
        ahead = sorted(peer for peer, claim in self.claims.items() if claim > height)
        if self.is_active or not ahead:
            return []
        self.peer = min(ahead, key=lambda peer: (self.failures.get(peer, 0), -self.claims[peer]))
        self.request, self.asked_height = self.next_request(), height
        wanted = SyncWanted(from_height=height + 1, count=SYNC_BLOCKS_MAX)
        return [
            Ask(
                request=self.request,
                protocol=ProtocolId.SYNC,
                peer=self.peer,
                payload=wanted.encode(),
            )
        ]

    def answered(self, *, progress: bool) -> None:
        """Close the open request; without progress its peer loses its claim.

        What another way brought meanwhile is not the peer's failure.
        """
        assert self.peer is not None
        if progress or self.ledger.height > self.asked_height:
            self.failures.pop(self.peer, None)
        else:
            self._count_failure(self.peer)
        if not progress:
            self.claims.pop(self.peer, None)
        self.has_proof = progress
        self.request = self.peer = None

    def refused(self) -> None:
        """Close the open request without an answer, or with one that is a lie."""
        assert self.peer is not None
        self._count_failure(self.peer)
        self.claims.pop(self.peer, None)
        self.has_proof = False
        self.request = self.peer = None

    def _count_failure(self, peer: str) -> None:
        if len(self.failures) >= CLAIMS_MAX:
            self.failures.clear()
        self.failures[peer] = self.failures.get(peer, 0) + 1
