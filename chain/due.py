"""Work that falls due at a height, in one order: (due height, id).

The queue is derived from the records it is about, so it is no part of the state root; a block
works on a draft of it and the ledger takes the draft over when the block is decided.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge

from chain.codec import u64


def due_key(height: int, subject: bytes) -> bytes:
    """Return the key that orders work by height, then by its subject's bytes."""
    return u64(height) + subject


def due_subject(key: bytes) -> bytes:
    """Return the subject of a due key."""
    return key[8:]


class DueQueue:
    """The due keys of the final state, sorted."""

    def __init__(self) -> None:
        """Start empty."""
        self.keys: list[bytes] = []

    def apply(self, draft: "DueDraft") -> None:
        """Take over a draft made from this very queue."""
        for key in sorted(draft.added):
            insort(self.keys, key)
        for key in draft.removed:
            position = bisect_left(self.keys, key)
            if self.keys[position : position + 1] == [key]:
                del self.keys[position]


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
        """Put work into the queue."""
        if key in self.removed:
            self.removed.remove(key)
        else:
            self.added.add(key)

    def remove(self, key: bytes) -> None:
        """Take work out of the queue."""
        if key in self.added:
            self.added.remove(key)
        else:
            self.removed.add(key)

    def until(self, height: int) -> Iterator[bytes]:
        """Yield the keys due at or before ``height``, in order; changes meanwhile do not show."""
        end = due_key(height + 1, b"")
        final = self.queue.keys[: bisect_left(self.queue.keys, end)]
        waiting = (key for key in final if key not in self.removed)
        return merge(waiting, sorted(key for key in self.added if key < end))
