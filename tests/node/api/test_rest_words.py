"""Money and units have six digits after the point, and come back as they were."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chain.primitives import ZERO_ADDRESS, ZERO_HASH
from node.api import rest_words


def test_money_is_a_number_of_coins() -> None:
    assert rest_words.money(0) == "0.000000"
    assert rest_words.money(1) == "0.000001"
    assert rest_words.money(26_280_000) == "26.280000"
    assert rest_words.money(-1) == "-0.000001"
    assert rest_words.money(2**63) == "9223372036854.775808"


@given(st.integers(-(2**64), 2**64))
def test_money_keeps_every_base_unit(amount: int) -> None:
    assert Decimal(rest_words.money(amount)) * 1_000_000 == amount


def test_what_stands_for_none_is_none() -> None:
    assert rest_words.hash_or_none(ZERO_HASH) is None
    assert rest_words.hash_or_none(None) is None
    assert rest_words.hash_or_none(b"\1" * 32) == "0x" + "01" * 32
    assert rest_words.address_or_none(ZERO_ADDRESS) is None
    assert rest_words.address_or_none(None) is None


def test_times_are_whole_seconds() -> None:
    assert rest_words.seconds(1_700_000_000_999) == 1_700_000_000
