"""RFC 6962 trees over the transactions, outcomes and receipts of a block.

A leaf is hashed with 0x00 before it and a node with 0x01, so neither can pass for the other
(RFC 6962, section 2.1).
"""

from collections.abc import Sequence

from chain.crypto import sha256
from chain.errors import MalformedMessage
from chain.primitives import Hash

EMPTY_ROOT = sha256(b"")
"""The root of no leaves (RFC 6962, section 2.1)."""


def leaf_hash(leaf: bytes) -> Hash:
    """Return the hash of a leaf."""
    return sha256(b"\0" + leaf)


def node_hash(*, left: Hash, right: Hash) -> Hash:
    """Return the hash of an inner node."""
    return sha256(b"\1" + left + right)


def _levels(leaves: Sequence[bytes]) -> list[list[Hash]]:
    """Return each level of the tree from the leaf hashes up; a lone last node moves up as it is."""
    levels = [[leaf_hash(leaf) for leaf in leaves]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = zip(below[::2], below[1::2], strict=False)
        above = [node_hash(left=left, right=right) for left, right in pairs]
        levels.append(above + below[len(above) * 2 :])
    return levels


def merkle_root(leaves: Sequence[bytes]) -> Hash:
    """Return the tree's root; of no leaves, ``EMPTY_ROOT``."""
    return _levels(leaves)[-1][0] if leaves else EMPTY_ROOT


def merkle_path(leaves: Sequence[bytes], index: int) -> list[Hash]:
    """Return the audit path of the leaf at ``index``, from its sibling up (section 2.1.1)."""
    path = []
    for level in _levels(leaves)[:-1]:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        index >>= 1
    return path


def root_of_path(*, leaf: Hash, index: int, size: int, path: Sequence[Hash]) -> Hash:
    """Return the root that an audit path leads to (RFC 9162, section 2.1.3.2).

    Args:
        leaf: the leaf's hash.
        index: its position, 0 to ``size - 1``.
        size: how many leaves the tree has.
        path: hashes from the leaf's sibling up.

    Raises:
        MalformedMessage: the index is outside the tree, or the path is too long or too short.
    """
    if not 0 <= index < size:
        raise MalformedMessage(detail="the proof's index is outside its tree")
    last = size - 1
    node = leaf
    for sibling in path:
        if last == 0:
            raise MalformedMessage(detail="the proof's path is too long")
        if index & 1 or index == last:
            node = node_hash(left=sibling, right=node)
            while not index & 1 and index:
                index >>= 1
                last >>= 1
        else:
            node = node_hash(left=node, right=sibling)
        index >>= 1
        last >>= 1
    if last != 0:
        raise MalformedMessage(detail="the proof's path is too short")
    return node
