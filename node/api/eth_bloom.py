"""Blooms of logs: 2048 bits in which each address and topic sets three (Ethereum's own way)."""

from collections.abc import Iterable
from functools import lru_cache

from chain.crypto import keccak256
from node.api.eth_logs import Log

BLOOM_BYTES = 256
BLOOM_BITS = 8 * BLOOM_BYTES

EVERYTHING = b"\xff" * BLOOM_BYTES
"""The bloom in which everything may be: never wrong, and no help."""

_WORDS_KEPT = 4_096  # a few hundred bytes each


def bloom_of(logs: Iterable[Log]) -> bytes:
    """Return the bloom of some logs."""
    bloom = 0
    for log in logs:
        bloom |= _bits(log.address)
        for topic in log.topics:
            bloom |= _bits(topic)
    return bloom.to_bytes(BLOOM_BYTES, "big")


@lru_cache(maxsize=_WORDS_KEPT)
def _bits(word: bytes) -> int:
    """Return the bits of an address or a topic: 11 bits of each of three pairs of its hash."""
    digest, bits = keccak256(word), 0
    for at in (0, 2, 4):
        bits |= 1 << int.from_bytes(digest[at : at + 2], "big") % BLOOM_BITS
    return bits
