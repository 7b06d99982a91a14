"""Keccak trees that a tool or a contract of the EVM can check: payout roots, field commitments.

The convention is ``StandardMerkleTree`` of the npm package ``@openzeppelin/merkle-tree`` 1.0.8
(its ``src/core.ts``, ``src/standard.ts`` and ``src/hashes.ts``). A row is ABI-encoded and hashed
twice, so that no pair of nodes can pass for one; leaves are sorted by hash; a node hashes its two
children in ascending order, so a proof needs no sides. It therefore proves that a row is there and
not where it stands: a row whose position matters carries its index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

from chain.address import format_hex_address
from chain.crypto import keccak256
from chain.errors import MalformedMessage
from chain.primitives import ADDRESS_BYTES, HASH_BYTES, Address, Hash

AbiType = Literal["uint256", "bytes32", "address", "string"]
"""The Solidity types our rows are made of."""

AbiValue = int | bytes | str
"""``uint256`` is an int, ``bytes32`` and ``address`` are bytes, ``string`` is ASCII text."""

FORMAT = "standard-v1"
"""What the package calls its dumps."""

_WORD = 32  # bytes; every head of an ABI encoding is one word
_UINT256_BITS = 256


def _words_of(kind: AbiType, value: AbiValue) -> bytes:
    match kind, value:
        case "uint256", int() if value >= 0 and value.bit_length() <= _UINT256_BITS:
            return value.to_bytes(_WORD, "big")
        case "bytes32", bytes() if len(value) == HASH_BYTES:
            return value
        case "address", bytes() if len(value) == ADDRESS_BYTES:
            return value.rjust(_WORD, b"\0")
        case "string", str() if value.isascii():
            padding = -len(value) % _WORD
            return len(value).to_bytes(_WORD, "big") + value.encode("ascii") + bytes(padding)
    raise MalformedMessage(detail=f"a value of the row is no {kind}")


def abi_encode(types: Sequence[AbiType], values: Sequence[AbiValue]) -> bytes:
    """Return ``abi.encode(values)`` (Solidity documentation, "Contract ABI Specification").

    Args:
        types: of each value.
        values: as many.

    Raises:
        MalformedMessage: a value is not of its type, or there are more or fewer values than types.
    """
    if len(types) != len(values):
        raise MalformedMessage(detail=f"a row has {len(values)} values, not {len(types)}")
    heads, tails = [], []
    tail_offset = _WORD * len(types)
    for kind, value in zip(types, values, strict=True):
        words = _words_of(kind, value)
        if kind == "string":
            heads.append(tail_offset.to_bytes(_WORD, "big"))
            tails.append(words)
            tail_offset += len(words)
        else:
            heads.append(words)
    return b"".join(heads + tails)


def row_hash(types: Sequence[AbiType], values: Sequence[AbiValue]) -> Hash:
    """Return a row's leaf: the keccak-256 of the keccak-256 of its ABI encoding.

    Raises:
        MalformedMessage: a value is not of its type, or there are more or fewer values than types.
    """
    return Hash(keccak256(keccak256(abi_encode(types, values))))


def pair_hash(one: bytes, other: bytes) -> Hash:
    """Return the hash of the node above two; whichever is given first."""
    return Hash(keccak256(one + other if one < other else other + one))


def root_of_proof(*, leaf: Hash, proof: Sequence[Hash]) -> Hash:
    """Return the root that a proof leads to; its length is the caller's to bound.

    Args:
        leaf: a row's hash.
        proof: the siblings from the leaf's up.

    Raises:
        MalformedMessage: a part is not of 32 bytes.
    """
    if any(len(part) != HASH_BYTES for part in (leaf, *proof)):
        raise MalformedMessage(detail="a hash of the proof is not of 32 bytes")
    node = leaf
    for sibling in proof:
        node = pair_hash(node, sibling)
    return node


@dataclass(frozen=True, slots=True)
class KeccakTree:
    """A tree over rows of one shape, made by :meth:`of`.

    Attributes:
        types: of each column.
        rows: the values, in the order they were given.
        nodes: 2n - 1 hashes for n rows: the root first, the children of node i at 2i + 1 and
            2i + 2, and the leaves last in descending order.
        places: where in ``nodes`` each row's leaf is.
    """

    types: tuple[AbiType, ...]
    rows: tuple[tuple[AbiValue, ...], ...]
    nodes: tuple[Hash, ...]
    places: tuple[int, ...]

    @classmethod
    def of(cls, types: Sequence[AbiType], rows: Sequence[Sequence[AbiValue]]) -> Self:
        """Build the tree; the order of the rows changes neither its nodes nor its root.

        Args:
            types: of each column.
            rows: one at least.

        Raises:
            MalformedMessage: there are no rows, or a value is not of its type.
        """
        if not rows:
            raise MalformedMessage(detail="a tree has at least one row")
        leaves = [row_hash(types, row) for row in rows]
        order = sorted(range(len(leaves)), key=leaves.__getitem__)[::-1]
        first_leaf = len(leaves) - 1
        # The nodes above the leaves are filled in from the last one to the root.
        nodes = leaves[:first_leaf] + [leaves[row] for row in order]
        for place in reversed(range(first_leaf)):
            nodes[place] = pair_hash(nodes[2 * place + 1], nodes[2 * place + 2])
        places = [0] * len(leaves)
        for place, row in enumerate(order, start=first_leaf):
            places[row] = place
        return cls(tuple(types), tuple(map(tuple, rows)), tuple(nodes), tuple(places))

    @property
    def root(self) -> Hash:
        """The hash that commits to every row."""
        return self.nodes[0]

    def proof(self, index: int) -> tuple[Hash, ...]:
        """Return the siblings, from its own up, of the row that was given as ``index``.

        Raises:
            MalformedMessage: there is no such row.
        """
        if not 0 <= index < len(self.rows):
            raise MalformedMessage(detail=f"the tree has {len(self.rows)} rows, none at {index}")
        siblings = []
        place = self.places[index]
        while place:
            siblings.append(self.nodes[place + 1 if place % 2 else place - 1])
            place = (place - 1) // 2
        return tuple(siblings)

    def dump(self) -> dict[str, object]:
        """Return the JSON document that the package's ``StandardMerkleTree.load`` reads."""
        values = [
            {"value": list(map(text_of, self.types, row)), "treeIndex": place}
            for row, place in zip(self.rows, self.places, strict=True)
        ]
        return {
            "format": FORMAT,
            "leafEncoding": list(self.types),
            "tree": [hex_of(node) for node in self.nodes],
            "values": values,
        }


def text_of(kind: AbiType, value: AbiValue) -> str:
    """Return a value as the package wants it in JSON, where a number would lose digits."""
    if not isinstance(value, bytes):
        return str(value)
    return format_hex_address(Address(value)) if kind == "address" else hex_of(value)


def hex_of(data: bytes) -> str:
    """Return ``0x`` and lower-case hex."""
    return "0x" + data.hex()
