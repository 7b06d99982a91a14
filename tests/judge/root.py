"""The state root, made from nothing but the records: no tree is kept, none is updated.

PROTOCOL: key = hash(table, primary key); 65,536 buckets by its first 16 bits; a bucket's hash
covers its sorted (key, value hash) pairs and is zero when it is empty; above them a binary tree of
16 levels. Read from the code and taken as the rule: key and value hashes are SHA-256 of
``aitbc/state-key`` or ``aitbc/state-value``, a zero byte, and the bytes; a bucket is hashed after
the byte 2 and a node after the byte 1; two empty halves make a node like any other.
"""

import hashlib
from collections.abc import Mapping

LEVELS = 16


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _empty_nodes() -> list[bytes]:
    nodes = [bytes(32)]
    for _ in range(LEVELS):
        nodes.append(_sha256(b"\x01" + nodes[-1] + nodes[-1]))
    return nodes


EMPTY = _empty_nodes()
"""The node above nothing, by its height over the buckets."""


def naive_root(records: Mapping[bytes, bytes]) -> bytes:
    """Return the root over records given as key bytes and value bytes."""
    buckets: dict[int, bytes] = {}
    pairs = {
        _sha256(b"aitbc/state-key\0" + key): _sha256(b"aitbc/state-value\0" + value)
        for key, value in records.items()
    }
    for key in sorted(pairs):
        index = int.from_bytes(key[:2], "big")
        buckets[index] = buckets.get(index, b"\x02") + key + pairs[key]
    nodes = {index: _sha256(bucket) for index, bucket in buckets.items()}
    for height in range(LEVELS):
        empty = EMPTY[height]
        nodes = {
            half: _sha256(b"\x01" + nodes.get(2 * half, empty) + nodes.get(2 * half + 1, empty))
            for half in {index // 2 for index in nodes}
        }
    return nodes.get(0, EMPTY[LEVELS])
