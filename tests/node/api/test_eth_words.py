from chain.crypto import sha256
from chain.primitives import ZERO_ADDRESS, Hash
from node.api.eth_words import chain_number, hex_address, quantity, wei


def test_quantities_have_no_leading_zeros() -> None:
    assert (quantity(0), quantity(1), quantity(256)) == ("0x0", "0x1", "0x100")


def test_a_coin_is_one_ether() -> None:
    assert int(wei(1_000_000), 16) == 10**18


def test_nobody_is_the_zero_address() -> None:
    assert hex_address(None) == hex_address(ZERO_ADDRESS) == "0x" + "00" * 20


def test_chain_number_fits_wallets_and_differs_by_genesis() -> None:
    one, other = (chain_number(Hash(sha256(name))) for name in (b"one", b"other"))
    assert one != other
    assert all(2**40 <= number < 2**52 // 2 for number in (one, other))
