"""The two spellings of an address, by the vectors of BIP-350 and EIP-55."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.address import (
    decode_bech32m,
    encode_bech32m,
    format_address,
    format_hex_address,
    parse_address,
)
from chain.errors import MalformedMessage
from chain.primitives import Address
from tests.support.builders import key_of
from tests.support.vectors import read_vector

ADDRESS = key_of("client").address
TEXT = format_address(ADDRESS)

EIP_55 = [
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]
"""The examples of EIP-55."""


def test_bip_350_valid() -> None:
    for text in read_vector("bech32/bech32m.json")["valid"]:
        prefix, values = decode_bech32m(text)
        assert encode_bech32m(prefix, values) == text.lower()


def test_bip_350_invalid() -> None:
    for case in read_vector("bech32/bech32m.json")["invalid"]:
        with pytest.raises(MalformedMessage):
            decode_bech32m(case["string"])


@pytest.mark.parametrize("text", ["A1LQFN3A", "?1v759aa"])
def test_two_strings_of_bip_350(text: str) -> None:
    assert encode_bech32m(*decode_bech32m(text)) == text.lower()


@pytest.mark.parametrize("text", EIP_55)
def test_examples_of_eip_55(text: str) -> None:
    assert format_hex_address(parse_address(text)) == text
    assert parse_address(text.lower()) == parse_address(text)
    assert parse_address("0x" + text[2:].upper()) == parse_address(text)


def test_rejects_wrong_capitals() -> None:
    with pytest.raises(MalformedMessage):
        parse_address(EIP_55[0].replace("A", "a", 1))


@given(st.binary(min_size=20, max_size=20))
def test_both_spellings_read_back(data: bytes) -> None:
    address = Address(data)
    text = format_address(address)
    assert len(text) == 42
    assert parse_address(text) == parse_address(text.upper()) == address
    assert parse_address(format_hex_address(address)) == address


@given(st.integers(0, len(TEXT) - 1), st.characters(min_codepoint=33, max_codepoint=126))
def test_one_wrong_character_is_noticed(place: int, character: str) -> None:
    wrong = TEXT[:place] + character + TEXT[place + 1 :]
    if wrong != TEXT:
        with pytest.raises(MalformedMessage):
            parse_address(wrong)


@given(st.text(max_size=100))
def test_any_text_is_an_address_or_malformed(text: str) -> None:
    with pytest.raises(MalformedMessage):
        parse_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        "0x" + "0" * 39,
        "0x" + "0" * 41,
        "0x" + "g" * 40,
        "0x" + "\u0661" * 40,
        EIP_55[0] + "\n",
        TEXT + "\n",
        " " + TEXT,
        TEXT.replace("ait", "Ait"),
        encode_bech32m("ait", [0] * 31),
        encode_bech32m("ait", [0] * 33),
        encode_bech32m("ait", [*([0] * 31), 1, 1]),
        encode_bech32m("bc", [0] * 32),
    ],
)
def test_rejects(text: str) -> None:
    with pytest.raises(MalformedMessage):
        parse_address(text)


def test_letters_that_become_ascii_in_another_case_are_foreign() -> None:
    """Lower case makes the Kelvin sign a plain k, so that two texts would read as one address."""
    addresses = (key_of(f"person {number}").address for number in range(50))
    text = next(text for text in map(format_address, addresses) if "k" in text)
    with pytest.raises(MalformedMessage):
        parse_address(text.upper().replace("K", "\N{KELVIN SIGN}"))
