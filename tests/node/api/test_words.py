import pytest

from chain.address import format_address
from chain.primitives import ZERO_ADDRESS, ZERO_HASH, Address
from node.api.words import address_of, hash_or_none, hex_of
from tests.support.builders import GENESIS_HASH, address_of_name


def test_bytes_are_lower_hexadecimal_digits_with_a_prefix() -> None:
    assert hex_of(b"\xab\x01") == "0xab01"
    assert hex_of(b"") == "0x"


def test_zeros_stand_for_no_hash() -> None:
    assert hash_or_none(ZERO_HASH) is None
    assert hash_or_none(GENESIS_HASH) == f"0x{GENESIS_HASH.hex()}"


@pytest.mark.parametrize("nobody", [None, ZERO_ADDRESS])
def test_nobody_and_anybody_have_no_address(nobody: Address | None) -> None:
    assert address_of(nobody) is None


def test_somebody_has_one() -> None:
    miner = address_of_name("miner")
    assert address_of(miner) == format_address(miner)
