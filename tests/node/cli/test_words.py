import pytest

from node.cli.words import age_of, aitbc_of, moment_of, units_of


def test_amount_is_aitbc() -> None:
    assert aitbc_of("2500000") == "2.500000"
    for wrong in (2, None, "2.5", "many"):
        with pytest.raises((TypeError, ValueError)):
            aitbc_of(wrong)


@pytest.mark.parametrize(
    ("micro", "said"), [("2500000", "2.5 s"), ("1", "0.000001 s"), ("7000000", "7 s"), ("0", "0 s")]
)
def test_units_have_no_idle_zeros(micro: str, said: str) -> None:
    assert units_of({"unitsMicro": micro, "unitType": "s"}) == said


def test_one_unit_is_singular() -> None:
    assert units_of({"unitsMicro": "1000000", "unitType": "jobs"}) == "1 job"
    assert units_of({"unitsMicro": "2000000", "unitType": "jobs"}) == "2 jobs"
    assert units_of({"unitsMicro": "100000", "unitType": "gpu_seconds"}) == "0.1 gpu_seconds"


@pytest.mark.parametrize(
    ("past_ms", "said"),
    [
        (-5, "now"),
        (999, "now"),
        (1_000, "1 s"),
        (119_999, "1 min"),
        (7_200_000, "2 h"),
        (10**9, "11 d"),
    ],
)
def test_age_has_one_span(past_ms: int, said: str) -> None:
    assert age_of(10**12, now_ms=10**12 + past_ms) == said


def test_moment_is_utc() -> None:
    assert moment_of(1_700_000_000_000) == "2023-11-14 22:13:20"
    for wrong in (10**18, 10**30):
        with pytest.raises(ValueError):  # noqa: PT011 - the sentence is the caller's
            moment_of(wrong)
    for wrong in ("7", None):
        with pytest.raises(TypeError):
            moment_of(wrong)
        with pytest.raises(TypeError):
            age_of(wrong, now_ms=0)
