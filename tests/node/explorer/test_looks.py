import pytest

from node.explorer import looks


@pytest.mark.parametrize(
    ("base_units", "shown"),
    [
        (0, "0.00"),
        (1, "0.000001"),
        (1_284_500_000, "1,284.50"),
        ("5000000", "5.00"),
        (-2_500_000, "-2.50"),
        (2**63 - 1, "9,223,372,036,854.775807"),
    ],
)
def test_amount_is_exact_with_two_decimals_at_least(base_units: int | str, shown: str) -> None:
    assert looks.amount(base_units) == shown


@pytest.mark.parametrize(
    ("micro", "shown"), [(0, "0"), (2_500_000, "2.5"), ("10", "0.00001"), (3_000_000, "3")]
)
def test_units_have_the_decimals_they_need(micro: int | str, shown: str) -> None:
    assert looks.units(micro) == shown


def test_address_and_hash_are_shortened_and_nothing_else() -> None:
    assert looks.short("ait1hd68ls34mz4yhk8xa09uf0jlfq8r6ss6yeeccm") == "ait1hd68ls…yeeccm"
    assert looks.shorter("0x" + "ab" * 32) == "0xababab…abab"
    assert looks.short("job-1") == looks.shorter("job-1") == "job-1"


@pytest.mark.parametrize(
    ("past_ms", "said"),
    [
        (0, "0s ago"),
        (59_999, "59s ago"),
        (60_000, "1m ago"),
        (7_200_000, "2h ago"),
        (86_400_000 * 3, "3d ago"),
        (-5_000, "0s ago"),
    ],
)
def test_age_is_in_the_largest_unit(past_ms: int, said: str) -> None:
    now_ms = 1_800_000_000_000
    assert looks.age(now_ms - past_ms, now_ms) == said


def test_times_are_of_utc() -> None:
    assert looks.when(1_795_651_200_123) == "2026-11-26 00:00:00"
    assert looks.iso(1_795_651_200_123) == "2026-11-26T00:00:00.123Z"
    assert looks.span(2_049) == "2.04 s"


def test_months_go_back_over_the_year() -> None:
    assert looks.months(1_769_000_000_000, count=3) == ["2025-11", "2025-12", "2026-01"]


def test_share_is_rounded_to_a_tenth() -> None:
    assert looks.percent(1, 3) == "33.3%"
    assert looks.percent(2, 3) == "66.7%"
    assert looks.percent(0, 0) == looks.NONE


def test_names_become_words() -> None:
    assert looks.words("settledHeight") == "settled height"
    assert looks.words("claim_batch") == "claim batch"
    assert looks.unit_word("gpu_seconds") == "gpu·s"
    assert looks.unit_word("images") == "images"
