"""Catching up: which peer to ask for final blocks, and when.

A peer's height is its own claim. It is a reason to ask; only a certificate makes a block final,
and a peer whose answers bring nothing loses its claim.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from chain.events import Ask, Protocol
from chain.fetch import SYNC_BLOCKS_MAX, SyncWanted
from chain.primitives import HEIGHT_MAX
from chain.state import Ledger

FAR_BEHIND = 2
"""Blocks behind at which we ask at once; one block behind is usual and often mends itself."""


@dataclass
class CatchUp:
    """What peers claim and what was asked.

    Attributes:
        ledger: the final state.
        next_request: gives a fresh request number.
        claims: height by peer.
        peer: whom we are asking, or None.
        request: the open request's number, or None.
        waiting_since: our height at the last tick, to tell a pause from being behind.
    """

    ledger: Ledger
    next_request: Callable[[], int]
    claims: dict[str, int] = field(default_factory=dict)
    peer: str | None = None
    request: int | None = None
    waiting_since: int = -1

    @property
    def is_active(self) -> bool:
        """Whether blocks are being fetched: a validator then signs nothing."""
        return self.request is not None

    @property
    def best(self) -> int:
        """The greatest height a peer claims."""
        return max(self.claims.values(), default=0)

    def note(self, peer: str, height: int) -> list[Ask]:
        """Note a peer's claim; ask at once when we are far behind."""
        self.claims[peer] = min(height, HEIGHT_MAX)
        return self.ask() if height >= self.ledger.height + FAR_BEHIND else []

    def gone(self, peer: str) -> None:
        """Forget a peer; its open request fails by itself."""
        self.claims.pop(peer, None)

    def tick(self) -> list[Ask]:
        """Ask for even one block when nothing has moved since the last tick."""
        stood_still = self.waiting_since == self.ledger.height
        self.waiting_since = self.ledger.height
        return self.ask() if stood_still else []

    def ask(self) -> list[Ask]:
        """Ask the peer that claims most for the next blocks, unless a request is open."""
        if self.is_active or self.best <= self.ledger.height:
            return []
        self.peer = max(sorted(self.claims), key=lambda peer: self.claims[peer])
        self.request = self.next_request()
        wanted = SyncWanted(from_height=self.ledger.height + 1, count=SYNC_BLOCKS_MAX)
        return [
            Ask(
                request=self.request,
                protocol=Protocol.SYNC,
                peer=self.peer,
                payload=wanted.encode(),
            )
        ]

    def answered(self, request: int, *, progress: bool) -> bool:
        """Close a request; without progress its peer loses its claim.

        Returns:
            Whether it was ours.
        """
        if request != self.request:
            return False
        if not progress and self.peer is not None:
            self.claims.pop(self.peer, None)
        self.request = self.peer = None
        return True
