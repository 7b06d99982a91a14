"""Volumes add up and days have dates."""

from chain.store.statistics_views import NO_VOLUME, DayView, Volume


def test_volumes_add_up_number_by_number() -> None:
    one = Volume(1, 2, 3, 4, 5, 6, 7)
    assert one + one == Volume(2, 4, 6, 8, 10, 12, 14)
    assert one + NO_VOLUME == one


def test_days_have_their_dates_and_months() -> None:
    assert DayView(0, "tokens", NO_VOLUME).date == "1970-01-01"
    leap = DayView(19_782, "tokens", NO_VOLUME)
    assert (leap.date, leap.month) == ("2024-02-29", "2024-02")
