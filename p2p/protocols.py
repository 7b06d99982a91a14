"""The stream protocols: their names and the limits of what they carry.

Like topics, their names hold the start of the genesis hash. This module knows neither trio nor
libp2p; ``p2p/frames.py`` needs it on both sides.
"""

import re

from chain.exchange import ProtocolId
from chain.primitives import Hash
from p2p.topics import genesis_prefix

CONSENSUS_BYTES_MAX = 9 * 1024 * 1024
"""Bytes of one consensus message: a proposal with 4 MiB of transactions, 4 MiB of receipts and
room for header and certificate."""

REQUEST_BYTES_MAX = 1024 * 1024
"""Bytes of one question: 20,000 hashes are 640 KB."""

ANSWER_BYTES_MAX = 16 * 1024 * 1024
"""Bytes of one answer: a whole block and its receipts with room to spare."""

JOB_REQUEST_BYTES_MAX = 1024 * 1024 + 16 * 1024
"""Bytes of what a client sends to a miner: an input of 1 MiB, parameters and terms."""

JOB_ANSWER_BYTES_MAX = 8 * 1024 * 1024 + 64 * 1024
"""Bytes of what a miner sends back: an output of 8 MiB, the receipt and its claim."""

JOB_VERDICT_BYTES_MAX = 256
"""Bytes of a client's word about an answer: its acceptance, or why not."""

PEER_CHARACTERS_MAX = 128
"""Characters of a peer id; an Ed25519 one has 52."""

PEER_PATTERN = "^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$"
"""What the id of a node of ours looks like: base58 of an Ed25519 key, whose kind is its start."""

CUT_PEERS_MAX = 64
"""Peers that a node may be cut off from; a devnet has 16 validators at most."""


def is_node_peer(text: str) -> bool:
    """Return whether a text can be the peer id of a node of ours."""
    return re.fullmatch(PEER_PATTERN, text) is not None


def consensus_name(genesis_hash: Hash) -> str:
    """Return the name of the consensus protocol."""
    return f"/aitbc/{genesis_prefix(genesis_hash)}/consensus/1"


def status_name(genesis_hash: Hash) -> str:
    """Return the name of the status protocol."""
    return f"/aitbc/{genesis_prefix(genesis_hash)}/status/1"


def job_name(genesis_hash: Hash) -> str:
    """Return the name of the protocol between a client and a miner; no node speaks it."""
    return f"/aitbc/{genesis_prefix(genesis_hash)}/job/1"


def request_name(genesis_hash: Hash, protocol: ProtocolId) -> str:
    """Return the name of a protocol of question and answer."""
    return f"/aitbc/{genesis_prefix(genesis_hash)}/{protocol.name.lower()}/1"
