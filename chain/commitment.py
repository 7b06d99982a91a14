"""The state root: one hash over every record, with proofs that a record is there or is not.

A record's key hash picks one of 65,536 buckets by its first 16 bits. A bucket's hash covers its
sorted (key hash, value hash) pairs, and is zero when it is empty; a binary tree of 16 levels
stands above the buckets. It lives in memory, is updated by the touched keys only and is rebuilt
and checked when a node starts.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chain.crypto import tagged_hash
from chain.errors import MalformedMessage
from chain.primitives import HASH_BYTES, ZERO_HASH, Hash
from chain.records import Record, encode_record

DEPTH = 16
"""Levels of the tree above the buckets."""

BUCKETS = 1 << DEPTH

Bucket = dict[bytes, bytes]
"""Key hash to value hash."""


def key_hash(key: bytes) -> Hash:
    """Return the hash that places a state key."""
    return tagged_hash(b"state-key", key)


def value_hash(record: Record) -> Hash:
    """Return the hash of a record's bytes."""
    return tagged_hash(b"state-value", encode_record(record))


def bucket_hash(bucket: Mapping[bytes, bytes]) -> bytes:
    """Return the hash of a bucket's sorted pairs, or zeros when it is empty."""
    if not bucket:
        return ZERO_HASH
    pairs = b"".join(key + bucket[key] for key in sorted(bucket))
    return hashlib.sha256(b"\x02" + pairs).digest()


def parent_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class CommitmentUpdate:
    """The nodes and buckets that a set of changes gives; applied when its block is decided.

    Attributes:
        root: the state root afterwards.
        buckets: the changed buckets by index.
        levels: the changed nodes of each level by index, buckets first, root last.
    """

    root: Hash
    buckets: dict[int, Bucket]
    levels: list[dict[int, bytes]]


@dataclass(frozen=True, slots=True)
class StateProof:
    """That a key has a value, or has none.

    Attributes:
        bucket: every (key hash, value hash) pair of the key's bucket, sorted.
        siblings: 16 hashes from the bucket's sibling up.
    """

    bucket: tuple[tuple[bytes, bytes], ...]
    siblings: tuple[bytes, ...]

    def root_for(self, key: bytes, record: Record | None) -> Hash:
        """Return the state root under which ``key`` has ``record`` (None: is absent).

        Raises:
            MalformedMessage: the proof says otherwise, or is not in its canonical form.
        """
        place = key_hash(key)
        pairs = dict(self.bucket)
        found = pairs.get(place)
        if found != (None if record is None else value_hash(record)):
            raise MalformedMessage(detail="the proof's bucket does not hold that value")
        sizes = {len(part) for part in (*pairs, *pairs.values(), *self.siblings)}
        if sizes != {HASH_BYTES} or len(self.siblings) != DEPTH:
            # Parts of other sizes could hash to the same bucket and hide a record in a value.
            raise MalformedMessage(detail="the proof's parts are not of the sizes they must be")
        if list(self.bucket) != sorted(pairs.items()):
            raise MalformedMessage(detail="the proof's bucket is not sorted")
        index = _index_of(place)
        node = bucket_hash(pairs)
        for sibling in self.siblings:
            node = parent_hash(sibling, node) if index & 1 else parent_hash(node, sibling)
            index >>= 1
        return Hash(node)


def _index_of(place: bytes) -> int:
    return int.from_bytes(place[:2], "big")


class Commitment:
    """The buckets and the tree of the final state."""

    def __init__(self) -> None:
        """Start empty."""
        self._buckets: dict[int, Bucket] = {}
        self._levels: list[dict[int, bytes]] = [{} for _ in range(DEPTH + 1)]
        self._empty = [bytes(ZERO_HASH)]
        for _ in range(DEPTH):
            self._empty.append(parent_hash(self._empty[-1], self._empty[-1]))

    @property
    def root(self) -> Hash:
        """The state root."""
        return Hash(self._node(DEPTH, 0))

    def _node(self, level: int, index: int) -> bytes:
        return self._levels[level].get(index, self._empty[level])

    def compute(self, changes: Iterable[tuple[bytes, Record | None]]) -> CommitmentUpdate:
        """Return what the tree becomes when each key takes its record (None: is removed)."""
        buckets: dict[int, Bucket] = {}
        for key, record in changes:
            place = key_hash(key)
            index = _index_of(place)
            if index not in buckets:
                buckets[index] = dict(self._buckets.get(index, ()))
            if record is None:
                buckets[index].pop(place, None)
            else:
                buckets[index][place] = value_hash(record)
        levels = [{index: bucket_hash(bucket) for index, bucket in buckets.items()}]
        for level in range(DEPTH):
            levels.append(self._parents(level, levels[level]))
        root = levels[DEPTH].get(0, self.root)
        return CommitmentUpdate(root=Hash(root), buckets=buckets, levels=levels)

    def _parents(self, level: int, changed: dict[int, bytes]) -> dict[int, bytes]:
        stored, empty = self._levels[level], self._empty[level]
        parents = {}
        for index in {child >> 1 for child in changed}:
            left, right = index << 1, (index << 1) | 1
            parents[index] = parent_hash(
                changed.get(left) or stored.get(left, empty),
                changed.get(right) or stored.get(right, empty),
            )
        return parents

    def apply(self, update: CommitmentUpdate) -> None:
        """Take over an update that :meth:`compute` made from this very tree."""
        self._buckets.update(update.buckets)
        for stored, changed in zip(self._levels, update.levels, strict=True):
            stored.update(changed)

    def prove(self, key: bytes) -> StateProof:
        """Return the proof for ``key``, present or absent."""
        index = _index_of(key_hash(key))
        bucket = tuple(sorted(self._buckets.get(index, {}).items()))
        siblings = tuple(self._node(level, (index >> level) ^ 1) for level in range(DEPTH))
        return StateProof(bucket=bucket, siblings=siblings)
