"""The pseudo-contracts of the ``eth_`` view: what tools of the EVM decode our work by.

No code lies at their addresses. ``eth_abi.json`` is published as it is: give its ``abi`` to any
tool, and logs and inputs of the view read as what they are.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chain.address import parse_address
from chain.crypto import keccak256
from chain.keccak_tree import AbiType, AbiValue, abi_encode

_DOCUMENT: dict[str, Any] = json.loads(Path(__file__).with_name("eth_abi.json").read_bytes())

COIN = parse_address(_DOCUMENT["coin"])
"""Whose ``Transfer`` logs tell of transfers."""

SETTLEMENT = parse_address(_DOCUMENT["settlement"])
"""Whose logs tell of reservations and receipts, and who is called for all but transfers."""


@dataclass(frozen=True)
class AbiEntry:
    """An event or a function.

    Attributes:
        name: of the entry.
        indexed: types of an event's topics after the first.
        types: of what is encoded as data.
        hash: keccak-256 of its signature, 32 bytes: an event's first topic.
    """

    name: str
    indexed: tuple[AbiType, ...]
    types: tuple[AbiType, ...]
    hash: bytes

    def topics(self, *values: AbiValue) -> list[bytes]:
        """Return an event's topics: its hash and the indexed values."""
        words = abi_encode(self.indexed, values)
        return [self.hash, *(words[at : at + 32] for at in range(0, len(words), 32))]

    def data(self, values: Sequence[AbiValue]) -> bytes:
        """Return an event's data."""
        return abi_encode(self.types, values)

    def call(self, *values: AbiValue) -> bytes:
        """Return the input of a call: four bytes of the hash, then the values."""
        return self.hash[:4] + abi_encode(self.types, values)


def _entry(entry: dict[str, Any]) -> AbiEntry:
    inputs = entry["inputs"]
    signature = f"{entry['name']}({','.join(one['type'] for one in inputs)})"
    return AbiEntry(
        name=entry["name"],
        indexed=tuple(one["type"] for one in inputs if one.get("indexed")),
        types=tuple(one["type"] for one in inputs if not one.get("indexed")),
        hash=keccak256(signature.encode("ascii")),
    )


def _entries(kind: str) -> dict[str, AbiEntry]:
    return {one["name"]: _entry(one) for one in _DOCUMENT["abi"] if one["type"] == kind}


EVENTS = _entries("event")
"""By name."""

FUNCTIONS = _entries("function")
"""By name."""
