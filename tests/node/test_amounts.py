import pytest

from chain.errors import ConfigError
from node.amounts import format_amount, parse_amount

SPELT = [
    (0, "0.000000"),
    (1, "0.000001"),
    (5_000_000, "5.000000"),
    (1_000_000_000, "1,000.000000"),
    (2**53 - 1, "9,007,199,254.740991"),
]


@pytest.mark.parametrize(("amount", "text"), [*SPELT, (-5_000_364, "-5.000364")])
def test_amount_has_all_its_digits(amount: int, text: str) -> None:
    assert format_amount(amount) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [*SPELT, (5_000_000, "5"), (250_000, "0.25"), (1_000_500_000, "1,000.5"), (10, "0.00001")],
)
def test_amount_is_read_exactly(amount: int, text: str) -> None:
    assert parse_amount(text) == amount


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "1e3", "1.", ".5", "05", "1.0000001", "1 000", "1,00", "1,0000", "٣", "5 AIT"],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no amount"):
        parse_amount(text)


def test_more_than_can_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match="more than can exist"):
        parse_amount("9007199254.740992")
