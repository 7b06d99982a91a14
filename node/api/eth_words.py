"""The smallest words of the ``eth_`` view: quantities, money with 18 decimals, the chain's number.

A quantity is ``0x`` and hexadecimal digits without leading zeros; clients refuse any other.
"""

from chain.address import format_hex_address
from chain.primitives import ZERO_ADDRESS, Address, Hash

WEI_PER_UNIT = 10**12
"""One base unit: 6 decimals here, 18 where clients expect ether."""

CHAIN_NUMBER_BITS = 40
"""Above 32 bits, where registered chains are not, and below the 52 that wallets take."""


def quantity(number: int) -> str:
    """Return a number that is not negative."""
    return hex(number)


def wei(base_units: int) -> str:
    """Return base units as a quantity of 18 decimals."""
    return hex(base_units * WEI_PER_UNIT)


def hex_address(address: Address | None) -> str:
    """Return an address as ``0x…``; None is the zero address."""
    return format_hex_address(ZERO_ADDRESS if address is None else address)


def chain_number(genesis_hash: Hash) -> int:
    """Return the chain's number: 2^40 and the first 40 bits of the genesis hash."""
    first = int.from_bytes(genesis_hash[: CHAIN_NUMBER_BITS // 8], "big")
    return 1 << CHAIN_NUMBER_BITS | first
