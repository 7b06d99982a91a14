"""The words of REST: names in snake_case, money in AITBC, times in seconds.

JSON-RPC speaks to programs that count in base units; these are for billing code and spreadsheets.
Money is a decimal string with six digits after the point, and what is not AITBC says so. A name
that ends in ``_at`` is unix seconds, one that ends in ``height`` a height. Null stands for none.
"""

from typing import Annotated, Literal

from pydantic import Field

from chain.address import format_address
from chain.primitives import BASE_UNITS, ZERO_ADDRESS, Address

Money = Annotated[str, Field(pattern=r"^-?[0-9]+\.[0-9]{6}$", examples=["12.500000"])]
Units = Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]{6}$", examples=["1.500000"])]
HashHex = Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]
AddressText = Annotated[str, Field(pattern="^ait1[0-9a-z]+$")]
Seconds = Annotated[int, Field(ge=0)]
Height = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Currency = Literal["AITBC"]

CURRENCY: Currency = "AITBC"


def money(amount: int) -> str:
    """Return base units as AITBC."""
    sign, size = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}{size // BASE_UNITS}.{size % BASE_UNITS:06}"


def units(micro: int) -> str:
    """Return micro-units of computation as units."""
    return money(micro)


def seconds(time_ms: int) -> int:
    """Return unix milliseconds as unix seconds."""
    return time_ms // 1_000


def hash_hex(value: bytes) -> str:
    """Return a hash as ``0x`` and 64 digits."""
    return f"0x{value.hex()}"


def hash_or_none(value: bytes | None) -> str | None:
    """Return a hash; none and zeros are None."""
    return hash_hex(value) if value and any(value) else None


def address_text(address: Address) -> str:
    """Return an address as ``ait1…``."""
    return format_address(address)


def address_or_none(address: Address | None) -> str | None:
    """Return an address; none and that which stands for anybody are None."""
    return None if address in (None, ZERO_ADDRESS) else format_address(address)
