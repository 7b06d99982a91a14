"""Catching up: which peers to ask for which final blocks, and when.

The blocks that follow our tip are asked for in ranges, of several peers at once; answers wait for
their turn. What is not held and not asked for is a gap, and the first gap is asked for next. So a
short answer, a failed one and a lie are mended in one way: they leave a gap for another peer.

A peer's height is its own claim. It is a reason to ask and no reason to stop: only certificates
and blocks that came with them say that we are behind. A peer whose answers bring less than it
claimed loses its claim and is asked after the others from then on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chain.certificate import Certificate
from chain.events import Ask
from chain.exchange import ProtocolId
from chain.fetch import SYNC_BLOCKS_MAX, SYNC_BYTES_MAX, SyncWanted
from chain.held_blocks import HeldBlock, HeldBlocks, read_answer
from chain.primitives import HEIGHT_MAX
from chain.state import Ledger
from chain.validation import VerifiedBlock

FAR_BEHIND = 2
"""Blocks behind at which we ask at once; one block behind is usual and often mends itself."""

CLAIMS_MAX = 256
"""Peers whose claims are held: more than we have connections."""

REQUESTS_MAX = 4
"""Open requests, save those that ask again for what is late: more peers bring little, as one core
executes what comes."""

REQUESTS_PER_PEER_MAX = 2
"""Open requests with one peer, which gets a second one only when there is no other peer."""

WINDOW_BLOCKS = 8 * SYNC_BLOCKS_MAX
"""How far above our tip blocks are asked for."""

RANGE_BYTES = 2 * 1024 * 1024
"""What a range should weigh, by the size of the blocks before: large enough to be worth its way,
small enough to arrive in time over a slow line."""

HELD_BYTES_MAX = 32 * 1024 * 1024
"""Bytes held and asked for ahead of the next block."""

LATE_TICKS = 3
"""Ticks after which the next blocks are asked for again, of another peer."""


@dataclass(frozen=True, slots=True)
class Range:
    """An open request.

    Attributes:
        peer: who is asked.
        first: height of its first block.
        last: height of its last block.
        expected: the last height that the peer must have by its own claim, at most ``last``.
        asked_at: the tick at which it was asked.
    """

    peer: str
    first: int
    last: int
    expected: int
    asked_at: int


@dataclass
class CatchUp:
    """What peers claim, what was asked, and what waits for its turn.

    Attributes:
        ledger: the final state.
        next_request: gives a fresh request number.
        claims: height by peer, each above ours when it was made.
        failures: requests in a row that a peer answered with less than it claimed.
        open: ranges by the numbers of their requests.
        held: blocks that came before their turn.
        proven: the greatest height that a certificate proves final.
        is_moving: whether the last blocks came by asking, and lately.
        block_bytes: what a block has weighed lately.
        ticks: how many there were.
        still_ticks: ticks since the height changed.
        height_at_tick: our height at the last one.
    """

    ledger: Ledger
    next_request: Callable[[], int]
    claims: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    open: dict[int, Range] = field(default_factory=dict)
    held: HeldBlocks = field(default_factory=HeldBlocks)
    proven: int = 0
    is_moving: bool = False
    block_bytes: int = 0
    ticks: int = 0
    still_ticks: int = 0
    height_at_tick: int = -1

    # How far we are.

    @property
    def is_advancing(self) -> bool:
        """Whether final blocks come in that make the next height one of the past.

        Of the next height alone the certificate may be all there is: whoever has it must show it.
        """
        is_far = self.proven > self.ledger.height + 1
        return is_far or self.has_next or (bool(self.open) and self.is_moving)

    @property
    def has_next(self) -> bool:
        """Whether the block that follows our tip is held."""
        return self.ledger.height + 1 in self.held

    def best(self, now_ms: int) -> int:
        """Return how high the chain is, as far as we can tell; for people to look at.

        It is what certificates prove, or else what the lower half of those ahead claim, but no
        more than there was time to make.
        """
        ledger = self.ledger
        time_ms = max(now_ms - ledger.tip_time_ms, 0)
        possible = ledger.height + time_ms // ledger.parameters.block_interval_ms
        claims = sorted(self.claims.values()) or [0]
        claimed = min(claims[(len(claims) - 1) // 2], possible)
        return max(ledger.height, self.proven, claimed)

    def is_behind(self, now_ms: int) -> bool:
        """Tell whether the chain is farther than we are; for people to look at."""
        return self.is_advancing or (
            bool(self.open) and self.best(now_ms) >= self.ledger.height + FAR_BEHIND
        )

    def prove(self, height: int) -> None:
        """Note that a checked certificate proves a height final."""
        self.proven = max(self.proven, height)

    # What peers say.

    def note(self, peer: str, height: int) -> list[Ask]:
        """Note a peer's claim; ask at once when we are far behind."""
        known = self.claims.get(peer, 0)
        has_room = bool(known) or len(self.claims) < CLAIMS_MAX
        if height <= max(known, self.ledger.height) or not has_room:
            return []
        self.claims[peer] = min(height, HEIGHT_MAX)
        return self.ask() if height >= self.ledger.height + FAR_BEHIND else []

    def gone(self, peer: str) -> None:
        """Forget a peer; its open requests fail by themselves."""
        self.claims.pop(peer, None)
        self.failures.pop(peer, None)

    def tick(self) -> list[Ask]:
        """Ask again for what is late, and for even one block when nothing moved since then."""
        height = self.ledger.height
        self.claims = {peer: claim for peer, claim in self.claims.items() if claim > height}
        self.ticks += 1
        self.still_ticks = self.still_ticks + 1 if self.height_at_tick == height else 0
        self.height_at_tick = height
        if self.still_ticks >= LATE_TICKS:
            self.is_moving = False
        return self._ask_for_late() + (self.ask() if self.still_ticks else [])

    # Asking.

    def ask(self) -> list[Ask]:
        """Ask for the gaps, the first one first, as far as peers, claims and memory reach."""
        asks: list[Ask] = []
        while len(self.open) < REQUESTS_MAX:
            first, last = self._first_gap()
            peer = self._find_peer(first)
            if peer is None or not self._may_ask(first):
                break
            asks.append(self._ask(peer, first, last))
        return asks

    def _may_ask(self, first: int) -> bool:
        """Tell whether a range may be asked for: the next blocks always, others with reason."""
        if first == self.ledger.height + 1:
            return True
        bytes_ahead = self.held.size_bytes + len(self.open) * RANGE_BYTES
        is_near = first <= self.ledger.height + WINDOW_BLOCKS
        return self.is_advancing and is_near and bytes_ahead < HELD_BYTES_MAX

    def _first_gap(self) -> tuple[int, int]:
        """Return the first height that is neither held nor asked for, and the range's last."""
        first = self.ledger.height + 1
        while self._is_on_its_way(first):
            first += 1
        weight = max(self.block_bytes, 1)
        count = min(max(RANGE_BYTES // weight, 1), SYNC_BLOCKS_MAX)
        last = first
        while last + 1 < first + count and not self._is_on_its_way(last + 1):
            last += 1
        return first, last

    def _is_on_its_way(self, height: int) -> bool:
        return height in self.held or any(
            one.first <= height <= one.last for one in self.open.values()
        )

    def _find_peer(self, first: int, *, but: frozenset[str] = frozenset()) -> str | None:
        """Return whom to ask: who failed least, of these who is asked least and claims most."""
        busy = [one.peer for one in self.open.values()]
        able = [
            peer
            for peer, claim in sorted(self.claims.items())
            if claim >= first and peer not in but and busy.count(peer) < REQUESTS_PER_PEER_MAX
        ]

        def rank(peer: str) -> tuple[int, int, int]:
            return self.failures.get(peer, 0), busy.count(peer), -self.claims[peer]

        return min(able, key=rank, default=None)

    def _ask_for_late(self) -> list[Ask]:
        """Ask one more peer for the next blocks, when all who were asked are late."""
        first = self.ledger.height + 1
        late = [one for one in self.open.values() if one.first <= first <= one.last]
        is_due = bool(late) and max(one.asked_at for one in late) + LATE_TICKS <= self.ticks
        peer = self._find_peer(first, but=frozenset(one.peer for one in late))
        if not is_due or peer is None or len(self.open) >= 2 * REQUESTS_MAX:
            return []
        return [self._ask(peer, first, max(one.last for one in late))]

    def _ask(self, peer: str, first: int, last: int) -> Ask:
        request = self.next_request()
        expected = min(last, self.claims[peer])
        self.open[request] = Range(peer, first, last, expected, self.ticks)
        wanted = SyncWanted(from_height=first, count=min(last - first + 1, SYNC_BLOCKS_MAX))
        return Ask(request=request, protocol=ProtocolId.SYNC, peer=peer, payload=wanted.encode())

    # Answers.

    def answered(
        self, request: int, blocks: Sequence[tuple[VerifiedBlock, Certificate | None]]
    ) -> None:
        """Close an open request and hold its blocks.

        Raises:
            InvalidBlock: a block is not one that was asked for, in its place.
            InvalidCertificate: a block comes without a certificate that names it.
        """
        asked = self.open.pop(request)
        held = read_answer(blocks, peer=asked.peer, first=asked.first, last=asked.last)
        self._judge(asked, len(held), size_bytes=sum(one.size_bytes for one in held))
        for height, one in enumerate(held, asked.first):
            if height > self.ledger.height:
                self.held.keep(one)

    def _judge(self, asked: Range, count: int, *, size_bytes: int) -> None:
        """Take a peer by its word: it had to give what it claims, unless that is too much at once.

        What another way brought meanwhile is not the peer's failure.
        """
        last = asked.first + count - 1
        is_short = last < asked.expected and size_bytes < SYNC_BYTES_MAX // 2
        if not is_short:
            self.failures.pop(asked.peer, None)
            return
        self.claims.pop(asked.peer, None)
        if self.ledger.height < asked.expected:
            self._count_failure(asked.peer)

    def failed(self, request: int) -> None:
        """Close an open request that had no answer."""
        asked = self.open.pop(request)
        self._judge(asked, 0, size_bytes=0)

    def refuse(self, peer: str) -> None:
        """Drop all that a liar gave and claims."""
        self.held.drop_from(peer)
        self.claims.pop(peer, None)
        self._count_failure(peer)

    def _count_failure(self, peer: str) -> None:
        if len(self.failures) >= CLAIMS_MAX:
            self.failures.clear()
        self.failures[peer] = self.failures.get(peer, 0) + 1

    def take_next(self) -> HeldBlock | None:
        """Hand over the block that follows our tip, if it is here."""
        return self.held.take(self.ledger.height + 1)

    def taken(self, held: HeldBlock) -> None:
        """Note that a block was final."""
        self.is_moving = True
        self.block_bytes = (3 * self.block_bytes + held.size_bytes) // 4
