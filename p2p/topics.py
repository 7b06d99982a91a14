"""The gossip topics: their names and the largest payload each carries.

A name holds the first eight hex digits of the genesis hash, so that foreign chains never mix.
This module knows neither trio nor libp2p; ``p2p/frames.py`` needs it on both sides.
"""

from chain.exchange import Topic
from chain.primitives import Hash

GENESIS_PREFIX_DIGITS = 8
"""Hex digits of the genesis hash in every topic and protocol name: enough to tell devnets apart."""


TOPIC_BYTES_MAX = {
    Topic.TX: 1024 * 1024,
    Topic.RECEIPT: 1024 * 1024,
    Topic.BLOCK: 1024 * 1024,
}
"""Bytes of one payload. 1 MiB is what standard gossip clients relay; a block announces its
transactions by id (20,000 ids are 640 KB) and larger bodies go by stream."""


def genesis_prefix(genesis_hash: Hash) -> str:
    """Return the part of the genesis hash that names carry: eight lower hex digits."""
    return genesis_hash.hex()[:GENESIS_PREFIX_DIGITS]


def topic_name(genesis_hash: Hash, topic: Topic) -> str:
    """Return the name on the wire, such as ``/aitbc/0123abcd/tx/1``."""
    return f"/aitbc/{genesis_prefix(genesis_hash)}/{topic.name.lower()}/1"


def topic_names(genesis_hash: Hash) -> dict[str, Topic]:
    """Return every topic of a chain by its name on the wire."""
    return {topic_name(genesis_hash, topic): topic for topic in Topic}
