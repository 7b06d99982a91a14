"""A block that is not complete: what is known of its parts, and whom we have asked for them.

The block's hash binds its header, and the header binds its parts; but the names of the parts are
nobody's word. So several contents may be tried, and after all peers were asked for parts in vain,
the whole block is asked for by its hash.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from chain.primitives import Hash
from chain.proposal import CompactBlock

CONTENTS_MAX = 4
"""Contents of one block that are tried at a time; the newest stay."""


@dataclass(frozen=True)
class Content:
    """A block by the names of its parts, as somebody told it.

    Attributes:
        compact: its header's hash is the block's.
        peer: who told it; None after a restart.
    """

    compact: CompactBlock
    peer: str | None


@dataclass
class Wanted:
    """One incomplete block.

    Attributes:
        block_hash: 32 bytes.
        contents: what it may consist of, the oldest first.
        asked: peers that were asked since the last retry.
        open: peer by number of the request that it has not answered.
        as_whole: whether the next question is for the whole block.
    """

    block_hash: Hash
    contents: list[Content] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    open: dict[int, str] = field(default_factory=dict)
    as_whole: bool = False

    def learn(self, content: Content) -> None:
        """Add a content that is not known yet."""
        if all(content.compact != known.compact for known in self.contents):
            self.contents = [*self.contents[1 - CONTENTS_MAX :], content]

    def choose_peer(self, preferred: str | None, peers: Iterable[str]) -> str | None:
        """Return whom to ask now, or None.

        The preferred peer, who named the block, is asked beside open requests; any other only
        when none is open. Each is asked once until :meth:`start_again`.
        """
        if preferred is not None and preferred not in self.asked:
            return preferred
        if self.open:
            return None
        return next((peer for peer in peers if peer not in self.asked), None)

    def start_again(self) -> None:
        """Let everybody be asked again: for parts, then for the whole, in turn."""
        self.asked.clear()
        self.as_whole = not self.as_whole
