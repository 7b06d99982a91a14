"""Work that falls due at a height, in one order: (due height, id).

The queue is derived from the records it is about, so it is no part of the state root; a block
works on a draft of it and the ledger takes the draft over when the block is decided. What a block
does depends on the queue, so it must at all times equal the one a node that starts derives.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush, merge

from chain.codec import u64


def due_key(height: int, subject: bytes) -> bytes:
    """Return the key that orders work by height, then by its subject's bytes."""
    return u64(height) + subject


def due_subject(key: bytes) -> bytes:
    """Return the subject of a due key."""
    return key[8:]


class DueQueue:
    """The due keys of the final state.

    A heap, because a sorted list of a million keys moves megabytes for each one that comes or
    goes. Keys taken out ahead of their time stay in the heap until they come up or outnumber the
    living ones.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._heap: list[bytes] = []
        self._living: set[bytes] = set()

    def __len__(self) -> int:
        """Return how much work waits."""
        return len(self._living)

    def __contains__(self, key: bytes) -> bool:
        """Tell whether this work waits."""
        return key in self._living

    @property
    def keys(self) -> list[bytes]:
        """Every due key, in order."""
        return sorted(self._living)

    def apply(self, draft: "DueDraft") -> None:
        """Take over a draft made from this very queue."""
        for key in draft.added:
            heappush(self._heap, key)
        self._living |= draft.added
        self._living -= draft.removed
        while self._heap and self._heap[0] not in self._living:
            heappop(self._heap)
        if len(self._heap) > 2 * len(self._living) + 1_024:
            self._heap = self.keys

    def walk(self, end: bytes) -> Iterator[bytes]:
        """Yield the keys below ``end``, in order, at the cost of those that are asked for."""
        frontier = [(self._heap[0], 0)] if self._heap else []
        last = b""
        while frontier:
            key, place = heappop(frontier)
            if key >= end:
                return
            if key in self._living and key != last:
                yield key
            last = key
            for child in (2 * place + 1, 2 * place + 2):
                if child < len(self._heap):
                    heappush(frontier, (self._heap[child], child))


@dataclass
class DueDraft:
    """A queue as seen inside a block: what was added and removed on top of the final one.

    Attributes:
        queue: the final queue.
        added: keys the block added and did not remove.
        removed: keys of the final queue the block removed.
    """

    queue: DueQueue
    added: set[bytes] = field(default_factory=set)
    removed: set[bytes] = field(default_factory=set)

    def add(self, key: bytes) -> None:
        """Put work into the queue; it is not there yet."""
        if key in self.removed:
            self.removed.remove(key)
        else:
            assert key not in self.queue
            assert key not in self.added
            self.added.add(key)

    def remove(self, key: bytes) -> None:
        """Take work out of the queue; it is there."""
        if key in self.added:
            self.added.remove(key)
        else:
            assert key in self.queue
            assert key not in self.removed
            self.removed.add(key)

    def until(self, height: int) -> Iterator[bytes]:
        """Yield the keys due at or before ``height``, in order.

        The caller may remove what it was given; keys added meanwhile do not show.
        """
        end = due_key(height + 1, b"")
        waiting = (key for key in self.queue.walk(end) if key not in self.removed)
        return merge(waiting, sorted(key for key in self.added if key < end))
