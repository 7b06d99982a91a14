"""How people write an address: bech32m with prefix ``ait``, or ``0x`` with EIP-55 capitals.

Both spell the same 20 bytes. Bech32m follows BIP-350; the libraries that offer it have had no
release for years, and the code is a page.
"""

import re
from functools import reduce
from operator import xor

from chain.crypto import keccak256
from chain.errors import MalformedMessage
from chain.primitives import ADDRESS_BYTES, Address

PREFIX = "ait"
"""The human-readable part; ``1`` follows as the separator."""

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32M = 0x2BC830A3
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_LENGTH = 6
_LENGTH_MAX = 90  # the checksum's promise ends here (BIP-173)
_HEX = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_STEP = tuple(
    reduce(xor, (one for bit, one in enumerate(_GENERATOR) if top >> bit & 1), 0)
    for top in range(32)
)
"""What the five bits shifted out add to the state, by their value."""


def _checksum(values: list[int]) -> int:
    state = 1
    for value in values:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value ^ _STEP[top]
    return state


def _expanded(prefix: str) -> list[int]:
    codes = [ord(character) for character in prefix]
    return [code >> 5 for code in codes] + [0] + [code & 31 for code in codes]


def encode_bech32m(prefix: str, values: list[int]) -> str:
    """Return the bech32m text of 5-bit values under a prefix (BIP-350)."""
    residue = _checksum(_expanded(prefix) + values + [0] * _CHECKSUM_LENGTH) ^ _BECH32M
    checksum = [residue >> 5 * (5 - i) & 31 for i in range(_CHECKSUM_LENGTH)]
    return prefix + "1" + "".join(_ALPHABET[value] for value in values + checksum)


def decode_bech32m(text: str) -> tuple[str, list[int]]:
    """Return prefix and 5-bit values of a bech32m text (BIP-350, at most 90 characters).

    Raises:
        MalformedMessage: mixed case, a foreign character, no separator or a wrong checksum.
    """
    # Letters outside ASCII may become ASCII when their case changes: the Kelvin sign, for one.
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise MalformedMessage(detail="the address holds a foreign character")
    if len(text) > _LENGTH_MAX or text not in (text.lower(), text.upper()):
        raise MalformedMessage(detail="the address mixes capitals or is too long")
    text = text.lower()
    prefix, separator, data = text.rpartition("1")
    if not separator or not prefix or len(data) < _CHECKSUM_LENGTH:
        raise MalformedMessage(detail="the address has no prefix or is too short")
    values = [_ALPHABET.find(character) for character in data]
    if -1 in values:
        raise MalformedMessage(detail=f"'{data[values.index(-1)]}' cannot stand in an address")
    if _checksum(_expanded(prefix) + values) != _BECH32M:
        raise MalformedMessage(detail="the address's checksum is wrong; is a character mistyped?")
    return prefix, values[:-_CHECKSUM_LENGTH]


def _regroup(values: list[int], *, source: int, target: int, pad: bool) -> list[int]:
    accumulator = bits = 0
    groups = []
    for value in values:
        accumulator = accumulator << source | value
        bits += source
        while bits >= target:
            bits -= target
            groups.append(accumulator >> bits & (1 << target) - 1)
    rest = accumulator << target - bits & (1 << target) - 1
    if pad and bits:
        groups.append(rest)
    elif not pad and (bits >= source or rest):
        raise MalformedMessage(detail="the address's padding is not zero")
    return groups


def format_address(address: Address) -> str:
    """Return ``ait1…``, 42 characters."""
    return encode_bech32m(PREFIX, _regroup(list(address), source=8, target=5, pad=True))


def format_hex_address(address: Address) -> str:
    """Return ``0x…`` with the capitals of EIP-55."""
    digits = address.hex()
    digest = keccak256(digits.encode("ascii")).hex()
    pairs = zip(digits, digest, strict=False)
    return "0x" + "".join(d.upper() if nibble in "89abcdef" else d for d, nibble in pairs)


def parse_address(text: str) -> Address:
    """Read an address in either spelling.

    Raises:
        MalformedMessage: it is neither; the sentence says what was wrong.
    """
    if text[:2] == "0x":
        return _parse_hex_address(text)
    prefix, values = decode_bech32m(text)
    if prefix != PREFIX:
        raise MalformedMessage(detail=f"the address begins with '{prefix}', not '{PREFIX}'")
    data = bytes(_regroup(values, source=5, target=8, pad=False))
    if len(data) != ADDRESS_BYTES:
        raise MalformedMessage(detail=f"the address holds {len(data)} bytes, not {ADDRESS_BYTES}")
    return Address(data)


def _parse_hex_address(text: str) -> Address:
    if not _HEX.fullmatch(text):
        raise MalformedMessage(detail="an 0x address has 40 hexadecimal digits")
    address = Address(bytes.fromhex(text[2:]))
    one_case = text[2:] in (text[2:].lower(), text[2:].upper())
    if not one_case and text != format_hex_address(address):
        raise MalformedMessage(detail="the capitals of the 0x address do not match its checksum")
    return address
