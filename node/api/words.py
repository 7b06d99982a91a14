"""The smallest words of an answer: bytes, hashes and addresses as people read them."""

from typing import Any

from chain.address import format_address
from chain.primitives import ZERO_ADDRESS, ZERO_HASH, Address

Json = dict[str, Any]


def hex_of(data: bytes) -> str:
    """Return bytes as ``0x`` and lower hexadecimal digits."""
    return f"0x{data.hex()}"


def hash_or_none(value: bytes) -> str | None:
    """Return a hash as hexadecimal digits; zeros stand for none."""
    return None if value == ZERO_HASH else hex_of(value)


def address_of(address: Address | None) -> str | None:
    """Return an address as ``ait1…``; None, or the address that stands for anybody, is None."""
    return None if address in (None, ZERO_ADDRESS) else format_address(address)
