"""RFC 6962 trees over the transactions, outcomes and receipts of a block.

A leaf is hashed with 0x00 before it and a node with 0x01, so neither can pass for the other
(RFC 6962, section 2.1).
"""

from collections.abc import Sequence

from chain.crypto import sha256
from chain.errors import MalformedMessage
from chain.primitives import HASH_BYTES, Hash

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
        MalformedMessage: the index is outside the tree, the path is too long or too short, or a
            part is no hash.
    """
    _check_sizes(leaf, *path)
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


def check_consistency(
    *, first_root: Hash, first_size: int, second_root: Hash, second_size: int, path: Sequence[Hash]
) -> None:
    """Check that a tree only grew: that the first is the beginning of the second.

    For a light client that kept a root and now sees a larger tree (RFC 9162, section 2.1.4.2).
    A tree of no leaves begins every tree and needs no proof, so asking for one is refused.

    Args:
        first_root: of the smaller tree.
        first_size: its leaves, 1 to ``second_size``.
        second_root: of the larger tree.
        second_size: its leaves.
        path: the proof's hashes; none where the sizes are equal.

    Raises:
        MalformedMessage: the sizes are impossible, the path is too long or too short, or it leads
            to other roots, or a part is no hash.
    """
    _check_sizes(*path)
    if not 0 < first_size <= second_size:
        raise MalformedMessage(detail="the proof's first tree is empty or above its second")
    if first_size == second_size:
        if path or first_root != second_root:
            raise MalformedMessage(detail="trees of one size are the same tree, without a path")
        return
    # A whole subtree's root is the one hash that both sides know already.
    is_whole = first_size & (first_size - 1) == 0
    nodes = [first_root, *path] if is_whole else list(path)
    roots = _roots_of_nodes(nodes, index=first_size - 1, last=second_size - 1)
    if roots != (first_root, second_root):
        raise MalformedMessage(detail="the proof leads to other roots")


def _check_sizes(*hashes: Hash) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise MalformedMessage(detail="a hash of the proof is not of 32 bytes")


def _roots_of_nodes(nodes: Sequence[Hash], *, index: int, last: int) -> tuple[Hash, Hash]:
    """Return the two roots that a consistency proof's nodes lead to."""
    while index & 1:
        index >>= 1
        last >>= 1
    if not nodes:
        raise MalformedMessage(detail="the proof's path is too short")
    first = second = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            raise MalformedMessage(detail="the proof's path is too long")
        if index & 1 or index == last:
            first, second = node_hash(left=node, right=first), node_hash(left=node, right=second)
            while not index & 1 and index:
                index >>= 1
                last >>= 1
        else:
            second = node_hash(left=second, right=node)
        index >>= 1
        last >>= 1
    if last != 0:
        raise MalformedMessage(detail="the proof's path is too short")
    return first, second
