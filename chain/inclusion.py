"""A leaf of one of a block's trees, with the path that proves it to be there.

A path is the audit path of RFC 6962, from the leaf's sibling up, each hash with the side it stands
on. Sides, and not the leaf's index with the count of leaves, because a root binds no count: trees
of five and of seven leaves give their first leaf a path of one form. So a path holds nothing that
could be changed without being found out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chain.errors import MalformedMessage
from chain.merkle import leaf_hash, merkle_path, node_hash
from chain.primitives import INDEX_BITS, Hash

PATH_MAX = INDEX_BITS
"""Hashes of one path: no tree of a block has more levels."""

HEADER_BYTES_MAX = 1_024
"""The widest header has 548 bytes."""

_HEX = re.compile(r"(?:[0-9a-f]{2})+", re.ASCII)
_SIBLING = re.compile(r"(left|right):([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sibling:
    """One step of a path.

    Attributes:
        hash: of the node beside ours, 32 bytes.
        is_left: whether it stands to the left of ours.
    """

    hash: Hash
    is_left: bool


@dataclass(frozen=True, slots=True)
class Included:
    """A leaf and its way up to the root of its tree.

    Attributes:
        leaf: the bytes that the tree holds.
        path: from the leaf's sibling up.
    """

    leaf: bytes
    path: tuple[Sibling, ...]

    @property
    def root(self) -> Hash:
        """The root to which the path leads."""
        node = leaf_hash(self.leaf)
        for sibling in self.path:
            if sibling.is_left:
                node = node_hash(left=sibling.hash, right=node)
            else:
                node = node_hash(left=node, right=sibling.hash)
        return node

    def path_content(self) -> list[str]:
        """Return the path as JSON spells it: ``left:`` or ``right:`` and 64 digits."""
        return [f"{'left' if one.is_left else 'right'}:{one.hash.hex()}" for one in self.path]


def read_path(name: str, content: object) -> tuple[Sibling, ...]:
    """Read what :meth:`Included.path_content` wrote.

    Args:
        name: whose path it is, for the error's sentence.
        content: any JSON.

    Raises:
        MalformedMessage: it is no list of at most ``PATH_MAX`` such texts.
    """
    if not isinstance(content, list) or len(content) > PATH_MAX:
        raise MalformedMessage(detail=f"the proof's {name} has no path of up to {PATH_MAX} hashes")
    siblings = []
    for one in content:
        match = _SIBLING.fullmatch(one) if isinstance(one, str) else None
        if match is None:
            detail = f"the path of the proof's {name} is not of the form left:… or right:…"
            raise MalformedMessage(detail=detail)
        siblings.append(Sibling(Hash(bytes.fromhex(match[2])), is_left=match[1] == "left"))
    return tuple(siblings)


def read_hex(name: str, text: object, size_max: int) -> bytes:
    """Read bytes that a proof spells in lower hexadecimal digits.

    Args:
        name: what they are, for the error's sentence.
        text: any JSON.
        size_max: bytes at most; there is one at least.

    Raises:
        MalformedMessage: it is no such text.
    """
    if not isinstance(text, str) or len(text) > 2 * size_max or not _HEX.fullmatch(text):
        detail = f"the proof's {name} is not up to {size_max} bytes in lower hexadecimal digits"
        raise MalformedMessage(detail=detail)
    return bytes.fromhex(text)


def include(leaves: Sequence[bytes], index: int) -> Included:
    """Return the leaf at ``index`` with its path."""
    hashes = merkle_path(leaves, index)
    sides = _sides(index, last=len(leaves) - 1)
    siblings = (Sibling(one, is_left=left) for one, left in zip(hashes, sides, strict=True))
    return Included(leaves[index], tuple(siblings))


def _sides(index: int, *, last: int) -> list[bool]:
    """Return, from a leaf up, whether each sibling is to the left; a lone last node has none."""
    sides = []
    while last:
        if index & 1 or index < last:
            sides.append(bool(index & 1))
        index >>= 1
        last >>= 1
    return sides
