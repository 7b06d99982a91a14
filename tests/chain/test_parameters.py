"""The chain's parameters: their hash and what they ask as a fee."""

from dataclasses import fields, replace

import pytest

from chain.kind import Kind
from chain.parameters import BaseRate, Parameters
from tests.support.builders import FREE, PRICED


@pytest.mark.parametrize("name", [field.name for field in fields(Parameters)])
def test_every_parameter_is_in_the_hash(name: str) -> None:
    value = getattr(PRICED, name)
    rates = (BaseRate("m", "u", 1),)
    other = rates if name == "base_rates" else (not value if name == "devnet" else value + 1)
    assert replace(PRICED, **{name: other}).hash != PRICED.hash


@pytest.mark.parametrize("name", ["model", "unit_type", "rate"])
def test_every_field_of_a_base_rate_is_in_the_hash(name: str) -> None:
    rate = BaseRate("m", "u", 1)
    other = replace(rate, **{name: 2 if name == "rate" else "x"})
    assert replace(FREE, base_rates=(rate,)).hash != replace(FREE, base_rates=(other,)).hash


def test_labels_of_rates_do_not_run_into_each_other() -> None:
    one = replace(FREE, base_rates=(BaseRate("ab", "c", 1),))
    other = replace(FREE, base_rates=(BaseRate("a", "bc", 1),))
    assert one.hash != other.hash


@pytest.mark.parametrize(
    ("kind", "flat"),
    [(Kind.TRANSFER, 10), (Kind.RESERVE, 20), (Kind.CLAIM, 30), (Kind.RELEASE, 5)],
)
def test_fee_is_a_flat_part_and_a_part_for_each_byte(kind: Kind, flat: int) -> None:
    assert PRICED.minimum_fee(kind, size_bytes=100) == flat + 100
    assert PRICED.maximum_fee(kind, size_bytes=100) == 100 * (flat + 100)


def test_free_chain_still_bounds_a_fee() -> None:
    assert FREE.minimum_fee(Kind.TRANSFER, size_bytes=100) == 0
    assert FREE.maximum_fee(Kind.TRANSFER, size_bytes=100) == 100
